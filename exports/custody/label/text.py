"""The label as text, for a printer that knows nothing else."""

from __future__ import annotations

import textwrap

from exports.custody.label.label import LINES, SIGNATURES, Label

WIDTH = 72
"""Columns, frame included."""
_NAME = 13
_MOST_ROWS = 4
"""Rows of one text; what is longer stands in full in the custody log."""


def label_text(label: Label) -> str:
    """Return the label as lines of text in a frame, each ended by a newline."""
    rows = [f"EXHIBIT {label.ref}", ""]
    for name, text in (*label.lines, ("Seal", label.fingerprint)):
        wrapped = _wrapped(text)
        rows += [f"{name if position == 0 else '':<{_NAME}}{line}" for position, line in enumerate(wrapped)]
    columns = (WIDTH - 4) // len(SIGNATURES)
    rows += ["", "".join(f"{name:<{columns}}" for name in SIGNATURES)]
    rows += ["", ("_" * (columns - 2) + "  ") * len(SIGNATURES)] * LINES
    edge = "+" + "-" * (WIDTH - 2) + "+"
    return "".join(f"{row}\n" for row in [edge, *(f"| {_filled(row)} |" for row in rows), edge])


def _wrapped(text: str) -> list[str]:
    # Half the room, because a letter of an East Asian script takes two columns.
    width = WIDTH - 4 - _NAME
    width = width if text.isascii() else width // 2
    return textwrap.wrap(text, width, max_lines=_MOST_ROWS, placeholder=" …") or [""]


def _filled(row: str) -> str:
    from rich.cells import set_cell_size

    return set_cell_size(row, WIDTH - 4)
