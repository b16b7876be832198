"""Rows as JSON Lines: an object a line, with a scene or url and fields named as the options of `goldenhour capture`."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from capture.batch.row import JSON, BadRow, GivenRow, RowsRead
from hashing.case.batch_events import RowOptions


class _Object(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row as an object. A field that is null is not given."""

    scene: str | None = None
    url: str | None = None
    officer: str | None = None
    initials: str | None = None
    title: str | None = None
    note: str | None = None
    on: str | tuple[str, ...] | None = None
    thread: bool | None = None
    since: str | None = None
    until: str | None = None
    comments: bool | None = None
    follow: bool | None = None
    media: str | None = None
    limit: int | None = None


_decoder = msgspec.json.Decoder(_Object)


def read_json(lines: Iterable[tuple[int, str]], name: str) -> RowsRead:
    """Read objects; empty lines are none."""
    rows, bad = [], []
    for number, line in lines:
        if not line.strip():
            continue
        try:
            rows.append(_row(_decoder.decode(line), number, line.strip()))
        except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
            bad.append(BadRow(line=number, reason=_plain(error)))
    return RowsRead(name=name, form=JSON, rows=tuple(rows), bad=tuple(bad))


def _row(given: _Object, line: int, written: str) -> GivenRow:
    if (given.scene is None) == (given.url is None):
        raise ValueError("it names no scene" if given.scene is None else "it has both a scene and a url")
    on = tuple(given.on.replace(",", " ").split()) if isinstance(given.on, str) else given.on
    said = {name: getattr(given, name) for name in RowOptions.__struct_fields__}
    options = RowOptions(**{**said, "on": on})
    return GivenRow(line=line, scene=(given.scene or given.url or "").strip(), options=options, written=(written,))


def _plain(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, msgspec.DecodeError) and not isinstance(error, msgspec.ValidationError):
        return f"not JSON: {error}"
    return str(error)
