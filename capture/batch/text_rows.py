"""Rows as plain text: a scene a line. `# a comment` has a space behind its sign; `#tag` is a hashtag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.batch.row import TEXT, GivenRow, RowsRead
from hashing.case.batch_events import RowOptions

if TYPE_CHECKING:
    from collections.abc import Iterable


def read_text(lines: Iterable[tuple[int, str]], name: str) -> RowsRead:
    """Read scenes; empty lines and comments are none."""
    rows = []
    for number, line in lines:
        scene = line.strip()
        if scene and scene != "#" and not (scene[0] == "#" and scene[1].isspace()):
            rows.append(GivenRow(line=number, scene=scene, options=RowOptions(), written=(scene,)))
    return RowsRead(name=name, form=TEXT, rows=tuple(rows), bad=())
