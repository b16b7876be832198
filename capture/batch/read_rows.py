"""Reading a file of rows: text, CSV or JSON Lines, whatever bytes it holds. Every row that is wrong is named."""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec

from capture.batch.csv_rows import delimiter_of, read_csv
from capture.batch.row import CSV, JSON, TEXT, BadRow, GivenRow, RowsRead
from hashing.case.batch_events import RowOptions

LONGEST_LINE = 256 << 10  # Bytes; a row is an address and a few words.
MOST_BYTES = 1 << 30
_ENDINGS = {
    ".csv": CSV,
    ".tsv": CSV,
    ".jsonl": JSON,
    ".ndjson": JSON,
    ".json": JSON,
    ".txt": TEXT,
    ".text": TEXT,
    ".lst": TEXT,
}
_ZIP = b"PK\x03\x04"


def read_rows(file: BinaryIO, name: str, form: str = "") -> RowsRead:
    """Read rows to the end of a file.

    Their form is `form`, else that of the name's ending, else it is found out by looking. A line that is too long or
    not UTF-8 is a wrong row. Raises OSError where the file cannot be read.
    """
    bad: list[BadRow] = []
    numbered = _numbered(file, bad)
    first = next(numbered, None)
    if first is None:
        return RowsRead(name=name, form=form or TEXT, rows=(), bad=tuple(bad))

    def _lines() -> Iterator[tuple[int, str]]:
        yield first
        yield from numbered

    form = form or _ENDINGS.get(name[name.rfind(".") :].lower(), "") or _looks_like(first[1])
    if form == CSV:
        read = read_csv(_lines(), name)
    elif form == JSON:
        read = read_json(_lines(), name)
    else:
        read = read_text(_lines(), name)
    wrong = sorted((*bad, *read.bad), key=lambda each: each.line)
    return RowsRead(
        name=name, form=form, rows=read.rows, bad=tuple(wrong), header=read.header, delimiter=read.delimiter
    )


def _looks_like(line: str) -> str:
    if line.lstrip().startswith("{"):
        return JSON
    return CSV if delimiter_of(line) else TEXT


def _numbered(file: BinaryIO, bad: list[BadRow]) -> Iterator[tuple[int, str]]:
    """Yield each line with its number; those that cannot be text are noted as bad."""
    number, taken = 0, 0
    while raw := file.readline(LONGEST_LINE + 1):
        number += 1
        taken += len(raw)
        if number == 1:
            if reason := _no_text(raw):
                bad.append(BadRow(line=0, reason=reason))
                return
            raw = raw.removeprefix(BOM_UTF8)
        if taken > MOST_BYTES:
            bad.append(BadRow(line=number, reason=f"the file is larger than {MOST_BYTES >> 20} MiB: split it"))
            return
        if len(raw) > LONGEST_LINE:
            bad.append(BadRow(line=number, reason=f"longer than {LONGEST_LINE >> 10} KiB, which no row is"))
            taken += _skip_line(file, raw)
            continue
        try:
            yield number, raw.decode("utf-8")
        except UnicodeDecodeError:
            bad.append(BadRow(line=number, reason="not UTF-8"))


def _no_text(first: bytes) -> str:
    """Say why a file cannot be one of rows, from how it begins; "" where it may be."""
    if first.startswith(_ZIP):
        return "a zip file or a spreadsheet: save it as CSV (UTF-8)"
    if first.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "in UTF-16: save it as UTF-8"
    return ""


def _skip_line(file: BinaryIO, begun: bytes) -> int:
    """Read the rest of a line that is too long; return how many bytes that was."""
    skipped, piece = 0, begun
    while piece and not piece.endswith(b"\n"):
        piece = file.readline(LONGEST_LINE)
        skipped += len(piece)
        if skipped > MOST_BYTES:
            break
    return skipped


def read_text(lines: Iterable[tuple[int, str]], name: str) -> RowsRead:
    """Read a scene a line. `# a comment` has a space behind its sign and is none; `#tag` is a hashtag."""
    rows = []
    for number, line in lines:
        scene = line.strip()
        if scene and scene != "#" and not (scene[0] == "#" and scene[1].isspace()):
            rows.append(GivenRow(line=number, scene=scene, options=RowOptions(), written=(scene,)))
    return RowsRead(name=name, form=TEXT, rows=tuple(rows), bad=())


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
