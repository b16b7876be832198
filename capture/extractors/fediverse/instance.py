"""How a server that speaks Mastodon's API is told: what it says of itself.

https://docs.joinmastodon.org/methods/instance/
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from capture.extractors.fediverse.errors import NoServer
from capture.extractors.fediverse.server import LOGIN, Server, is_as_before
from capture.extractors.fediverse.stored_answer import members_in_sample, members_of
from capture.extractors.json_value import line
from capture.extractors.served_json import NotJson
from capture.extractors.unreached import unreached
from capture.recorder.urls import lent_to
from capture.request.extractor import Answer, Fetch, FetchRequest
from hashing.case.kinds import ItemKind

_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)*(?::[0-9]{1,5})?")


def ask_server(origin: str, fetch: Fetch) -> Server:
    """Ask a host whether it speaks the API. Raises NoServer."""
    host = urlsplit(origin).netloc
    has_token = lent_to(origin) in fetch.options.network.tokens
    # v2 first: it came with Mastodon 4.0, and v1 is deprecated there; older and other programs have v1 alone.
    for version in ("v2", "v1"):
        url = f"{origin}/api/{version}/instance"
        answer = fetch.get(
            FetchRequest(url=url, kind=ItemKind.DATA, found_in=f"what {host} says of itself", optional=True)
        )
        # Nothing answered: v1 would wait for the same host once more.
        if not answer.status:
            raise NoServer(unreached(origin, answer.reason), reached=False)
        if (domain := _domain(answer, fetch)) is not None:
            # Remembered for the next rounds of a watch, in which an answer that is as before is not there to be read
            # again.
            fetch.options.known.spoken[origin] = domain or host
            return Server(origin=origin, domain=domain or host, has_token=has_token)
    raise NoServer(f"{host}: does not speak Mastodon's API", reached=True)


def remembered(origin: str, fetch: Fetch) -> Server | None:
    """Return a server that said in an earlier round of a watch that it speaks the API; None where none did."""
    domain = fetch.options.known.spoken.get(origin)
    has_token = lent_to(origin) in fetch.options.network.tokens
    return Server(origin=origin, domain=domain, has_token=has_token) if domain else None


def _domain(answer: Answer, fetch: Fetch) -> str | None:
    """Return the domain that an instance names, "" where it names none, or None where this is no instance.

    A server that wants a login even for this answers as the API answers: with an object that has an `error`.
    """
    # Three ways to an answer: as an earlier round has it, fetched now, or refused with the API's own form of an error.
    if is_as_before(answer):
        fields = members_in_sample(fetch.readers, answer)
    elif answer.stored is not None:
        try:
            fields = members_of(fetch.readers, answer.stored)
        except NotJson:
            return None
    else:
        fields = members_in_sample(fetch.readers, answer) if answer.status in LOGIN else {}
        return "" if "error" in fields else None
    # Any site may answer JSON at this path: an instance has a title and a version.
    if "version" not in fields and "title" not in fields:
        return None
    named = line(fields.get("domain") or fields.get("uri"), 300)
    domain = named.partition("://")[2].partition("/")[0] or named
    if not domain and "version" not in fields:
        return None
    return domain if _DOMAIN.fullmatch(domain) else ""
