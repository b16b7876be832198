"""Sites that yt-dlp knows by name, played by a local proxy: no other host is ever asked."""

from __future__ import annotations

from http.cookiejar import Cookie, CookieJar
from typing import TYPE_CHECKING, Any

import pytest

from capture.request.known import Known, KnownItem, KnownPost
from tests.capture.conftest import jpeg
from tests.servers import Body, SceneServer
from tests.servers.material import clip

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from exports.format.manifest import ListedItem
    from tests.servers.scene import Answer
    from tests.servers.seen import Seen

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]

SITE = "http://www.ebaumsworld.com"
LIST = "http://academicearth.org/playlists/laws-of-nature/"


def _video(number: int) -> str:
    return f"{SITE}/videos/a-title/{number}/"


def _files(numbers: range) -> dict[str, Answer]:
    """Return a site with videos of these numbers, and a list of them on another site."""
    files: dict[str, Answer] = {LIST: Body(data=_list(numbers), type="text/html")}
    for number in numbers:
        files[_video(number)] = Body(data=b"<!doctype html><title>Fire</title><img src='/one.jpg'>", type="text/html")
        files[f"{SITE}/video/player/{number}"] = Body(
            data=f"<v><file>http://media.ebaumsworld.com/{number}.mp4</file><title>Fire {number}</title>"
            f"<description>Smoke \u2026</description><image>{SITE}/thumb.jpg</image>"
            "<username>alice</username></v>".encode(),
            type="text/xml",
        )
        files[f"http://media.ebaumsworld.com/{number}.mp4"] = Body(data=clip() + bytes([number]), type="video/mp4")
    files[f"{SITE}/thumb.jpg"] = Body(data=jpeg(), type="image/jpeg")
    files[f"{SITE}/one.jpg"] = Body(data=jpeg(9), type="image/jpeg")
    return files


def _list(numbers: range) -> bytes:
    entries = "".join(
        f'<li class="lecture-preview"><a target="_blank" href="{_video(number)}">x</a>' for number in numbers
    )
    return f'<!doctype html><h1 class="playlist-name">Laws</h1><p class="excerpt">All</p>{entries}'.encode()


@pytest.fixture
def on_site(captured: Captured) -> Callable[..., tuple[CaptureResult, CaptureView, list[Seen]]]:
    """Return a function that captures an address while a proxy answers for every host."""

    def _capture(
        files: Mapping[str, Answer],
        url: str,
        **changed: Any,  # noqa: ANN401 - any option
    ) -> tuple[CaptureResult, CaptureView, list[Seen]]:
        with SceneServer(files) as proxy:
            result, view = captured(url, proxy=proxy.origin, **changed)
            return result, view, proxy.requests

    return _capture


def _by_kind(view: CaptureView, kind: str) -> list[ListedItem]:
    return [entry for entry in view.items if entry.kind == kind]


def test_a_video_of_a_site_is_a_post_with_its_file(on_site: Callable[..., Any]) -> None:
    """What the site says of the video is a post; its file is fetched as served, once, with thumbnail and page."""
    result, view, requests = on_site(_files(range(1, 2)), _video(1))
    assert result.status == "complete"
    [post] = [entry.post for entry in view.items if entry.post is not None]
    assert (post.platform, post.id, post.title, post.text) == ("EbaumsWorld", "1", "Fire 1", "Smoke \u2026")
    assert (post.author.name, post.permalink, post.published) == ("alice", _video(1), "")
    [video] = _by_kind(view, "video")
    assert (result.path / video.path).read_bytes() == clip() + b"\x01"
    assert video.found_in == f"video {_video(1)}"
    assert {entry.url for entry in _by_kind(view, "photo")} == {f"{SITE}/thumb.jpg", f"{SITE}/one.jpg"}
    assert [entry.url for entry in _by_kind(view, "page")] == [_video(1)]
    assert len(requests) == len({seen.path for seen in requests}) == 5


def test_a_list_is_taken_up_to_the_limit(on_site: Callable[..., Any]) -> None:
    """Of a list of four videos `--limit 2` takes two, in order, and says that there are more."""
    result, view, requests = on_site(_files(range(1, 5)), LIST, limit=2)
    assert result.status == "complete"
    posts = [entry.post for entry in view.items if entry.post is not None]
    assert [post.id for post in posts] == ["1", "2"]
    assert len(_by_kind(view, "video")) == 2
    assert "further videos of this list: over the limit (--limit 2)" in {skipped.reason for skipped in view.skipped}
    assert not [seen for seen in requests if seen.path.endswith(("/3", "/4", "/3.mp4", "/4.mp4"))]


def test_one_that_fails_does_not_cost_the_others(on_site: Callable[..., Any]) -> None:
    """A video of a list that the site no longer gives is named with the reason; the rest is there."""
    files = _files(range(1, 4))
    del files[f"{SITE}/video/player/2"]
    result, view, _ = on_site(files, LIST)
    assert result.status == "partial"
    assert [entry.post.id for entry in view.items if entry.post is not None] == ["1", "3"]
    [failed] = view.failed
    assert failed.url == _video(2)
    assert "404" in failed.reason
    assert "yt-dlp -U" not in failed.reason


