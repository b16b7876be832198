"""Videos of the sites that yt-dlp knows by name, with the page that shows them."""

from __future__ import annotations

from collections.abc import Iterator

from capture.extractors.ask_again import ask_again
from capture.extractors.video.known_sites import is_known_by_name
from capture.request.extractor import Fetch, FetchRequest, Finding, NotMine
from capture.request.known import KnownPost
from capture.request.scene import Scene
from hashing.case.kinds import ItemKind


class Video:
    """A site that one of yt-dlp's extractors is made for. What it fetches goes through the recorder, all of it."""

    name = "video"
    example = "https://www.youtube.com/watch?v=BaW_jenozKc"
    lists_posts = True

    def takes(self, scene: Scene) -> bool:
        """Say whether yt-dlp knows the address by name."""
        return not scene.tag and scene.url.startswith(("http://", "https://")) and is_known_by_name(scene.url)

    def find(self, scene: Scene, fetch: Fetch) -> Iterator[Finding]:
        """Yield the videos at the address, or of the channel or playlist that it is.

        Raises NotMine where there is none: the page is then the web's.
        """
        from capture.extractors.video.video_search import VideoSearch
        from capture.extractors.web_page import found_on_page

        search = VideoSearch(fetch)
        yield from search.look(scene.url)
        if not (search.found or search.refused):
            raise NotMine(f"{scene.url}: no video there ({search.none or 'yt-dlp found none'})")
        page = (
            search.page
            or fetch.get(FetchRequest(url=scene.url, kind=ItemKind.PAGE, found_in="scene", optional=True)).stored
        )
        if page is not None and page.item.kind == ItemKind.PAGE:
            yield from found_on_page(page, fetch, videos=False)

    def recheck(self, known: KnownPost, fetch: Fetch) -> Iterator[Finding]:
        """Ask for a video's own page."""
        return ask_again(known, fetch)
