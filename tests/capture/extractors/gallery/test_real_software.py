"""Real servers, through gallery-dl and through our own extractors: both tell the same posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import capture.extractors
from capture.extractors.gallery.gallery_search import GallerySearch
from capture.extractors.gallery.sites import MODULE_OPTIONS
from capture.request.options import BlueskyServices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capture.extractors import Fetch, Finding
    from capture.request.scene import Scene
    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from tests.servers.bluesky import BlueskyNetwork
    from tests.servers.mastodon import MastodonServer

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]


class _ThroughGallery:
    """Takes every scene to gallery-dl, also those that extractors of our own read."""

    name = "gallery"
    example = ""
    lists_posts = True

    def __init__(self, module: str, url: str = "") -> None:
        self._module, self._url = module, url

    def takes(self, _: Scene) -> bool:
        return True

    def find(self, scene: Scene, fetch: Fetch) -> Iterator[Finding]:
        search = GallerySearch(fetch, (self._module,))
        yield from search.look(self._url or f"{self._module}:{scene.url}")
        assert search.trouble is None, search.trouble

    def recheck(self, *_: object) -> Iterator[Finding]:
        yield from ()


def _told(result: CaptureResult, view: CaptureView) -> dict[str, tuple[object, ...]]:
    """Return what is told of each post, by the server's number of it, and the post as it was served."""
    told: dict[str, tuple[object, ...]] = {}
    for entry in view.items:
        if (post := entry.post) is not None:
            said = (post.published.replace("+00:00", "Z")[:19], " ".join(post.text.split()), sorted(post.tags))
            media = sorted(media.url for media in post.media)
            served = (result.path / entry.item.path).read_bytes()
            told[post.id.rpartition(":")[2].rpartition("/")[2]] = (*said, media, served)
    return told


@pytest.mark.parametrize("path", ["/tags/manyposts", "/@alice"])
def test_mastodon(path: str, mastodon: MastodonServer, captured: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a hashtag and an account: the same posts, with the same time, text, tags and photos, from the same bytes."""
    ours = _told(*captured(mastodon.url(path)))
    through = (_ThroughGallery("mastodon"),)
    monkeypatch.setattr(capture.extractors, "extractors", lambda: through)
    theirs = _told(*captured(mastodon.url(path), site_delay=0.0))
    assert len(ours) > 1
    assert set(theirs) == set(ours)
    assert theirs == ours


def test_bluesky(bluesky_appview: BlueskyNetwork, captured: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a hashtag: the posts of the account's own server, with its proofs, and those of the AppView say the same."""
    network = bluesky_appview
    services = BlueskyServices(appview=network.appview, plc=network.plc)
    result, view = captured("#manyposts", on=("bsky",), bluesky=services)
    ours = {name: said[:3] for name, said in _told(result, view).items()}
    through = (_ThroughGallery("bluesky", "https://bsky.app/hashtag/manyposts"),)
    monkeypatch.setattr(capture.extractors, "extractors", lambda: through)
    monkeypatch.setitem(MODULE_OPTIONS["bluesky"], "api-server", network.appview)
    result, view = captured("https://bsky.app/hashtag/manyposts", bluesky=services, site_delay=0.0)
    theirs = {name: said[:3] for name, said in _told(result, view).items()}
    assert len(ours) == len(network.bulk)
    assert theirs == ours