def test_a_site_that_gives_no_video_leaves_the_page(on_site: Callable[..., Any]) -> None:
    """Where the site would not say where its video is, that is a failure, and the page is captured all the same."""
    files = _files(range(1, 2))
    files[f"{SITE}/video/player/1"] = Body(data=b"busy", status=503, type="text/plain")
    result, view, _ = on_site(files, _video(1), attempts=1)
    assert result.status == "partial"
    assert [entry.url for entry in _by_kind(view, "page")] == [_video(1)]
    assert [failed.url for failed in view.failed] == [_video(1)]


def test_rights_management_is_said(on_site: Callable[..., Any]) -> None:
    """A site that is known to encrypt its videos: said in plain words, with what can be done; the page is kept."""
    url = "http://www.channel5.com/show/x/season-1/y"
    files = {url: Body(data=b"<!doctype html><title>Show</title>", type="text/html")}
    result, view, _ = on_site(files, url)
    assert result.status == "partial"
    [failed] = view.failed
    assert "DRM" in failed.reason
    assert failed.reason.endswith("(it cannot be captured as a file; record the screen)")
    assert [entry.url for entry in _by_kind(view, "page")] == [url]


def test_cookies_are_kept_in_step(on_site: Callable[..., Any]) -> None:
    """The user's cookies and those that the site sets go to the site, to no other host, and into no record."""
    jar = CookieJar()
    jar.set_cookie(_cookie("www.ebaumsworld.com", "user", "secret-of-the-user"))
    files = _files(range(1, 2))
    player = files[f"{SITE}/video/player/1"]
    assert isinstance(player, Body)
    set_cookies = ("first=1; Path=/; Expires=Wed, 09 Jun 2100 10:18:14 GMT", "second=2; Path=/")
    files[LIST] = Body(data=_list(range(1, 2)), type="text/html")
    files[f"{SITE}/video/player/1"] = Body(data=player.data, type=player.type, cookies=set_cookies)
    result, _, requests = on_site(files, _video(1), cookies=jar)
    sent = {seen.path: seen.header("Cookie") for seen in requests}
    assert sent[f"{SITE}/video/player/1"] == "user=secret-of-the-user"
    assert set(sent[f"{SITE}/thumb.jpg"].split("; ")) == {"user=secret-of-the-user", "first=1", "second=2"}
    assert sent["http://media.ebaumsworld.com/1.mp4"] == ""
    for path in result.path.rglob("*"):
        assert not path.is_file() or b"secret-of-the-user" not in _unpacked(path.read_bytes())


def test_a_watch_takes_no_video_twice(on_site: Callable[..., Any]) -> None:
    """In a later round a video that is known is looked at, and its file is not fetched again."""
    files = _files(range(1, 2))
    _, before, _ = on_site(files, _video(1))
    [entry] = [entry for entry in before.items if entry.post is not None]
    post = KnownPost(ref=entry.ref, url=entry.url, extractor="video", post=entry.post)
    known = Known(
        items={each.url: KnownItem(ref=each.ref, sha256=each.sha256) for each in before.items},
        posts={entry.post.id: post},
        shown={(entry.post.id, entry.post.server): post},
    )
    files[f"{SITE}/video/player/1"] = Body(
        data=b"<v><file>http://media.ebaumsworld.com/1.mp4</file><title>Another title</title><description/>"
        b"<image/><username>alice</username></v>",
        type="text/xml",
    )
    result, after, requests = on_site(files, _video(1), known=known)
    assert (result.status, list(after.failed)) == ("complete", [])
    assert not [seen for seen in requests if seen.path.endswith(".mp4")]
    assert f"video: captured before, as {entry.ref}" in {skipped.reason for skipped in after.skipped}
    assert [(change.id, change.change) for change in after.changed] == [("1", "edited")]


def test_a_player_on_a_page_of_another_site_is_followed(on_site: Callable[..., Any]) -> None:
    """A page that shows a player of a site that yt-dlp knows: its video is captured, as that site's."""
    url = "http://blog.example/post"
    page = f'<!doctype html><title>Post</title><p>See: <iframe width="5" src="{_video(1)}"></iframe>'.encode()
    result, view, _ = on_site({url: Body(data=page, type="text/html"), **_files(range(1, 2))}, url)
    assert result.status == "complete"
    [post] = [entry.post for entry in view.items if entry.post is not None]
    assert (post.id, post.permalink) == ("1", _video(1))
    assert [entry.url for entry in _by_kind(view, "video")] == ["http://media.ebaumsworld.com/1.mp4"]


def test_a_video_that_was_not_asked_for_is_not_fetched(on_site: Callable[..., Any]) -> None:
    """`--media photos` leaves the file of a named site's video out as well, and says so."""
    _, view, requests = on_site(_files(range(1, 2)), _video(1), media="photos")
    assert "video: not asked for (--media photos)" in {skipped.reason for skipped in view.skipped}
    assert not [seen for seen in requests if seen.path.endswith(".mp4")]


def _cookie(domain: str, name: str, value: str) -> Cookie:
    return Cookie(
        0, name, value, None, False, domain, False, False, "/", True, False, None, True, None, None, {}, False
    )


def _unpacked(data: bytes) -> bytes:
    """Return a file's bytes, or those of a WARC's members one after the other."""
    import zlib

    plain = b""
    while data.startswith(b"\x1f\x8b"):
        member = zlib.decompressobj(31)
        plain += member.decompress(data)
        data = member.unused_data
    return plain + data
