"""Videos made of pictures, and what platforms and people do to them; by ffmpeg."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.intelligence.checks.pictures import png, scene

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CHANGES: dict[str, Sequence[str]] = {
    "half the size": ("-vf", "scale=320:240"),
    "encoded badly": ("-crf", "42"),
    "black bars": ("-vf", "pad=640:720:0:120"),
    "another container and codec": ("-c:v", "libvpx", "-b:v", "300k", "-f", "webm"),
    "fewer pictures a second": ("-r", "3"),
    "without its beginning": ("-ss", "2"),
    "without colour": ("-vf", "hue=s=0"),
}
"""What a copy of a film is made by, and is found all the same."""


def film(folder: Path, seeds: Sequence[int]) -> Path:
    """Return a film that shows each scene for two seconds."""
    made = folder / f"film-{'-'.join(map(str, seeds))}.mp4"
    for number, seed in enumerate(seeds):
        (folder / f"scene-{number}.png").write_bytes(png(scene(seed)))
    pictures = ("-framerate", "1/2", "-i", str(folder / "scene-%d.png"), "-frames:v", str(10 * len(seeds)))
    _encoded([*pictures, "-r", "5", "-g", "5"], made)
    for number in range(len(seeds)):
        (folder / f"scene-{number}.png").unlink()
    return made


def changed(original: Path, change: str) -> Path:
    """Return a film encoded anew."""
    made = original.with_name(f"{change}.mp4")
    _encoded(["-i", str(original), "-g", "5", *CHANGES[change]], made)
    return made


def _encoded(words: Sequence[str], made: Path) -> None:
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *words, "-threads", "1", "-pix_fmt", "yuv420p", str(made)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
