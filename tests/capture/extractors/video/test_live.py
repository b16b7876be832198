from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.patience import PATIENCE
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from tests.servers.media_site import MediaSite
    from tests.servers.scene import Answer
    from tests.servers.seen import Seen

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]

_TYPE = "application/vnd.apple.mpegurl"


class Broadcast:
    """A live playlist of a window of three segments that moves on by one with every second look."""

    def __init__(self, site: MediaSite, *, end: int, step: int = 1, gone: frozenset[int] = frozenset()) -> None:
        self._lock = threading.Lock()
        self._looks = 0
        self._end = end
        self._step = step
        self._pieces = [site.data[f"/hls/hi_00{number}.ts"] for number in range(3)]
        self.files = {"/live.m3u8": self._playlist} | {
            f"/s{number}.ts": Body(data=self._pieces[number % 3], type="video/mp2t")
            for number in range(end)
            if number not in gone
        }

    def _playlist(self, _seen: Seen) -> Body:
        with self._lock:
            first = min(self._looks // 2 * self._step, self._end - 3)
            self._looks += 1
        lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
        for number in range(first, first + 3):
            lines += ["#EXTINF:1,", f"s{number}.ts"]
        if first + 3 == self._end:
            lines.append("#EXT-X-ENDLIST")
        return Body(data="\n".join(lines).encode(), type=_TYPE)


def _segments(view: CaptureView) -> list[str]:
    return [urlsplit(entry.url).path for entry in view.items if entry.kind == "segment"]


def test_a_live_stream_is_followed_to_its_end(media_site: MediaSite, captured: Captured) -> None:
    """Each new segment is fetched once, in order, until the playlist says that there is no more; they are joined."""
    with SceneServer(Broadcast(media_site, end=8).files) as server:
        result, view = captured(server.url("/live.m3u8"), live=PATIENCE)
        assert all(server.asked(f"/s{number}.ts") <= 1 for number in range(8))
    assert result.status == "complete"
    segments = _segments(view)
    assert segments == [f"/s{number}.ts" for number in range(int(segments[0][2:-3]), 8)]
    [copy] = [copy for copy in view.working_copies if copy.path.endswith((".mp4", ".ts"))]
    assert "joined of" in copy.how


def test_names_that_are_used_again_are_fetched_again(media_site: MediaSite, captured: Captured) -> None:
    """A stream whose segments go round under a few names: each number is an item, whatever its name."""
    looks = iter(range(1000))

    def _playlist(_seen: Seen) -> Body:
        first = min(next(looks) // 2, 5)
        lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", f"#EXT-X-MEDIA-SEQUENCE:{first}", "#EXTINF:1,"]
        lines += [f"s{first % 2}.ts", *["#EXT-X-ENDLIST"] * (first == 5)]
        return Body(data="\n".join(lines).encode(), type=_TYPE)

    piece = Body(data=media_site.data["/hls/hi_000.ts"], type="video/mp2t")
    with SceneServer({"/live.m3u8": _playlist, "/s0.ts": piece, "/s1.ts": piece}) as server:
        _, view = captured(server.url("/live.m3u8"), live=PATIENCE)
    segments = _segments(view)
    assert len(segments) >= 3
    assert all(one != next_one for one, next_one in itertools.pairwise(segments))


def test_a_live_stream_is_followed_for_the_time_given(media_site: MediaSite, captured: Captured) -> None:
    """When the time is over, what came is there and the capture is complete."""
    with SceneServer(Broadcast(media_site, end=1000).files) as server:
        result, view = captured(server.url("/live.m3u8"), live=1.6)
    assert result.status == "complete"
    assert 3 <= len(_segments(view)) < 20


def test_a_live_stream_is_not_followed_unasked(media_site: MediaSite, captured: Captured) -> None:
    """Without a time nothing of it is fetched but the playlist, and what to say to have it followed is said."""
    with SceneServer(Broadcast(media_site, end=1000).files) as server:
        result, view = captured(server.url("/live.m3u8"))
    assert result.status == "complete"
    assert _segments(view) == []
    reason = "video: a live stream; it was not followed (say for how long, such as --for 10m)"
    assert reason in {skipped.reason for skipped in view.skipped}


def test_a_segment_that_is_gone_is_said(media_site: MediaSite, captured: Captured) -> None:
    """A segment that the playlist names and the server has no longer is a failure, and costs no other."""
    broadcast = Broadcast(media_site, end=1000, gone=frozenset({2, 3}))
    with SceneServer(broadcast.files) as server:
        result, view = captured(server.url("/live.m3u8"), live=1.6)
    assert result.status == "partial"
    assert {urlsplit(failed.url).path for failed in view.failed} <= {"/s2.ts", "/s3.ts"}
    assert "/s4.ts" in _segments(view)


def test_segments_that_passed_by_are_said(media_site: MediaSite, captured: Captured) -> None:
    """A window that moved on past segments that nobody fetched is named as what it is: a gap."""
    with SceneServer(Broadcast(media_site, end=1000, step=5).files) as server:
        result, view = captured(server.url("/live.m3u8"), live=2.2)
    assert result.status == "partial"
    assert "video: 2 segments of the live stream were gone before they could be fetched" in {
        failed.reason for failed in view.failed
    }


@pytest.mark.parametrize("end", ["#EXT-X-ENDLIST", ""])
def test_a_playlist_that_disappears_ends_the_following(end: str, media_site: MediaSite, captured: Captured) -> None:
    """A live stream that is taken down while it is followed ends soon, with what came of it."""
    looks = iter(range(1000))

    def _playlist(_seen: Seen) -> Body:
        if next(looks) > 4:
            return Body(data=b"gone", status=410)
        return Body(data=f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.ts\n{end}".encode(), type=_TYPE)

    files: dict[str, Answer] = {
        "/live.m3u8": _playlist,
        "/a.ts": Body(data=media_site.data["/hls/hi_000.ts"], type="video/mp2t"),
    }
    with SceneServer(files) as server:
        result, view = captured(server.url("/live.m3u8"), live=PATIENCE)
    assert _segments(view) == ["/a.ts"]
    assert result.status == ("complete" if end else "partial")
