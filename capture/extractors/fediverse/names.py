"""Lasting names of posts that earlier rounds of a watch took, by the number that their server has for them.

With them a post that answers another names it in the same way in every round, wherever the other one has gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from capture.extractors.fediverse.server import Server
    from capture.request.known import Known


def known_names(known: Known, server: Server) -> dict[str, str]:
    """Return the lasting names of the posts that are known from this server."""
    endpoint = server.api("v1", "statuses", "")
    return {
        unquote(each.url.removeprefix(endpoint)): name
        for name, each in known.posts.items()
        if each.url.startswith(endpoint)
    }
