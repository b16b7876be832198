"""A server that speaks Mastodon's API: how its endpoints are named, and what its refusals say."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote, urlencode, urlsplit

from capture.request.extractor import Answer
from capture.request.known import Known

# Servers answer each of the three to those who do not log in (https://docs.joinmastodon.org/methods/).
_OK, _UNAUTHORIZED, _FORBIDDEN, _UNPROCESSABLE = 200, 401, 403, 422
LOGIN = frozenset({_UNAUTHORIZED, _FORBIDDEN})
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

    def refusal(self, answer: Answer, what: str, error: str) -> str:
        """Say in a sentence why an answer is not what was asked for, and what to do about it.

        `error` is what the server itself says of that, or "".
        """
        words = f' ("{error}")' if error else ""
        if answer.status in LOGIN or (answer.status == _UNPROCESSABLE and "authenticated" in words):
            if self.has_token:
                return f"{self.host} does not give {what} to the account of this access token{words}"
            return f"{self.host} gives {what} only to those who log in: give an access token with --token{words}"
        if answer.status in NOT_THERE:
            return f"{self.host} has no {what} at this address, or not for us ({answer.status}){words}"
        if answer.status == _TOO_MANY:
            return f"{self.host} lets nobody ask for {what} so often: try again later ({answer.reason})"
        return f"{what}: {answer.reason or f'answered {answer.status}'}{words}"


def is_as_before(answer: Answer) -> bool:
    """Whether an earlier round of a watch has these very bytes as an item: then no item is made of them."""
    return answer.status == _OK and not answer.reason and answer.stored is None


def known_names(known: Known, server: Server) -> dict[str, str]:
    """Return the lasting names of the posts that are known from this server."""
    endpoint = server.api("v1", "statuses", "")
    return {
        unquote(each.url.removeprefix(endpoint)): name
        for name, each in known.posts.items()
        if each.url.startswith(endpoint)
    }
