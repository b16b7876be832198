"""What a bundle lists: manifest.json, items.jsonl and custody.json, each a function of sealed lines alone.

The same code writes them when a bundle is made and makes them once more when it is verified, so it gives the same bytes
for the same lines. A capture is read when its turn comes: a bundle may hold more than memory does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from exports.format.bundle_layout import CUSTODY_JSON, ITEMS_JSONL, MANIFEST_JSON
from exports.format.bundle_listing import BundleListing, CaptureListing, ListingKeeper
from exports.format.continuity import bundle_logs, grade_of, grades_in
from exports.format.disclosure_form import WITHHELD
from exports.format.manifest import (
    CUSTODY_FORMAT,
    FORMAT,
    CaptureRecord,
    CaseRecord,
    CustodyLog,
    CustodyRecord,
    DisclosedRecord,
    DisclosureRecord,
    ExhibitRecord,
    ExportRecord,
    GradeRecord,
    ItemsRecord,
    Listed,
    ListedItem,
    Manifest,
)
from hashing.case.capture_folder import CHECKPOINT
from hashing.case.case import CAPTURES
from hashing.case.events import CaseCreated, CaseEvent, Exported, FoundFact, Timestamped
from hashing.files.digest import new_hash

if TYPE_CHECKING:
    from exports.format.entries import SealedCapture

_encoder = msgspec.json.Encoder()


class Inventory:
    """What a bundle of these captures lists.

    `lines` are the lines of the case's ledger that stand in the bundle's seal, by their place in it; `exported` is the
    one that records the bundle, of which `files` is not looked at; `captures` are in the order of `exported`. `watch`
    is told each entry that `files` writes.
    """

    def __init__(
        self,
        lines: Mapping[int, CaseEvent],
        exported: Exported,
        captures: Sequence[SealedCapture],
        watch: Callable[[Listed], object] = lambda _entry: None,
    ) -> None:
        self.lines = lines
        self.line = exported  # The line that records the bundle.
        self._captures = captures
        self._watch = watch
        # What the manifest says of each capture, once `files` has come to the manifest.
        self.heads: list[CaptureRecord] = []

    def files(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield the lists by their names in the bundle, each in pieces; take all of one before the next.

        Raises BadKey, BadFormat, NotWhole, and what reading the captures raises, from the pieces too.
        """
        # The order is forced: items.jsonl is written as a stream, the manifest names its length and SHA-256, and the
        # heads of the captures are known only once their entries have gone by.
        digest, lines = new_hash(), 0
        logs = bundle_logs(self.lines, self.line)
        grades = _grades(logs)
        heads = self.heads = list[CaptureRecord]()

        def _items() -> Iterator[bytes]:
            nonlocal lines
            for capture in self._captures:
                # The head before the entries: reading the ledger for it is what finds which lines are listed.
                heads.append(capture.head())
                for each in capture.entries(heads[-1]):
                    entry = _with_grade(each, grades)
                    self._watch(entry)
                    line = _encoder.encode(entry) + b"\n"
                    digest.update(line)
                    lines += 1
                    yield line

        yield ITEMS_JSONL, _items()
        items = ItemsRecord(path=ITEMS_JSONL, lines=lines, size=digest.size, sha256=digest.hexdigest())
        manifest = Manifest(
            format=FORMAT,
            case=self.case(heads),
            exported=self.exported(),
            disclosure=self.disclosure(heads),
            items=items,
            captures=tuple(heads),
        )
        yield MANIFEST_JSON, [msgspec.json.format(_encoder.encode(manifest), indent=2), b"\n"]
        log = CustodyLog(
            format=CUSTODY_FORMAT,
            case=manifest.case.id,
            exhibits=tuple(ExhibitRecord(exhibit=exhibit, custody=custody) for exhibit, custody in logs.items()),
        )
        yield CUSTODY_JSON, [msgspec.json.format(_encoder.encode(log), indent=2), b"\n"]

    def listing(self) -> BundleListing:
        """Return all of it, as a report is made of it. Raises as `files`."""
        logs, keeper = bundle_logs(self.lines, self.line), ListingKeeper()
        grades, heads, captures = _grades(logs), list[CaptureRecord](), list[CaptureListing]()
        for capture in self._captures:
            heads.append(capture.head())
            entries = (_with_grade(each, grades) for each in capture.entries(heads[-1]))
            captures.append(keeper.capture(heads[-1], entries, logs.get(heads[-1].exhibit, ())))
        return BundleListing(
            case=self.case(heads),
            exported=self.exported(),
            disclosure=self.disclosure(heads),
            captures=tuple(captures),
            findings=tuple(event for _, event in sorted(self.lines.items()) if isinstance(event, FoundFact)),
        )

    def case(self, heads: Sequence[CaptureRecord]) -> CaseRecord:
        """Return what the case's first line says of it; where that is withheld, what is left."""
        # A disclosure may leave the case's first line out; then the line of the export repeats what is shown of it.
        created = next((event for event in self.lines.values() if isinstance(event, CaseCreated)), None)
        if created is not None:
            return CaseRecord(
                id=created.case,
                title=created.title,
                reference=created.reference,
                officer=created.officer,
                created=created.time,
            )
        return CaseRecord(
            id=heads[0].started.case,
            title=self.line.title,
            reference=self.line.reference,
            officer=WITHHELD,
            created=WITHHELD,
        )

    def exported(self) -> ExportRecord:
        """Return what is said of the making of the bundle."""
        exported = self.line
        return ExportRecord(
            time=exported.began,
            officer=exported.officer,
            tool=exported.tool,
            bundle=exported.bundle,
            basemap=exported.basemap,
        )

    def disclosure(self, heads: Sequence[CaptureRecord]) -> DisclosureRecord | None:
        """Say how much of each capture is disclosed, by the count in its sealed last line; None of whole captures."""
        only = self.line.only
        if not only:
            return None
        # How many there are in all is what the capture itself counted in its last line, which no disclosure can leave
        # out.
        here = {head.exhibit: sum(ref.startswith(f"{head.exhibit}-") for ref in only) for head in heads}
        return DisclosureRecord(
            only=only,
            redacted=self.line.redacted,
            captures=tuple(
                DisclosedRecord(
                    capture=head.capture,
                    exhibit=head.exhibit,
                    items=head.finished.items,
                    disclosed=here[head.exhibit],
                    withheld=max(head.finished.items - here[head.exhibit], 0),
                )
                for head in heads
            ),
        )


def _grades(logs: Mapping[str, tuple[CustodyRecord, ...]]) -> dict[str, GradeRecord]:
    """Return the latest grade of each exhibit and item that these logs tell of."""
    return {ref: grade for log in logs.values() for ref, grade in grades_in(log).items()}


def _with_grade(entry: Listed, grades: Mapping[str, GradeRecord]) -> Listed:
    """Return an item with the grade that counts for it; any other entry as it is."""
    if not grades or not isinstance(entry, ListedItem):
        return entry
    return msgspec.structs.replace(entry, grade=grade_of(grades, entry.ref))


def timestamped_captures(events: Iterable[CaseEvent]) -> dict[str, Timestamped]:
    """Return the trusted times by capture."""
    timestamped = (event for event in events if isinstance(event, Timestamped))
    parts = ((event, event.checkpoint.split("/")) for event in timestamped)
    return {part[1]: event for event, part in parts if (part[0], part[2:]) == (CAPTURES, [CHECKPOINT])}
