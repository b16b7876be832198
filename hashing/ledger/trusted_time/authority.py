"""Asking a time-stamping authority over HTTP (RFC 3161 section 3.4)."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hashing.ledger.trusted_time.errors import NotHad, NotValid, OfSomethingElse
from hashing.ledger.trusted_time.token import LARGEST, Token, decoded, read_token, refusal

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_SILENCE = 10.0
_WHOLE = 30.0  # Seconds: the longest silence on the wire, and the longest that one authority is waited for in all.
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"
_OK = 200


def is_authority(url: str) -> bool:
    """Say whether this can be the address of an authority."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def shown(url: str) -> str:
    """Return an authority's address as it may be shown and recorded: without what the user logs in with."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def ask(url: str, data: bytes, *, roots: Sequence[Certificate] = (), policy: str = "", whole: float = _WHOLE) -> Token:
    """Have one authority confirm that `data` exists now; only its SHA-256 and a random number are sent.

    The address is the user's own choice, so a private one is as good as any. Redirects are not followed: the answer
    is that of the authority that was named. With `roots` the answer must lead to one of them, with `policy` (an
    object identifier) it must be made under that one.
    Raises NotHad, NotValid, OfSomethingElse, NotTrusted.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    # 1. The request has a random nonce: an answer that was recorded earlier cannot pass for one to this request.
    request = TimestampRequestBuilder(data=data, hash_algorithm=HashAlgorithm.SHA256).build()
    answer = _within(whole, url, request.as_bytes())
    _demand_granted(shown(url), answer)
    # 2. What holds without trust in anyone, then that it answers this request, then whose word it is. A token that was
    # kept without these checks would fail in court, years later, when no other can be had.
    token = read_token(answer)
    if token.nonce != request.nonce:
        raise OfSomethingElse("the token answers another request")
    token.demand_of(data)
    if policy and token.policy != policy:
        raise OfSomethingElse(f"the token was made under policy {token.policy}, not {policy}")
    if roots:
        token.demand_root(roots)
    return token


def _demand_granted(url: str, answer: bytes) -> None:
    """Tell a refusal, which is an answer of the protocol, from one that is none."""
    try:
        response = decoded(answer)
    except (ValueError, NotValid) as error:
        raise NotHad(f"{url}: answered something that is no timestamp") from error
    if response.status != 0:
        raise NotHad(f"{url}: {refusal(response)}")


def _within(seconds: float, url: str, query: bytes) -> bytes:
    """Send a query and wait so long and no longer, however slowly the answer drips."""
    done: Future[bytes] = Future()

    def _run() -> None:
        try:
            done.set_result(_exchange(url, query))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            done.set_exception(error)

    # Not a pool's thread: those are waited for when the program ends.
    threading.Thread(target=_run, name="authority", daemon=True).start()
    try:
        return done.result(seconds)
    except TookTooLong as error:
        raise NotHad(f"{shown(url)}: did not answer within {seconds:.0f} s") from error


def _exchange(url: str, query: bytes) -> bytes:
    import requests
    from urllib3.exceptions import HTTPError

    name = shown(url)
    headers = {"Content-Type": _QUERY, "Accept": _REPLY, "Accept-Encoding": "identity"}
    try:
        with requests.post(
            url, data=query, headers=headers, timeout=_SILENCE, stream=True, allow_redirects=False
        ) as response:
            if response.is_redirect:
                raise NotHad(f"{name}: sends on to {response.headers['Location'][:200]}; name that address itself")
            if response.status_code != _OK:
                raise NotHad(f"{name}: answered with HTTP status {response.status_code}")
            answer: bytes = response.raw.read(LARGEST + 1)
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        raise NotHad(f"{name}: could not be reached: {_reason(error)}") from error
    if len(answer) > LARGEST:
        raise NotHad(f"{name}: answered more than {LARGEST:,} bytes, which no timestamp has")
    return answer


def _reason(error: Exception) -> str:
    """Name the kind of fault; the libraries' own sentences repeat the address with all that is secret in it."""
    return type(error).__name__
