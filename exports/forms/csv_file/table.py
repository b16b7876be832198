"""The rows and columns of the table, as docs/formats.md describes them (RFC 4180)."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from exports.format.manifest import Listed, ListedChange, ListedFailure, ListedItem, ListedSkip, ListedVerdict
from exports.forms.csv_file.cell import guarded
from hashing.case.facts import Fact

if TYPE_CHECKING:
    from exports.bundle.opened_bundle import OpenedBundle

# Without it Excel reads the file as of another encoding than UTF-8; LibreOffice needs none and takes it as well.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_LATITUDE, _LONGITUDE, _ORIGINAL_TIME = "GPS latitude", "GPS longitude", "original time"
_CAMERA = ("camera make", "camera model")
# What an item calls as the table does.
_ITEM_COLUMNS = (
    "exhibit ref kind extractor url final_url found_in author published title alt claimed_name mime size sha256 path "
    "partial error_page"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row: the columns in their order. A text is written guarded, a number as it is."""

    row: str  # item, failed, skipped, changed or verdict.
    exhibit: str
    ref: str = ""
    kind: str = ""
    extractor: str = ""
    scene: str = ""
    url: str = ""
    final_url: str = ""
    found_in: str = ""
    time: str = ""  # When the request for an item began; when a failure or a change was recorded.
    http_status: int | str = ""
    ip: str = ""
    server_date: str = ""
    author: str = ""
    published: str = ""
    edited: str = ""
    title: str = ""
    warning: str = ""
    text: str = ""
    alt: str = ""
    claimed_name: str = ""
    mime: str = ""
    size: int | str = ""
    sha256: str = ""
    path: str = ""
    partial: str = ""
    error_page: str = ""
    reason: str = ""
    count: int | str = ""
    original_time: str = ""
    latitude: float | str = ""
    longitude: float | str = ""
    camera: str = ""
    facts: str = ""
    grade: str = ""  # The codes of the grade that counts for an item.
    conditions: str = ""  # On which it may be shared.

    def cells(self) -> list[str | int | float]:
        """Return the row's cells as they are written."""
        values = [getattr(self, column) for column in COLUMNS]
        return [guarded(value) if isinstance(value, str) else value for value in values]


COLUMNS = tuple(field.name for field in fields(TableRow))


def csv_pieces(bundle: OpenedBundle) -> Iterator[bytes]:
    """Yield the table, a row at a time: what was got and what was not, capture by capture, as it was recorded.

    Raises NotCheckable, NotWhole.
    """
    yield BYTE_ORDER_MARK
    yield _line(COLUMNS)
    scenes = {capture.exhibit: capture.scene for capture in bundle.manifest.captures}
    for entry in bundle.entries():
        if (row := _row(entry, scenes.get(entry.exhibit, ""))) is not None:
            yield _line(row.cells())


def _line(cells: Iterable[str | int | float]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_NONNUMERIC).writerow(cells)
    return out.getvalue().encode()


def _row(entry: Listed, scene: str) -> TableRow | None:
    match entry:
        case ListedItem():
            return _item(entry, scene)
        case ListedFailure():
            return TableRow(row="failed", scene=scene, **_same(entry, "exhibit ref url found_in time reason"))
        case ListedSkip():
            return TableRow(row="skipped", scene=scene, **_same(entry, "exhibit url found_in reason count"))
        case ListedChange():
            return _changed(entry, scene)
        case ListedVerdict():
            said = _same(entry, "exhibit ref url final_url time title")
            return TableRow(row="verdict", scene=scene, kind=entry.verdict, reason="; ".join(entry.reasons), **said)
        case _:
            return None


def _same(entry: Listed, columns: str) -> dict[str, Any]:
    """Return the columns that stand in the table under the entry's own names for them."""
    return {column: getattr(entry, column) for column in columns.split()}


def _item(item: ListedItem, scene: str) -> TableRow:
    return TableRow(
        row="item",
        scene=scene,
        **_same(item, _ITEM_COLUMNS),
        time=item.captured,
        http_status=item.response.status if item.response else "",
        ip=item.response.ip if item.response else "",
        server_date=item.response.server_date if item.response else "",
        edited=item.post.edited if item.post else "",
        warning=item.post.warning if item.post else "",
        text=item.post.text if item.post else "",
        original_time=str(_claimed(item.facts, _ORIGINAL_TIME)),
        latitude=_claimed(item.facts, _LATITUDE),
        longitude=_claimed(item.facts, _LONGITUDE),
        camera=" ".join(str(value) for name in _CAMERA if (value := _claimed(item.facts, name))),
        facts="; ".join(f"{fact.name}: {fact.value} ({fact.tag})" for fact in item.facts),
        grade=str(item.grade.grade) if item.grade else "",
        conditions=item.grade.grade.conditions if item.grade else "",
    )


def _changed(changed: ListedChange, scene: str) -> TableRow:
    versions = f"before: {changed.before}" + (f", after: {changed.after}" if changed.after else "")
    return TableRow(
        row="changed",
        scene=scene,
        exhibit=changed.exhibit,
        ref=changed.after or changed.before,
        kind=changed.change,
        url=changed.id,
        time=changed.time,
        reason=f"{versions}, {changed.reason}" if changed.reason else versions,
    )


def _claimed(facts: Iterable[Fact], name: str) -> float | str:
    """Return the first claim of this name: a number where it is one, else a text; "" where nothing claims it."""
    value = next((fact.value for fact in facts if fact.name == name), "")
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number else str(value)
