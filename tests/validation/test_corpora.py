from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.capture.photo.making import Block, camera_exif, encoded, jpeg, rational, text

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_photos_are_judged_by_exiftool(tmp_path: Path) -> None:
    """Each reading is counted as exiftool's, as another, or as read by one of the two, and what differs is named."""
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "camera.jpg").write_bytes(encoded("JPEG", exif=camera_exif()))
    (tmp_path / "made" / "plain.png").write_bytes(encoded("PNG"))
    nowhere = [text(1, "N"), rational(2, (95, 1), (0, 1), (0, 1)), text(3, "E"), rational(4, (7, 1), (0, 1), (0, 1))]
    (tmp_path / "made" / "nowhere.jpg").write_bytes(jpeg(Block(gps=nowhere)))
    run = subprocess.run(
        [sys.executable, "-m", "validation.corpora", tmp_path], capture_output=True, text=True, check=True
    )
    rows = {cells[1]: cells[2:6] for line in run.stdout.splitlines() if len(cells := line.split("|")) > 6}
    counts = {name.strip(): [cell.strip() for cell in cells] for name, cells in rows.items()}
    assert "- made: 3 photos" in run.stdout
    assert counts["pixel size"] == ["3", "0", "0", "0"]
    assert counts["original time"] == ["1", "0", "0", "0"]
    assert counts["place"] == ["1", "0", "1", "0"]
    assert [line.partition("made/")[2] for line in run.stderr.splitlines()] == [
        "nowhere.jpg: place: unread: (95.0, 7.0), read None"
    ]
