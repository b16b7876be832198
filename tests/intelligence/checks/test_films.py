"""Videos that show the same, found by their keyframes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from hashing.files.run_folder import RunFolder, runs_folders
from intelligence.checks import keyframes
from tests.exports.small_case import Thing, make_case
from tests.intelligence.checks.films import CHANGES, changed, film
from tests.intelligence.checks.pictures import jpeg, scene

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.sampling import Sample

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
_ROOT = Path(__file__).parents[3]


def _case(folder: Path, files: Mapping[str, bytes], joined: bytes = b"") -> Path:
    maker = make_case(folder)
    capture = maker.begin()
    for name, data in files.items():
        kind, mime = ("photo", "image/jpeg") if name.endswith(".jpg") else ("video", "video/mp4")
        capture.add(Thing(name, data, kind, mime))
    if joined:
        listed = capture.add(Thing("film.m3u8", b"#EXTM3U", "playlist", "application/vnd.apple.mpegurl"))
        made = capture.folder.add_working_copy(listed.time, listed.ref, "film.mp4", joined, "joined of its segments")
        capture.events.append(made)
    capture.seal()
    return maker.path


def test_copies_of_a_film_and_a_picture_of_it(tmp_path: Path, sample: Sample) -> None:
    """However it was encoded or cut, a film is found, and so is a photo of one of its pictures; another film is not.

    The command is confined, and started as typed.
    """
    original = film(tmp_path, (1, 2, 3))
    copies = {change: changed(original, change).read_bytes() for change in sample(list(CHANGES), 3)}
    files = {"film.mp4": original.read_bytes(), **{f"{name}.mp4": data for name, data in copies.items()}}
    files |= {"still.jpg": jpeg(scene(2)), "other.mp4": film(tmp_path, (4, 5)).read_bytes()}
    case = _case(tmp_path, files, original.read_bytes())
    command = [sys.executable, "-m", "cli", "check", str(case), "--quiet"]
    run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=_ROOT)
    assert run.returncode == Exit.OK, run.stderr
    lines = run.stdout.splitlines()
    count = len(copies) + 3  # the film itself, a picture of it, and what was joined of a playlist's segments
    [found] = [place for place, line in enumerate(lines) if "show nearly the same" in line]
    assert lines[found].startswith(f"  {count} photos and videos show nearly the same: none claims a time")
    told = {line.split()[0]: line for line in lines[found + 1 : found + 1 + count]}
    other = f"MP/1-{len(files):04d}"
    assert sorted({*told, other}) == [f"MP/1-{number:04d}" for number in range(1, count + 2)]
    assert other not in told
    assert not [line for line in lines if "could not be compared" in line]


_KILLED = """
import os, sys
from cli import main
from intelligence.checks import shown_pictures
def killed(program, film, folder):
    (folder / "picture.png").write_bytes(b"seen")
    os.kill(os.getpid(), 9)
shown_pictures.keyframes = killed
main(["check", sys.argv[1], "--quiet"])
"""


def test_a_check_that_is_killed(tmp_path: Path) -> None:
    """The pictures that it took of a film stay in a folder of its own, which goes with the next run of anything."""
    case, temporary = _case(tmp_path, {"film.mp4": film(tmp_path, (1, 2)).read_bytes()}), tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary)}
    subprocess.run([sys.executable, "-c", _KILLED, str(case)], check=False, cwd=_ROOT, env=environment)
    [left] = [path for folder in {*runs_folders()} for path in folder.iterdir()]
    assert (left / "picture.png").exists()
    assert list(temporary.iterdir()) == []
    with RunFolder():
        assert not left.exists()


def test_a_film_that_shows_two_photos(tmp_path: Path) -> None:
    """Through it two photos stand in one finding, which does not say that they show the same."""
    files = {"1.jpg": jpeg(scene(1)), "2.jpg": jpeg(scene(2)), "film.mp4": film(tmp_path, (1, 2)).read_bytes()}
    lines = CliRunner().invoke(main, ["check", str(_case(tmp_path, files)), "--quiet"]).stdout.splitlines()
    said = "  3 photos and videos show nearly the same as another of them, and not all as the first: none claims a time"
    assert [line for line in lines if line.startswith(said)]


def test_of_a_long_film_the_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a film with more pictures than are compared that is told, with the time until which it was."""
    monkeypatch.setattr(keyframes, "MOST", 3)
    monkeypatch.setattr("intelligence.checks.shown_pictures.MOST_KEYFRAMES", 3)
    case = _case(tmp_path, {"film.mp4": film(tmp_path, (1, 2, 3)).read_bytes()})
    lines = CliRunner().invoke(main, ["check", str(case), "--quiet"]).stdout.splitlines()
    assert lines[1:3] == [
        "  1 video of which the beginning alone was compared",
        "    MP/1-0001  until 0:03, 3 pictures of it",
    ]


@pytest.mark.parametrize(
    "data", [b"no film", b"ffconcat version 1.0\nfile /etc/hostname\n", b"#EXTM3U\n#EXTINF:1,\n/etc/hostname\n"]
)
def test_what_is_no_film(tmp_path: Path, data: bytes) -> None:
    """A file that is no film, or a list that would have others read, is named as not compared."""
    case = _case(tmp_path, {"film.mp4": data})
    lines = CliRunner().invoke(main, ["check", str(case), "--quiet"]).stdout.splitlines()
    assert lines[1] == "  1 video that could not be compared"
    assert lines[2].startswith("    MP/1-0001  ffmpeg finds no picture in it")
