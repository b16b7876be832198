from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from warcio.archiveiterator import ArchiveIterator

from capture.run.run import capture
from exports.format.capture_view import read_capture
from exports.verification import verify
from hashing.case.case import Case
from hashing.files.user_folders import data_folder
from tests.capture.conftest import OPTIONS
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from hashing.case.events import Item
    from hashing.ledger.keys import SigningKey
    from tests.servers.media_site import MediaSite
    from tests.servers.seen import Seen

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]

HLS_SEGMENTS = {f"/hls/hi_00{number}.ts" for number in range(3)}


def _path(item: Item) -> str:
    return urlsplit(item.url).path


def _items(view: CaptureView, kind: str) -> set[str]:
    return {_path(entry) for entry in view.items if entry.kind == kind}


def _joined(result: CaptureResult, view: CaptureView) -> Path:
    """Return the one working copy that is a video."""
    [copy] = [copy for copy in view.working_copies if copy.path.endswith((".mp4", ".ts", ".webm", ".mkv"))]
    return result.path / copy.path


def _streams(file: Path) -> tuple[set[str], float]:
    """Return the kinds of stream in a file and how many seconds it lasts; every frame must decode."""
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_entries", "stream=codec_type:format=duration", str(file)]
    answered = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    decode = ["ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", str(file), "-f", "null", "-"]
    assert subprocess.run(decode, capture_output=True, check=True).stderr == b""
    return {stream["codec_type"] for stream in answered["streams"]}, float(answered["format"]["duration"])


@pytest.fixture
def recorded(media_site: MediaSite) -> Iterator[Callable[[CaptureResult], int]]:
    """Return a function that counts the exchanges in a capture's WARC; each request of the test must be one."""
    before = len(media_site.requests)
    counted = []

    def _count(result: CaptureResult) -> int:
        count = 0
        for warc in sorted(result.path.glob("*.warc.gz")):
            with warc.open("rb") as file:
                count += sum(record.rec_type == "request" for record in ArchiveIterator(file))
        counted.append(count)
        return count

    yield _count
    assert sum(counted) == len(media_site.requests) - before


def test_a_case_in_the_folder_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: SigningKey, media_site: MediaSite
) -> None:
    """A case that is named by a relative path, as it is typed, works as one that is named in full."""
    monkeypatch.chdir(tmp_path)
    case = Case.open_or_create(Path("OP"), key=key, officer="M")
    result = capture(media_site.url("/hls/master.m3u8"), case, OPTIONS, key=key)
    view = read_capture(result.path)
    assert result.status == "complete", (view.failed, view.skipped, view.finished)
    assert _streams(_joined(result, view))[0] == {"video", "audio"}


def test_a_finished_playlist_is_fetched_once(captured: Captured, media_site: MediaSite) -> None:
    """A playlist that says that it will not change is asked for once, however often it is looked into."""
    before = media_site.asked("/aes/index.m3u8")
    captured(media_site.url("/aes/index.m3u8"))
    assert media_site.asked("/aes/index.m3u8") == before + 1


@pytest.mark.parametrize(
    ("path", "segments", "playlists"),
    [
        ("/hls/master.m3u8", HLS_SEGMENTS, {"/hls/master.m3u8", "/hls/hi.m3u8"}),
        ("/hls/lo.m3u8", {f"/hls/lo_00{number}.ts" for number in range(3)}, {"/hls/lo.m3u8"}),
        ("/fmp4/index.m3u8", {"/fmp4/init.mp4", *(f"/fmp4/s00{n}.m4s" for n in range(3))}, {"/fmp4/index.m3u8"}),
        ("/aes/index.m3u8", {f"/aes/e00{number}.ts" for number in range(3)}, {"/aes/index.m3u8"}),
        ("/video-element", HLS_SEGMENTS, {"/hls/master.m3u8", "/hls/hi.m3u8"}),
        ("/two-videos", {"/fmp4/init.mp4", *(f"/fmp4/s00{n}.m4s" for n in range(3))}, {"/fmp4/index.m3u8"}),
    ],
)
def test_a_stream_is_kept_as_served_and_joined(
    path: str,
    segments: set[str],
    playlists: set[str],
    media_site: MediaSite,
    captured: Captured,
    recorded: Callable[[CaptureResult], int],
) -> None:
    """Every segment and playlist is an original with the server's own bytes; what is joined of them plays."""
    result, view = captured(media_site.url(path))
    assert (result.status, list(view.failed)) == ("complete", [])
    assert _items(view, "segment") == segments
    assert _items(view, "playlist") == playlists
    for entry in view.items:
        assert entry.sha256 == media_site.sha256[_path(entry)]
        stored = (result.path / entry.path).read_bytes()
        assert hashlib.sha256(stored).hexdigest() == entry.sha256
    kinds, seconds = _streams(_joined(result, view))
    assert kinds == {"video", "audio"}
    assert 5.9 < seconds < 6.2
    assert recorded(result) >= len(segments) + len(playlists)
    assert verify(result.path).verdict == "ok"


