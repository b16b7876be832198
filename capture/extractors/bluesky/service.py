"""Whether a host speaks the AT Protocol, found out by asking it."""

from __future__ import annotations

from capture.extractors.bluesky.stored_answer import Unread, members_of
from capture.extractors.bluesky.xrpc import host_of, stored_of, xrpc_error
from capture.extractors.unreached import unreached
from capture.request.extractor import Fetch, FetchRequest, NotMine

_BAD_REQUEST = 400


def demand_service(origin: str, fetch: Fetch) -> None:
    """Ask a host. Raises NotMine where it does not answer as a server of the AT Protocol does.

    Bluesky's own programs have `_health`; any other must answer a query without its parameters with an XRPC error.
    """
    host = host_of(origin)
    found = FetchRequest(
        url=f"{origin}/xrpc/_health", kind="data", found_in=f"whether {host} speaks the AT Protocol", optional=True
    )
    stored = stored_of(fetch.get(found))
    try:
        if stored is not None and "version" in members_of(stored, fetch).members:
            return
    except Unread as error:
        raise NotMine(f"{host}: {error}") from error
    url = f"{origin}/xrpc/app.bsky.feed.getPosts"
    answer = fetch.get(FetchRequest(url=url, kind="data", found_in=found.found_in, optional=True))
    if not answer.status:
        raise NotMine(unreached(origin, answer.reason))
    if answer.status != _BAD_REQUEST or not all(xrpc_error(answer, fetch)):
        raise NotMine(f"{host}: does not speak the AT Protocol")
