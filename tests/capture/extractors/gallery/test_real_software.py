"""Real servers, through gallery-dl and through our own extractors: both tell the same posts."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import requests

import capture.extractors
from capture.extractors.gallery.gallery_search import GallerySearch
from capture.request.extractor import Unavailable
from capture.request.options import BlueskyServices
from tests.patience import PATIENCE
from tests.servers.head import whole
from tests.servers.names import resolving
from tests.servers.raw import RawServer
from tests.servers.sites import SocialSites
from tests.servers.tls import TlsServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capture.extractors import Fetch, Finding
    from capture.request.scene import Scene
    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from tests.servers.bluesky import BlueskyNetwork
    from tests.servers.connection import Connection
    from tests.servers.mastodon import MastodonServer
    from tests.servers.seen import Seen

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
        if search.trouble is not None:
            yield Unavailable(url=scene.url, reason=search.reason(), found_in="scene")

    def recheck(self, *_: object) -> Iterator[Finding]:
        yield from ()


@contextmanager
def _at_its_own_name(appview: str) -> Iterator[str]:
    """Have an AppView answer at the name at which gallery-dl asks for it; yield the root to trust."""

    def _relay(connection: Connection, seen: Seen) -> None:
        answer = requests.get(f"{appview}{seen.path}", headers={"Accept-Encoding": "identity"}, timeout=PATIENCE)
        connection.send(whole(answer.status_code, answer.headers["content-type"], answer.content))

    server = TlsServer(RawServer(_relay), names=("api.bsky.app",))
    with server, resolving({"api.bsky.app": ["127.0.0.1"]}, at=server.inner.port):
        yield str(server.ca_file)


def _told(result: CaptureResult, view: CaptureView) -> dict[str, dict[str, object]]:
    """Return what is told of each post that stands in a list, field by field, by the server's own number of it."""
    told: dict[str, dict[str, object]] = {}
    for entry in view.items:
        post = entry.post
        if post is None or (entry.excerpt is None and post.platform in {"bluesky", "at"}):
            continue
        told[post.id.rpartition(":")[2].rpartition("/")[2]] = {
            "handle": post.author.handle.partition("@")[0],
            "name": post.author.name,
            "author's id": post.author.id,
            "published": post.published.replace("+00:00", "Z")[:19],
            "text": " ".join(post.text.split()),
            "tags": sorted(post.tags),
            "media": sorted(media.url for media in post.media),
            "served": (result.path / entry.path).read_bytes(),
        }
    return told


def _made_up(view: CaptureView) -> set[object]:
    return {fact.value for entry in view.items for fact in entry.facts if fact.name == "in gallery-dl's words"}


@pytest.mark.parametrize("path", ["/tags/manyposts", "/@alice"])
def test_mastodon(path: str, mastodon: MastodonServer, captured: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a hashtag and an account: the same posts, field by field, from the same bytes, and nothing made up."""
    ours = _told(*captured(mastodon.url(path)))
    through = (_ThroughGallery("mastodon"),)
    monkeypatch.setattr(capture.extractors, "extractors", lambda: through)
    result, view = captured(mastodon.url(path), site_delay=0.0)
    assert result.status == "complete", (result.reason, [each.reason for each in view.failed])
    theirs = _told(result, view)
    assert len(ours) > 1
    assert set(theirs) == set(ours)
    assert theirs == ours
    assert _made_up(view) == set()


def test_bluesky(bluesky_appview: BlueskyNetwork, captured: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a hashtag on the real AppView: the same posts, field by field, from the same bytes, and nothing made up."""
    network = bluesky_appview
    services = BlueskyServices(appview=network.appview, plc=network.plc)
    ours = _told(*captured("#manyposts", on=("bsky",), bluesky=services))
    through = (_ThroughGallery("bluesky", "https://bsky.app/hashtag/manyposts/latest"),)
    monkeypatch.setattr(capture.extractors, "extractors", lambda: through)
    with _at_its_own_name(network.appview) as ca_file:
        monkeypatch.setenv("SSL_CERT_FILE", ca_file)
        result, view = captured("https://bsky.app/", site_delay=0.0)
    assert result.status == "complete", (result.reason, [each.reason for each in view.failed])
    theirs = _told(result, view)
    assert len(ours) == len(network.bulk)
    assert theirs == ours
    assert _made_up(view) == set()


def test_one_hashtag_on_every_kind_of_site(
    of_sites: Captured, mastodon: MastodonServer, bluesky_appview: BlueskyNetwork
) -> None:
    """One capture searches five sites through gallery-dl, a server of the fediverse and Bluesky; each has its posts."""
    services = BlueskyServices(appview=bluesky_appview.appview, plc=bluesky_appview.plc)
    through_gallery = ("x.com", "instagram.com", "tumblr.com", "flickr.com", "reddit.com")
    with SocialSites() as sites:
        on = (*through_gallery, "bsky", mastodon.url("").rstrip("/"))
        result, view = of_sites(sites, "#firewatch", on=on, bluesky=services)
    assert (result.status, len(view.failed)) == ("complete", 0)
    platforms = {item.post.platform for item in view.items if item.post is not None}
    assert platforms == {"x", "instagram", "tumblr", "flickr", "reddit", "bluesky", "fediverse"}