def test_streams_apart_are_merged(
    media_site: MediaSite, captured: Captured, recorded: Callable[[CaptureResult], int]
) -> None:
    """Of DASH the best video and the best audio are kept, segment for segment, and merged without encoding anew."""
    result, view = captured(media_site.url("/dash/manifest.mpd"))
    segments = _items(view, "segment")
    assert {path.partition("-stream")[2][0] for path in segments} == {"0", "2"}
    kinds, seconds = _streams(_joined(result, view))
    assert (kinds, 5.9 < seconds < 6.2) == ({"video", "audio"}, True)
    [copy] = [copy for copy in view.working_copies if copy.path.endswith(".mp4")]
    assert "put into one file without encoding anew by ffmpeg" in copy.how
    assert "MP/1-0002 to MP/1-0005" in copy.how
    assert recorded(result) == 1 + len(segments)


@pytest.mark.parametrize("path", ["/json-ld", "/open-graph", "/twitter-card", "/no-video", "/clip.mp4"])
def test_what_the_web_can_get_needs_no_yt_dlp(
    path: str, media_site: MediaSite, captured: Captured, recorded: Callable[[CaptureResult], int]
) -> None:
    """A file behind a link of the page is fetched once, and there is no working copy of what was served whole."""
    result, view = captured(media_site.url(path))
    assert result.status == "complete"
    assert _items(view, "video") == ({"/clip.mp4"} if path != "/no-video" else set())
    assert not [copy for copy in view.working_copies if copy.path.endswith((".mp4", ".json"))]
    assert recorded(result) == len(view.items)


def test_a_page_that_shows_a_file_and_a_stream_gets_each_once(media_site: MediaSite, captured: Captured) -> None:
    """What the page links to as a file, yt-dlp finds as well: it is fetched once all the same, and so is the page."""
    before = len(media_site.requests)
    captured(media_site.url("/two-videos"))
    asked = [seen.path for seen in media_site.requests[before:]]
    assert asked.count("/clip.mp4") == 1
    assert asked.count("/two-videos") == 1


def test_what_yt_dlp_read_is_a_working_copy(media_site: MediaSite, captured: Captured) -> None:
    """What yt-dlp found out stands beside the video as JSON, without cookies, request headers and paths."""
    result, view = captured(media_site.url("/hls/master.m3u8"))
    [copy] = [copy for copy in view.working_copies if copy.path.endswith("-info.json")]
    info = json.loads((result.path / copy.path).read_bytes())
    assert info["id"] == "master"
    assert not {"cookies", "http_headers", "filename", "_filename"} & {*info, *info["formats"][0]}
    assert str(result.path) not in json.dumps(info)


def test_videos_that_were_not_asked_for_are_left_out(media_site: MediaSite, captured: Captured) -> None:
    """`--media photos` takes the page and its photos, and says that there is a video."""
    result, view = captured(media_site.url("/video-element"), media="photos")
    assert result.status == "complete"
    assert _items(view, "segment") == set()
    assert "its video: not asked for (--media photos)" in {skipped.reason for skipped in view.skipped}


