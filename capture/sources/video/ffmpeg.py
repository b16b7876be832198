"""ffmpeg, where there is one: puts streams into one container as they are. It never encodes anew."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from capture.sources.video.segments import NotJoined

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Only files, and only such as hold streams: a text that ffmpeg takes for a playlist would have it fetch or read others.
_ONLY = (
    "-protocol_whitelist",
    "file",
    "-format_whitelist",
    "mov,mpegts,mpeg,matroska,webm,mp3,aac,ac3,flac,ogg,wav,flv",
)
_PATIENCE = 900.0


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


def merge(ffmpeg: str, files: Sequence[Path], merged: Path) -> None:
    """Put the streams of files into one file, whose extension says which container. Raises NotJoined."""
    inputs = [word for file in files for word in (*_ONLY, "-i", f"file:{file}")]
    maps = [word for number in range(len(files)) for word in ("-map", f"{number}:v?", "-map", f"{number}:a?")]
    command = [ffmpeg, "-nostdin", "-v", "error", "-n", *inputs, *maps, "-c", "copy", f"file:{merged}"]
    try:
        ran = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603 - as above
    except subprocess.TimeoutExpired as error:
        merged.unlink(missing_ok=True)
        raise NotJoined(f"ffmpeg was still at work after {_PATIENCE:g} s and was ended") from error
    except OSError as error:
        raise NotJoined(f"ffmpeg could not be started ({error.strerror})") from error
    if ran.returncode != 0 or not merged.is_file():
        merged.unlink(missing_ok=True)
        last = ran.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise NotJoined(f"ffmpeg could not join them ({last[0][:300] if last else f'exit status {ran.returncode}'})")
