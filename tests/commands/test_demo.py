"""`goldenhour demo` as it is seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from commands.exit import Exit
from tests.commands.test_officer import on_terminal
from tests.test_cli import typed

if TYPE_CHECKING:
    from pathlib import Path


def test_the_demo_fits_a_small_screen(tmp_path: Path) -> None:
    """On a terminal of 80 by 24 each step has a screen, no hash is broken, and its last command works as typed."""
    code, shown = on_terminal(["demo", "demo"], tmp_path)
    assert code == Exit.OK
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    told = typed("demo", "again", cwd=tmp_path).stdout  # without the progress, which renews itself in place
    steps = re.split(r"^\d\. ", told, flags=re.MULTILINE)[1:]
    assert [len(step.splitlines()) < 20 for step in steps] == [True] * 5
    assert len(re.findall(r"sha256:[0-9a-f]{64}", text)) == 2
    assert not re.search(r"sha256:[0-9a-f]{1,63}$", text, re.MULTILINE)
    assert all(word in text for word in ("A seal ", "A bundle ", "A verification "))
    [report] = re.findall(r"^report\s+(file://\S+)$", text, re.MULTILINE)
    assert report == (tmp_path / "demo/bundle/data/report.html").as_uri()
    [again] = re.findall(r"^again\s+\S+\s+(verify\s+\S+)$", text, re.MULTILINE)
    assert typed(*again.split(), cwd=tmp_path).returncode == Exit.MISMATCH
