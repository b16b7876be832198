"""Sites that gallery-dl knows, as an extractor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from capture.extractors.gallery.sites import Site, is_installed, modules_for, site_of
from capture.extractors.wanted_posts import WantedPosts, without_tag
from capture.request.extractor import (
    Fetch,
    Finding,
    ItemReading,
    NotFollowed,
    NotMine,
    PostExcerpt,
    PostGone,
    Unavailable,
)
from capture.request.known import KnownPost
from capture.request.scene import Scene
from hashing.case.verdict import SESSION_ENDED

if TYPE_CHECKING:
    from capture.extractors.gallery.gallery_search import GallerySearch

INSTALL = "install the extra `gallery` (pipx install '.[gallery]')"


class Gallery:
    """Posts, photos and hashtags of the sites that gallery-dl knows; without the extra, one sentence on it."""

    name = "gallery"
    example = "https://x.com/amira/status/1990000000000000003"
    lists_posts = True

    def takes(self, scene: Scene) -> bool:
        """Say whether the address, or the place of a hashtag, is of a site that gallery-dl knows."""
        if scene.tag:
            return site_of(scene.url) is not None
        if not scene.url.startswith(("http://", "https://")):
            return False
        return bool(modules_for(scene.url)) or site_of(scene.url) is not None

    def find(self, scene: Scene, fetch: Fetch) -> Iterator[Finding]:
        """Yield the posts at the address, or those with the hashtag.

        Raises NotMine where gallery-dl knows of nothing there, or gets nothing: the next extractor takes the scene.
        """
        site = site_of(scene.url)
        if scene.tag:
            yield from self._tag(scene, site, fetch)
            return
        if not is_installed():
            assert site is not None  # noqa: S101 - tells the type: without gallery-dl no other scene is taken
            yield NotFollowed(url=scene.url, reason=f"posts of {site.name} are read by gallery-dl: {INSTALL}")
            raise NotMine(f"{scene.url}: gallery-dl is not installed")
        if (rests := _rests(site, fetch)) is not None:
            yield rests
            return
        search = _search(fetch, scene.url, site, WantedPosts(fetch.options))
        yield from search.look(scene.url)
        if search.trouble is None and search.found:
            return
        kind = search.trouble.kind if search.trouble is not None else ""
        if not search.found and (kind == "none there" or search.trouble is None):
            raise NotMine(f"{scene.url}: {search.reason() or 'gallery-dl found nothing there'}")
        yield _unavailable(scene.url, search)
        if not search.found and not search.leaves_alone:
            raise NotMine(f"{scene.url}: {search.reason()}")

    def recheck(self, known: KnownPost, fetch: Fetch) -> Iterator[Finding]:
        """Ask for the post's own address; where the site says that it is gone, yield that."""
        if not is_installed() or _rests(site_of(known.url), fetch) is not None:
            return
        search = _search(fetch, known.url, site_of(known.url), WantedPosts(fetch.options))
        for finding in search.look(known.url):
            if isinstance(finding, PostExcerpt | ItemReading) and finding.post and finding.post.id == known.post.id:
                yield finding
        if not search.found and search.trouble is not None and search.trouble.kind == "gone":
            yield PostGone(id=known.post.id, reason=search.reason())

    def _tag(self, scene: Scene, site: Site | None, fetch: Fetch) -> Iterator[Finding]:
        assert site is not None  # noqa: S101 - tells the type: `takes` has said so
        url = site.tag_url(scene.tag)
        if not is_installed():
            reason = f"hashtags on {site.name} are read by gallery-dl: {INSTALL}"
        elif not url:
            reason = f"{site.name} cannot be asked for a hashtag by gallery-dl"
        else:
            reason = ""
        if reason:
            yield Unavailable(url=scene.url, reason=reason, found_in="scene")
            return
        if (rests := _rests(site, fetch)) is not None:
            yield rests
            return
        wanted = WantedPosts(fetch.options, without_tag(scene.tag, site.name))
        search = _search(fetch, url, site, wanted)
        yield from search.look(url)
        if search.trouble is not None and search.trouble.kind != "none there":
            yield _unavailable(url, search)
        elif not wanted.taken:
            yield wanted.nothing(url, f"no post found under #{scene.tag} at {site.hosts[0]}")


def _rests(site: Site | None, fetch: Fetch) -> Unavailable | None:
    """Say why a site is not asked at all: earlier rounds were told that the session with it has ended."""
    if site is None or site.name not in fetch.options.known.ended_sessions:
        return None
    how = "stop the watch, and start it again with a new one (--session, --cookies); it goes on where it was"
    reason = f"{site.name}: not asked: {SESSION_ENDED}: {how}"
    return Unavailable(url=f"https://{site.hosts[0]}/", reason=reason, found_in="scene", leave_alone=True)


def _unavailable(url: str, search: GallerySearch) -> Unavailable:
    return Unavailable(url=url, reason=search.reason(), found_in="scene", leave_alone=search.leaves_alone)


def _search(fetch: Fetch, url: str, site: Site | None, wanted: WantedPosts) -> GallerySearch:
    from capture.extractors.gallery.extraction import started

    process = started(modules := modules_for(url))  # beside all that is loaded here
    from capture.extractors.gallery.gallery_search import GallerySearch

    return GallerySearch(fetch, modules, site, wanted, process)
