from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

import pytest

from capture.extractors.video import ffmpeg
from capture.extractors.video.ffmpeg import GivenUp, find_ffmpeg, merge, take_frame
from capture.extractors.video.segments import NotJoined
from hashing.sandbox import confined

if TYPE_CHECKING:
    from pathlib import Path

_FFMPEG = find_ffmpeg()
_ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel confines on Linux alone")

needs_ffmpeg = pytest.mark.skipif(not _FFMPEG, reason="ffmpeg is not installed")


def _sound(path: Path) -> Path:
    """Make a second of sound."""
    subprocess.run([_FFMPEG, "-v", "error", "-f", "lavfi", "-i", "sine=duration=1", str(path)], check=True)
    return path


def _run(program: str, arguments: list[str], read: list[Path], folder: Path) -> subprocess.CompletedProcess[str]:
    command = confined(program, arguments, read=read, write_below=folder, memory=1 << 30)
    return subprocess.run(command, capture_output=True, text=True, check=False, env={})


@needs_ffmpeg
def test_streams_are_joined(tmp_path: Path) -> None:
    """Confined, it reads what it is given and writes the one file."""
    folder = tmp_path / "working"
    folder.mkdir()
    merge(_FFMPEG, [_sound(tmp_path / "a.mp3"), _sound(tmp_path / "b.mp3")], folder / "merged.mkv", lambda _: None)
    assert (folder / "merged.mkv").read_bytes().startswith(b"\x1aE\xdf\xa3")


@needs_ffmpeg
def test_a_stop_ends_it_while_it_works(tmp_path: Path) -> None:
    """Nobody waits for a merged file when the capture is stopped."""
    os.mkfifo(tmp_path / "a.mp3")
    calls = []

    def _stopped(_: float) -> None:
        calls.append(1)
        if len(calls) > 2:
            raise CancelledError

    with pytest.raises(CancelledError):
        merge(_FFMPEG, [tmp_path / "a.mp3"], tmp_path / "merged.mp4", _stopped)


@needs_ffmpeg
def test_one_that_writes_nothing_for_many_minutes_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said after how many seconds, and nothing half done is left."""
    os.mkfifo(tmp_path / "a.mp3")
    monkeypatch.setattr(ffmpeg, "_PATIENCE", 1.0)
    with pytest.raises(GivenUp, match="given up after 1 s in which it wrote nothing"):
        merge(_FFMPEG, [tmp_path / "a.mp3"], tmp_path / "merged.mp4", lambda _: None)
    assert not (tmp_path / "merged.mp4").exists()


@needs_ffmpeg
def test_what_it_complains_of_is_said(tmp_path: Path) -> None:
    """The last line of what it says is the reason."""
    (tmp_path / "a.mp4").write_bytes(b"no video" * 1000)
    with pytest.raises(NotJoined, match=r"^ffmpeg could not do it \(.*a\.mp4: .+\)$"):
        merge(_FFMPEG, [tmp_path / "a.mp4"], tmp_path / "merged.mp4", lambda _: None)


def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    """As any other failure to join."""
    with pytest.raises(NotJoined, match="No such file"):
        merge(str(tmp_path / "ffmpeg"), [tmp_path / "a.mp4"], tmp_path / "merged.mp4", lambda _: None)


@_ON_LINUX
def test_it_reads_no_other_file_and_writes_nowhere_else(tmp_path: Path) -> None:
    """A container that names other files, or a flaw in a decoder, finds no key."""
    folder, key, given = tmp_path / "working", tmp_path / "key.pem", tmp_path / "given"
    folder.mkdir()
    key.write_text("PRIVATE")
    given.write_text("given")
    assert _run("/bin/cat", [str(given)], [given], folder).stdout == "given"
    for program, arguments in (
        ("/bin/cat", [str(key)]),
        ("/bin/cat", ["/etc/passwd"]),
        ("/bin/cp", [str(given), str(tmp_path / "copy")]),
        ("/bin/mv", [str(key), str(folder / "copy")]),
        ("/bin/chmod", ["777", str(key)]),
        ("/bin/sh", ["-c", "/bin/cat /etc/passwd"]),
        ("/bin/sh", ["-c", f"echo x > {tmp_path}/copy"]),
    ):
        ran = _run(program, arguments, [given], folder)
        assert ran.returncode != 0
        assert "denied" in ran.stderr.lower() or "cannot fork" in ran.stderr.lower()
        assert ran.stdout == ""
    assert _run("/bin/cp", [str(given), str(folder / "copy")], [given], folder).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given", "key.pem", "working"]
    assert key.read_text() == "PRIVATE"


@_ON_LINUX
@needs_ffmpeg
def test_it_reaches_no_network(tmp_path: Path) -> None:
    """Not even where it is asked to."""
    ran = _run(_FFMPEG, ["-v", "error", "-i", "http://127.0.0.1:9/a.mp4", "-f", "null", "-"], [], tmp_path)
    assert "Permission denied" in ran.stderr


@needs_ffmpeg
def test_a_frame_in_a_folder_with_a_per_cent_sign(tmp_path: Path) -> None:
    """What ffmpeg would take for a pattern of numbers is a name, and the frame stands where it was asked for."""
    film, folder = tmp_path / "film.mp4", tmp_path / "50%d off"
    drawn = ["-f", "lavfi", "-i", "testsrc=duration=1:size=64x48"]
    subprocess.run([_FFMPEG, "-v", "error", *drawn, str(film)], check=True)
    folder.mkdir()
    take_frame(_FFMPEG, film, folder / "frame.jpg", lambda _: None)
    assert [path.name for path in folder.iterdir()] == ["frame.jpg"]
