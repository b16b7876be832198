"""The extractor: which scenes are of the AT Protocol, told without loading what reads them."""

from __future__ import annotations

from collections.abc import Iterator

from capture.extractors.bluesky.address import DEFAULT, demand_possible, read_address, read_tag, service_of
from capture.request.extractor import Fetch, Finding
from capture.request.known import KnownPost
from capture.request.scene import Scene


class Bluesky:
    """Posts, accounts and hashtags of the AT Protocol, on whatever server they are kept."""

    name = "bluesky"
    example = "https://bsky.app/profile/did:plc:z72i7hdynmk6r22z27h6tvur/post/3lc3mpsphk22o"
    lists_posts = True

    def takes(self, scene: Scene) -> bool:
        """Say whether the scene has the form of an account's or a post's address, or is a hashtag.

        Raises BadScene for an address of Bluesky's own app that shows anything else.
        """
        if scene.tag:
            return bool(service_of(scene.url, DEFAULT))
        demand_possible(scene.url)
        return bool(read_tag(scene.url)) or read_address(scene.url) is not None

    def find(self, scene: Scene, fetch: Fetch) -> Iterator[Finding]:
        """Yield the posts that belong to the scene, each with its proof and what it shows.

        Raises NotMine where an address turns out to be of another kind, or a server speaks another protocol.
        """
        from capture.extractors.bluesky.search import search

        return search(scene, fetch)

    def recheck(self, known: KnownPost, fetch: Fetch) -> Iterator[Finding]:
        """Ask the account's own server for a post; yield what it says now, or that it has gone, with the proof."""
        from capture.extractors.bluesky.search import search_again

        return search_again(known, fetch)
