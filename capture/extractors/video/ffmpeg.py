"""ffmpeg, where there is one: puts streams into one container as they are. It never encodes anew."""

from __future__ import annotations

import shutil
import subprocess
import time
from typing import TYPE_CHECKING

from capture.extractors.video.segments import NotJoined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

# Only files, and only such as hold streams: a text that ffmpeg takes for a playlist would have it fetch or read others.
_ONLY = (
    "-protocol_whitelist",
    "file",
    "-format_whitelist",
    "mov,mpegts,mpeg,matroska,webm,mp3,aac,ac3,flac,ogg,wav,flv",
)
_PATIENCE = 900.0
_LOOK_AGAIN = 0.2


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

    Raises NotJoined, and what `pause` raises where the capture is stopped.
    """
    inputs = [word for file in files for word in (*_ONLY, "-i", f"file:{file}")]
    maps = [word for number in range(len(files)) for word in ("-map", f"{number}:v?", "-map", f"{number}:a?")]
    command = [ffmpeg, "-nostdin", "-v", "error", "-n", *inputs, *maps, "-c", "copy", f"file:{merged}"]
    try:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # noqa: S603 - as above
    except OSError as error:
        raise NotJoined(f"ffmpeg could not be started ({error.strerror})") from error
    with process:
        try:
            said = _said_at_its_end(process, pause)
        finally:
            process.kill()
    if process.returncode != 0 or not merged.is_file():
        merged.unlink(missing_ok=True)
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
        why = last[0][:300] if last else f"exit status {process.returncode}"
        raise NotJoined(f"ffmpeg could not join them ({why})")


def _said_at_its_end(process: subprocess.Popen[bytes], pause: Callable[[float], None]) -> bytes:
    """Wait for a program, and return what it complained of. Raises NotJoined, and what `pause` raises."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        pause(0)
        try:
            return process.communicate(timeout=_LOOK_AGAIN)[1]
        except subprocess.TimeoutExpired:
            continue
    raise NotJoined(f"ffmpeg was still at work after {_PATIENCE:g} s and was ended")
