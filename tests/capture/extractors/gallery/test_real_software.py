"""Real servers, through gallery-dl and through our own extractors: both tell the same posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import capture.extractors
from capture.extractors.gallery.gallery_search import GallerySearch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capture.extractors import Fetch, Finding
    from capture.request.scene import Scene
    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from tests.servers.mastodon import MastodonServer

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]


class _ThroughGallery:
    """Takes every scene to gallery-dl, also those that extractors of our own read."""

    name = "gallery"
    example = ""
    lists_posts = True

    def __init__(self, module: str) -> None:
        self._module = module

    def takes(self, _: Scene) -> bool:
        return True

    def find(self, scene: Scene, fetch: Fetch) -> Iterator[Finding]:
        search = GallerySearch(fetch, (self._module,))
        yield from search.look(f"{self._module}:{scene.url}")
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
