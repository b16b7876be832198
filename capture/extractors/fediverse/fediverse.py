"""The fediverse as an extractor."""

from __future__ import annotations

from collections.abc import Iterator

from capture.extractors.fediverse.address import place_of, read_address
from capture.extractors.fediverse.errors import NoServer
from capture.request.extractor import Fetch, Finding, NotMine
from capture.request.known import KnownPost
from capture.request.scene import Scene


class Fediverse:
    """Any server that speaks Mastodon's API."""

    name = "fediverse"
    example = "https://mastodon.example/@alice/110000000000000001"
    lists_posts = True

    def takes(self, scene: Scene) -> bool:
        """Say whether the address has the form of a post, an account or a hashtag on such a server."""
        return bool(place_of(scene.url)) if scene.tag else read_address(scene.url) is not None

    def find(self, scene: Scene, fetch: Fetch) -> Iterator[Finding]:
        """Ask the host what it is, and yield the post, the account's posts or the posts with the hashtag."""
        from capture.extractors.fediverse.instance import ask_server, remembered
        from capture.extractors.fediverse.scenes import find_account, find_post, find_tag

        address = None if scene.tag else read_address(scene.url)
        origin = place_of(scene.url) if address is None else address.origin
        try:
            # The form of an address is shared by many programs; only the host itself can say that it speaks Mastodon's
            # API. Where it does not, the scene is handed on (NotMine) before anything else of it is fetched.
            server = remembered(origin, fetch) or ask_server(origin, fetch)
        except NoServer as error:
            raise NotMine(str(error)) from error
        if address is None or address.kind == "tag":
            yield from find_tag(scene.tag or (address.tag if address else ""), server, fetch)
        elif address.kind == "account":
            yield from find_account(scene, address, server, fetch)
        else:
            yield from find_post(scene, address, server, fetch)

    def recheck(self, known: KnownPost, fetch: Fetch) -> Iterator[Finding]:
        """Ask a server after one of its posts that it no longer lists."""
        from capture.extractors.fediverse.recheck import recheck

        return recheck(known, fetch)
