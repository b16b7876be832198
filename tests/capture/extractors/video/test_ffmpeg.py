from __future__ import annotations

from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

import pytest

from capture.extractors.video.ffmpeg import merge
from capture.extractors.video.segments import NotJoined

if TYPE_CHECKING:
    from pathlib import Path


def _program(tmp_path: Path, script: str) -> str:
    """Return a program that stands in the place of ffmpeg."""
    path = tmp_path / "ffmpeg"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return str(path)


def test_a_stop_ends_it_while_it_works(tmp_path: Path) -> None:
    """Nobody waits for a merged file when the capture is stopped."""

    def _stopped(_: float) -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        merge(_program(tmp_path, "exec sleep 86400"), [tmp_path / "a"], tmp_path / "merged.mp4", _stopped)


def test_what_it_complains_of_is_said(tmp_path: Path) -> None:
    """The last line of what it says, however much that is, is the reason."""
    noisy = "i=0; while [ $i -lt 20000 ]; do echo line $i >&2; i=$((i+1)); done; echo no such stream >&2; exit 3"
    with pytest.raises(NotJoined, match=r"no such stream\)$"):
        merge(_program(tmp_path, noisy), [tmp_path / "a"], tmp_path / "merged.mp4", lambda _: None)