def test_without_ffmpeg_every_stream_is_kept(
    media_site: MediaSite, captured: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where there is no ffmpeg, the streams are there, each joined by itself, and the way to one file is named."""
    monkeypatch.setenv("PATH", str(tmp_path))
    result, view = captured(media_site.url("/dash/manifest.mpd"))
    monkeypatch.undo()
    assert result.status == "complete"
    joined = [result.path / copy.path for copy in view.working_copies if copy.path.endswith(".mp4")]
    assert [_streams(file)[0] for file in joined] == [{"video"}, {"audio"}]
    assert "video: the streams are kept; install ffmpeg to have them joined" in {skip.reason for skip in view.skipped}


@pytest.mark.parametrize("name", ["hi_000.ts", "hi_001.ts", "hi_002.ts"])
def test_a_missing_segment_costs_no_other(name: str, media_site: MediaSite, captured: Captured) -> None:
    """Whichever segment is gone: the others are kept, the joined file says so, and the capture is partial."""
    files = {path: body for path, body in media_site.files.items() if path != f"/hls/{name}"}
    with SceneServer(files) as server:
        result, view = captured(server.url("/hls/hi.m3u8"))
    assert result.status == "partial"
    assert _items(view, "segment") == HLS_SEGMENTS - {f"/hls/{name}"}
    assert [urlsplit(failed.url).path for failed in view.failed] == [f"/hls/{name}"]
    [copy] = [copy for copy in view.working_copies if copy.path.endswith(".mp4")]
    assert "1 of its segments are missing" in copy.how


def test_a_gap_is_told_and_not_asked_for(media_site: MediaSite, captured: Captured) -> None:
    """Where the playlist says that it has nothing, nobody asks; nor is the video called complete."""
    text = b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhi_000.ts\n#EXT-X-GAP\n#EXTINF:2,\nhi_001.ts\n"
    text += b"#EXTINF:2,\nhi_002.ts\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:2,\n"
    with SceneServer({**media_site.files, "/hls/gap.m3u8": text}) as server:
        result, view = captured(server.url("/hls/gap.m3u8"))
        assert server.asked("/hls/hi_001.ts") == 0
    assert (result.status, _items(view, "segment")) == ("partial", {"/hls/hi_000.ts", "/hls/hi_002.ts"})
    reasons = " ".join(failed.reason for failed in view.failed)
    assert "1 segment is missing there (EXT-X-GAP)" in reasons
    assert "breaks off where it announces a segment" in reasons


def test_a_missing_key_costs_no_segment(media_site: MediaSite, captured: Captured) -> None:
    """An encrypted stream whose key is refused is kept as it is, and it is said that nobody can join it."""
    files = {path: body for path, body in media_site.files.items() if path != "/aes/key.bin"}
    with SceneServer(files) as server:
        result, view = captured(server.url("/aes/index.m3u8"))
    assert result.status == "partial"
    assert len(_items(view, "segment")) == 3
    reason = "video: the segments are kept and were not joined: it is encrypted, and its key was not to be had"
    assert reason in {skipped.reason for skipped in view.skipped}


def test_a_playlist_that_leads_nowhere_is_kept(captured: Captured) -> None:
    """A page that names a playlist that is not there: the page is kept, and what is missing is said."""
    page = b'<!doctype html><title>t</title><p>Text.<video src="/gone.m3u8"></video>'
    with SceneServer({"/": Body(data=page)}) as server:
        result, view = captured(server.url("/"))
    assert result.status == "partial"
    assert _items(view, "page") == {"/"}
    assert {urlsplit(failed.url).path for failed in view.failed} == {"/gone.m3u8"}


def test_subtitles_that_people_wrote_are_kept(media_site: MediaSite, captured: Captured) -> None:
    """Subtitles that a master playlist names are fetched segment by segment, and kept as served."""
    master = (
        '#EXTM3U\n#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="English",LANGUAGE="en",URI="/subs.m3u8"\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=480x270,SUBTITLES="s"\n/hls/hi.m3u8\n'
    )
    subtitles = b"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n/en.vtt\n#EXT-X-ENDLIST\n"
    words = b"WEBVTT\n\n00:00.000 --> 00:05.000\nFire"
    files = {"/master.m3u8": master.encode(), "/subs.m3u8": subtitles, "/en.vtt": words}
    with SceneServer({**media_site.files, **files}) as server:
        result, view = captured(server.url("/master.m3u8"))
    assert result.status == "complete"
    assert _items(view, "subtitles") == {"/en.vtt"}
    assert _items(view, "playlist") == {"/master.m3u8", "/subs.m3u8", "/hls/hi.m3u8"}


def test_parts_of_one_file_are_fetched_as_ranges(media_site: MediaSite, captured: Captured) -> None:
    """Segments that are ranges of one file are fetched as such, and joined to what the file is."""
    whole = media_site.data["/hls/hi_000.ts"]
    cut = len(whole) // 188 // 2 * 188
    ranges = f"#EXT-X-BYTERANGE:{cut}@0\na.ts\n#EXT-X-BYTERANGE:{len(whole) - cut}\na.ts\n"
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n{ranges}#EXT-X-ENDLIST\n"

    def _part(seen: Seen) -> Body:
        first, last = (int(number) for number in seen.header("Range").removeprefix("bytes=").split("-"))
        headers = (("Content-Range", f"bytes {first}-{last}/{len(whole)}"),)
        return Body(data=whole[first : last + 1], type="video/mp2t", status=206, headers=headers)

    with SceneServer({"/i.m3u8": text.encode(), "/a.ts": _part}) as server:
        result, view = captured(server.url("/i.m3u8"), media="videos")
    sizes = [entry.size for entry in view.items if entry.kind == "segment"]
    assert (result.status, sizes) == ("complete", [cut, len(whole) - cut])
    assert _streams(_joined(result, view))[0] == {"video", "audio"}


def test_a_server_without_ranges_is_asked_once(media_site: MediaSite, captured: Captured) -> None:
    """A server that sends the whole file for each range would send it a hundred times: it is asked once."""
    whole = media_site.data["/hls/hi_000.ts"]
    size = len(whole) // 188 // 100 * 188
    lines = [f"#EXT-X-BYTERANGE:{size}@{size * number}\na.ts" for number in range(99)]
    lines.append(f"#EXT-X-BYTERANGE:{len(whole) - 99 * size}@{99 * size}\na.ts")
    text = "\n".join(["#EXTM3U", "#EXT-X-TARGETDURATION:2", *lines, "#EXT-X-ENDLIST"])
    with SceneServer({"/i.m3u8": text.encode(), "/a.ts": Body(data=whole, type="video/mp2t")}) as server:
        result, view = captured(server.url("/i.m3u8"))
        assert server.asked("/a.ts") == 1
    assert _streams(_joined(result, view))[0] == {"video", "audio"}


def test_what_is_no_stream_is_not_given_to_ffmpeg(captured: Captured, tmp_path: Path) -> None:
    """Segments that are in truth a playlist of files of this computer: kept, and never opened by ffmpeg as one."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret-of-the-officer")
    trap = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n".encode()
    text = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.ts\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n"
    with SceneServer({"/i.m3u8": text, "/a.ts": Body(data=trap, type="video/mp2t")}) as server:
        result, view = captured(server.url("/i.m3u8"))
    assert [skipped.reason for skipped in view.skipped if "were not joined: ffmpeg could not" in skipped.reason]
    for copy in view.working_copies:
        assert b"secret-of-the-officer" not in (result.path / copy.path).read_bytes()


