"""A server that speaks Mastodon's API: how one is told, and how its endpoints are asked.

https://docs.joinmastodon.org/methods/instance/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from capture.extractors.fediverse.errors import NoServer
from capture.extractors.json_value import line
from capture.extractors.served_json import NotJson, ServedJson
from capture.extractors.unreached import unreached
from capture.recorder.urls import lent_to
from capture.request.extractor import FetchRequest

if TYPE_CHECKING:
    from capture.request.extractor import Answer, Fetch

_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)*(?::[0-9]{1,5})?")
_OK, _UNAUTHORIZED, _FORBIDDEN, _UNPROCESSABLE = 200, 401, 403, 422
_LOGIN = frozenset({_UNAUTHORIZED, _FORBIDDEN})
NOT_THERE = frozenset({404, 410})
_TOO_MANY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server: its address, the domain in the names of its accounts, and whether the user has a token for it."""

    origin: str
    domain: str
    has_token: bool

    @property
    def host(self) -> str:
        """Its host, with the port where one is named."""
        return urlsplit(self.origin).netloc

    def api(self, *path: str, **query: str) -> str:
        """Return the URL of an endpoint: `api("v1", "statuses", number)`. Names are opaque and become one segment."""
        segments = "/".join(quote(segment, safe="", errors="replace") for segment in path)
        return f"{self.origin}/api/{segments}" + (f"?{urlencode(query, errors='replace')}" if query else "")

    def refusal(self, answer: Answer, what: str) -> str:
        """Say in a sentence why an answer is not what was asked for, and what to do about it."""
        words = _words(answer)
        if answer.status in _LOGIN or (answer.status == _UNPROCESSABLE and "authenticated" in words):
            if self.has_token:
                return f"{self.host} does not give {what} to the account of this access token{words}"
            return f"{self.host} gives {what} only to those who log in: give an access token with --token{words}"
        if answer.status in NOT_THERE:
            return f"{self.host} has no {what} at this address, or not for us ({answer.status}){words}"
        if answer.status == _TOO_MANY:
            return f"{self.host} lets nobody ask for {what} so often: try again later ({answer.reason})"
        return f"{what}: {answer.reason or f'answered {answer.status}'}{words}"


def ask_server(origin: str, fetch: Fetch) -> Server:
    """Ask a host whether it speaks the API. Raises NoServer."""
    host = urlsplit(origin).netloc
    has_token = lent_to(origin) in fetch.options.network.tokens
    for version in ("v2", "v1"):
        url = f"{origin}/api/{version}/instance"
        answer = fetch.get(FetchRequest(url=url, kind="data", found_in=f"what {host} says of itself", optional=True))
        if not answer.status:
            raise NoServer(unreached(origin, answer.reason), reached=False)
        if (domain := _domain(answer, fetch)) is not None:
            return Server(origin=origin, domain=domain or host, has_token=has_token)
    raise NoServer(f"{host}: does not speak Mastodon's API", reached=True)


def is_as_before(answer: Answer) -> bool:
    """Whether an earlier round of a watch has these very bytes as an item: then no item is made of them."""
    return answer.status == _OK and not answer.reason and answer.stored is None


def first_members(sample: bytes) -> dict[str, object]:
    """Return the members of an object as far as the first bytes of a body show them."""
    found: dict[str, object] = {}
    served = ServedJson(sample)
    try:
        for name, piece in served.members(served.root):
            found[name] = piece.value
    except NotJson:
        return found
    return found


def _domain(answer: Answer, fetch: Fetch) -> str | None:
    """Return the domain that an instance names, "" where it names none, or None where this is no instance.

    A server that wants a login even for this answers as the API answers: with an object that has an `error`.
    """
    if is_as_before(answer):
        said = first_members(answer.sample)
    elif answer.stored is not None:
        from capture.extractors.fediverse.stored_answer import members_of

        try:
            said = dict(members_of(fetch.readers, answer.stored))
        except NotJson:
            return None
    else:
        said = first_members(answer.sample) if answer.status in _LOGIN else {}
        return "" if isinstance(said.get("error"), str) else None
    if not isinstance(said.get("version"), str) and not isinstance(said.get("title"), str):
        return None
    named = line(said.get("domain") or said.get("uri"), 300)
    domain = named.partition("://")[2].partition("/")[0] or named
    if not domain and "version" not in said:
        return None
    return domain if _DOMAIN.fullmatch(domain) else ""


def _words(answer: Answer) -> str:
    """Return the server's own words for a refusal, in brackets."""
    said = line(first_members(answer.sample).get("error"), 200)
    return f' ("{said}")' if said else ""
