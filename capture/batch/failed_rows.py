"""The rows that came to nothing, in the form in which they were given: to be looked through, and fed back in."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from capture.batch.row import CSV, JSON, BatchRow, RowsRead
from capture.recorder.urls import without_login


def failed_rows(read: RowsRead, failed: Sequence[tuple[BatchRow, str]]) -> bytes:
    """Return a file of these rows; as text, each with its reason in a comment above it.

    A login in a scene is left out: it is never written down, and has to be named again.
    """
    if read.form == CSV:
        return _csv(read, [row for row, _ in failed])
    lines = []
    for row, reason in failed:
        [written] = row.given.written
        if read.form == JSON:
            lines.append(_json(row, written))
        else:
            comment = "".join(char if char.isprintable() else " " for char in reason)
            lines += [f"# {comment}", without_login(written)]
    return "".join(f"{line}\n" for line in lines).encode()


def _csv(read: RowsRead, rows: Sequence[BatchRow]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=read.delimiter)  # its line end, CR LF, has it quote cells with either in them
    writer.writerow(read.header)
    for row in rows:
        scene = without_login(row.given.scene)
        writer.writerow(scene if cell.strip() == row.given.scene else cell for cell in row.given.written)
    return file.getvalue().encode()


def _json(row: BatchRow, written: str) -> str:
    if without_login(row.given.scene) == row.given.scene:
        return written
    said = json.loads(written)
    name = "scene" if said.get("scene") is not None else "url"
    return json.dumps({**said, name: without_login(row.given.scene)})
