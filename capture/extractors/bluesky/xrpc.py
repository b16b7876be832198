"""XRPC (https://atproto.com/specs/xrpc): how a server of the AT Protocol is asked, and what its refusals say."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit

from capture.extractors.bluesky.stored_answer import members_of_sample
from capture.request.extractor import Answer, Fetch, StoredItem

# https://atproto.com/specs/xrpc: not authenticated, and not allowed.
_LOGIN = frozenset({401, 403})


def query(origin: str, method: str, **parameters: str | int) -> str:
    """Return the URL of a query."""
    return f"{origin}/xrpc/{method}?{urlencode(parameters, safe=':/', quote_via=quote, errors='replace')}"


def host_of(url: str) -> str:
    """Return the host of a URL, with the port where one is named."""
    return urlsplit(url).netloc


def blob_url(pds: str, did: str, cid: str) -> str:
    """Return where the account's own server gives a photo or video, as it was uploaded."""
    return query(pds, "com.atproto.sync.getBlob", did=did, cid=cid)


def stored_of(answer: Answer) -> StoredItem | None:
    """Return what came, or None where it is not what was asked for."""
    return answer.stored if not answer.reason else None


def xrpc_error(answer: Answer, fetch: Fetch) -> tuple[str, str]:
    """Return the name of the error that a server answers, such as `RecordNotFound`, and its message; "" for neither."""
    said = members_of_sample(answer.sample, fetch)
    return _line(said.get("error", ""), 100), _line(said.get("message", ""), 200)


def refusal(answer: Answer, fetch: Fetch) -> str:
    """Say in words why an answer is not what was asked for."""
    words = ": ".join(filter(None, xrpc_error(answer, fetch)))
    reason = answer.reason or "what it answered is not stored"
    return f"{reason} ({words})" if words else reason


def demands_login(answer: Answer) -> bool:
    """Whether a server answers those alone who log in."""
    return answer.status in _LOGIN


def _line(said: str, longest: int) -> str:
    return " ".join(said[:longest].split())
