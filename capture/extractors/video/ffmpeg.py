"""ffmpeg, where there is one: puts streams into one container as they are, and takes a frame to be looked at.

It is confined: it reads the files that it is given, writes in the folder of what it makes, and reaches no network.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from capture.extractors.video.segments import NotJoined
from hashing.sandbox import confined

# Only files, and only such as hold streams: a text that ffmpeg takes for a playlist would have it fetch or read others.
STREAMS_ONLY = (
    "-protocol_whitelist",
    "file",
    "-format_whitelist",
    "mov,mpegts,mpeg,matroska,webm,mp3,aac,ac3,flac,ogg,wav,flv,avi,asf",
)
_PATIENCE = 600.0  # Seconds without a byte written, the last line: how long a long video takes is the machine's affair.
_PATIENCE_FOR_A_FRAME = 60.0
_WIDEST = 1280  # Pixels of a frame's width at the most.
_MEMORY = 1 << 30
_LOOK_AGAIN = 0.2


class GivenUp(NotJoined):
    """ffmpeg did not come to an end."""


def find_ffmpeg() -> str:
    """Return the path of ffmpeg, or "" where there is none."""
    return shutil.which("ffmpeg") or ""


def ffmpeg_version(ffmpeg: str) -> str:
    """Return what ffmpeg calls itself, such as `ffmpeg 5.1.6`."""
    try:
        ran = subprocess.run([ffmpeg, "-version"], capture_output=True, timeout=30, check=False)  # noqa: S603 - found on the user's PATH
    except (OSError, subprocess.TimeoutExpired):
        return "ffmpeg"
    words = ran.stdout.decode("utf-8", "replace").split()
    return f"ffmpeg {words[2][:60]}" if len(words) > 2 else "ffmpeg"  # noqa: PLR2004 - `ffmpeg version …`


def merge(ffmpeg: str, files: Sequence[Path], merged: Path, pause: Callable[[float], None]) -> None:
    """Put the streams of files into one file, whose extension says which container.

    Raises GivenUp, NotJoined, and what `pause` raises where the capture is stopped.
    """
    inputs = [word for file in files for word in (*STREAMS_ONLY, "-i", f"file:{file.absolute()}")]
    maps = [word for number in range(len(files)) for word in ("-map", f"{number}:v?", "-map", f"{number}:a?")]
    _make(ffmpeg, [*inputs, *maps, "-c", "copy"], files, merged, pause, _PATIENCE)


def take_frame(ffmpeg: str, video: Path, picture: Path, pause: Callable[[float], None]) -> None:
    """Write a JPEG of one of the first frames of a video, one that shows much. Raises as `merge`."""
    words = ["-threads", "2", *STREAMS_ONLY, "-i", f"file:{video.absolute()}", "-map", "0:v:0", "-frames:v", "1"]
    words += ["-update", "1"]  # one picture, by this name: a % in a folder's name stands for no number
    words += ["-vf", f"thumbnail=50,scale='min({_WIDEST},iw)':-2"]
    _make(ffmpeg, words, [video], picture, pause, _PATIENCE_FOR_A_FRAME)


def _make(
    ffmpeg: str,
    words: Sequence[str],
    files: Sequence[Path],
    made: Path,
    pause: Callable[[float], None],
    patience: float,
) -> None:
    words = ["-nostdin", "-v", "error", "-n", *words, f"file:{made.absolute()}"]
    command = confined(ffmpeg, words, read=files, write_below=made.parent, memory=_MEMORY)
    try:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={})  # noqa: S603 - found on the user's PATH
    except OSError as error:
        raise NotJoined(f"ffmpeg could not be started ({error.strerror})") from error
    with process:
        try:
            # Patience is counted while nothing is written: a long video takes long, and a hung process writes nothing.
            complaint = _said_at_its_end(process, made, pause, patience)
        finally:
            process.kill()
    if process.returncode != 0 or not made.is_file():
        made.unlink(missing_ok=True)
        last = complaint.decode("utf-8", "replace").strip().splitlines()[-1:]
        why = last[0][:300] if last else f"exit status {process.returncode}"
        raise NotJoined(f"ffmpeg could not do it ({why})")


def _said_at_its_end(
    process: subprocess.Popen[bytes], made: Path, pause: Callable[[float], None], patience: float
) -> bytes:
    """Wait for a program, and return what it complained of. Raises GivenUp, and what `pause` raises."""
    end, written = time.monotonic() + patience, -1
    while time.monotonic() < end:
        pause(0)
        try:
            return process.communicate(timeout=_LOOK_AGAIN)[1]
        except subprocess.TimeoutExpired:
            size = made.stat().st_size if made.exists() else 0
            if size != written:
                end, written = time.monotonic() + patience, size
    process.kill()
    # Half a file would be taken for a video that ends there.
    made.unlink(missing_ok=True)
    raise GivenUp(f"ffmpeg was given up after {patience:g} s in which it wrote nothing")