def test_every_playlist_of_a_page_is_followed(media_site: MediaSite, captured: Captured) -> None:
    """A playlist that the page names where yt-dlp does not look is followed like those that it finds."""
    page = b"<!doctype html><title>t</title><video src='/hls/lo.m3u8'></video><a href='/fmp4/index.m3u8'>x</a>"
    page += b"<amp-video src='/aes/index.m3u8'></amp-video>"
    with SceneServer({**media_site.files, "/": Body(data=page)}) as server:
        result, view = captured(server.url("/"))
    assert result.status == "complete"
    folders = {path.split("/")[1] for path in _items(view, "segment")}
    assert {"hls", "aes"} <= folders


def test_a_mention_without_a_video_is_said(captured: Captured) -> None:
    """A page that only speaks of playlists is captured whole; that no video was found is said, and is no failure."""
    page = b"<!doctype html><title>t</title><p>How to serve an .m3u8 file."
    with SceneServer({"/": Body(data=page)}) as server:
        result, view = captured(server.url("/"))
    assert result.status == "complete"
    [skipped] = view.skipped
    assert skipped.reason.startswith("it shows signs of a video, and none was found")


def test_a_capture_of_videos_needs_no_folder_of_its_own(media_site: MediaSite, captured: Captured) -> None:
    """Whatever was made on the way is gone from the capture's folder; beside it only the user's own notes are kept."""
    result, _ = captured(media_site.url("/dash/manifest.mpd"))
    assert not (result.path / "incoming").exists()
    notes = data_folder()
    written = [path for path in Path(os.environ["HOME"]).rglob("*") if not path.is_relative_to(notes)]
    assert set(written) <= set(notes.parents)
