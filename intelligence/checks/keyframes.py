"""Pictures of a video, by ffmpeg where it is installed: confined, it reads this one file, and reaches no network."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from capture.extractors.video.ffmpeg import STREAMS_ONLY, find_ffmpeg
from exports.errors import NotCheckable
from hashing.sandbox import confined

__all__ = ["MOST", "find_ffmpeg", "keyframes"]

MOST = 240  # Pictures of one video that are compared; one more tells that there are more.
# At most one a second, reduced and grey.
_FILTER = (
    "select='isnan(prev_selected_t)+gte(t-prev_selected_t,1)',"
    "scale=w='min(512,iw)':h='min(512,ih)':force_original_aspect_ratio=decrease,format=gray"
)
_PICTURE = re.compile(r"[0-9]{1,12}\.png")
_INPUT = Path("/dev/fd/0")
_MEMORY = 1 << 30
_PATIENCE = 600.0  # Seconds, the last line: how long a long video takes is the machine's affair.


def keyframes(ffmpeg: str, video: int, folder: Path) -> list[tuple[str, Path]]:
    """Write pictures of a video, which is an open file, to a folder; return each with its time, from the first on.

    They are its keyframes, which stand for themselves in the stream. Raises NotCheckable where there are none.
    """
    # Only keyframes are demuxed and decoded: an hour of video is a matter of seconds.
    words = ["-nostdin", "-v", "fatal", "-threads", "1", *STREAMS_ONLY, "-discard", "nokey", "-skip_frame", "nokey"]
    words += ["-i", f"file:{_INPUT}", "-map", "0:v:0", "-vf", _FILTER, "-fps_mode", "passthrough"]
    words += ["-enc_time_base", "1:1000"]  # a picture is named by its time, in milliseconds
    # image2 reads `%` in the whole path as a pattern.
    words += ["-frames:v", str(MOST + 1), "-frame_pts", "1", f"file:{str(folder).replace('%', '%%')}/%d.png"]
    command = confined(ffmpeg, words, read=[_INPUT], write_below=folder, memory=_MEMORY)
    try:
        subprocess.run(  # noqa: S603 - found on the user's PATH
            command,
            stdin=video,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=_PATIENCE,
            check=False,
        )
    except OSError as error:
        raise NotCheckable(f"ffmpeg could not be started ({error.strerror})") from error
    except subprocess.TimeoutExpired as error:
        raise NotCheckable(f"ffmpeg was given up after {_PATIENCE:g} s") from error
    found = sorted((int(path.stem), path) for path in folder.iterdir() if _PICTURE.fullmatch(path.name))
    if not found:
        raise NotCheckable("ffmpeg finds no picture in it")
    return [(_clock(milliseconds // 1000), path) for milliseconds, path in found[: MOST + 1]]


def _clock(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
