from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from capture.extractors.video.ffmpeg import find_ffmpeg
from exports.bundle import export_bundle
from exports.verification import verify
from tests.servers import SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from hashing.case.case import Case
    from hashing.ledger.keys import SigningKey
    from tests.servers.scene import Answer

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]

PAGE = b"<title>Fire</title><h1>Fire</h1><p>The mill burns since nine.</p><video src=/fire.mp4></video>"


@pytest.mark.skipif(not find_ffmpeg(), reason="ffmpeg is not installed")
def test_a_video_without_a_poster_is_seen_by_a_frame(
    captured: Captured, case: Case, key: SigningKey, tmp_path: Path
) -> None:
    """A frame is a working copy that says what it is of; the report shows it; a damaged video has none, and says so."""
    film = tmp_path / "film.mp4"
    drawn = ["-f", "lavfi", "-i", "testsrc=duration=1:size=160x120", "-pix_fmt", "yuv420p"]
    subprocess.run([find_ffmpeg(), "-v", "error", *drawn, str(film)], check=True)
    whole = film.read_bytes()
    files: dict[str, Answer] = {
        "/": PAGE,
        "/fire.mp4": whole,
        "/half.mp4": whole[: len(whole) // 3],
    }
    with SceneServer(files) as server:
        _, view = captured(server.url("/"))
        _, half = captured(server.url("/half.mp4"))
    [copy] = [each for entry in view.items for each in entry.working_copies if each.path.endswith("-frame.jpg")]
    assert (copy.ref, copy.how.startswith("one of the first frames of MP/1-0002, to be looked at, by ffmpeg")) == (
        "MP/1-0002", True
    )  # fmt: skip
    [entry] = half.items
    assert [fact.name for fact in entry.facts] == ["frame"]
    assert not entry.working_copies
    bundle = export_bundle(case, key=key, officer="Mary Price", output=tmp_path / "out").path
    assert (bundle / f"data/report/previews/{copy.sha256}.jpg").is_file()
    assert f'poster="previews/{copy.sha256}.jpg"' in (bundle / "data/report/capture-1.html").read_text("utf-8")
    checked = verify(bundle, report=True)
    assert (checked.altered, checked.missing) == ((), ())


@pytest.mark.skipif(not find_ffmpeg(), reason="ffmpeg is not installed")
@pytest.mark.parametrize("extension", ["mp4", "mkv", "webm", "ogv", "flv"])
def test_a_frame_is_taken_of_every_container(captured: Captured, tmp_path: Path, extension: str) -> None:
    """What a file's first bytes tell as a video has a frame, whichever container it is."""
    film = tmp_path / f"film.{extension}"
    drawn = ["-f", "lavfi", "-i", "testsrc=duration=1:size=160x120", "-pix_fmt", "yuv420p"]
    subprocess.run([find_ffmpeg(), "-v", "error", *drawn, str(film)], check=True)
    with SceneServer({f"/fire.{extension}": film.read_bytes()}) as server:
        _, view = captured(server.url(f"/fire.{extension}"))
    [entry] = view.items
    assert [copy.path.endswith("-frame.jpg") for copy in entry.working_copies] == [True]
