"""ffmpeg, which joins the streams of a video into a working copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.doctor.finding import Finding, ok, warning
from capture.extractors.video.ffmpeg import ffmpeg_version, find_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capture.doctor.setup import Setup


def check_ffmpeg(_: Setup) -> Iterator[Finding]:
    """Yield its version and place."""
    if path := find_ffmpeg():
        yield ok("ffmpeg", f"{ffmpeg_version(path)}, {path}")
    else:
        hint = "install ffmpeg; without it every stream is kept as it was served, and none is joined"
        yield warning("ffmpeg", "not found on PATH", hint)
