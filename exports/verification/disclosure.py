"""Checking a disclosure: each line disclosed is proven to stand in the sealed ledger, each file and record by its line.

What it cannot show: that nothing else is known of an item than the lines that are here. That whole captures hold more
items is proven by the ledger's last line, which counts them.
"""

from __future__ import annotations

import zlib

from exports.errors import NotCheckable
from exports.format.disclosure_form import EXCHANGES, LINES, MASKED, MASKED_PROOFS, PROOFS, SHOWN, WITH_RECORDS
from exports.format.result import Disclosed, Missing
from exports.format.tree import demand_inside
from exports.verification.check import Check
from exports.verification.excerpts import check_excerpts
from exports.verification.exchange_records import RecordsSaid
from exports.verification.history import CaptureHeld
from exports.verification.items import Items
from exports.verification.shown_lines import ShownLine, shown_lines, unproven
from hashing.case.capture_folder import CHECKPOINT, capture_origin
from hashing.case.events import (
    CAPTURE_FORMAT,
    CaptureEvent,
    CaptureFinished,
    CaptureStarted,
    Exchange,
    IntakeBegun,
    Item,
    ProofRead,
    RenderingBegun,
    WorkingCopy,
)
from hashing.case.redaction import AUTHOR, CONTENT, URL
from hashing.errors import BadFormat, Unreadable
from hashing.ledger.checkpoint import Checkpoint

_OWN_FILES = (LINES, PROOFS, MASKED, SHOWN, MASKED_PROOFS, CHECKPOINT)
_IN_A_PROOF = {URL, AUTHOR, CONTENT}  # Words without which a signed proof cannot be checked.


class DisclosureCheck:
    """The disclosed part of one capture: gathers what its lines say, then compares."""

    def __init__(self, check: Check, prefix: str, signer: str, redacted: tuple[str, ...] = ()) -> None:
        self.check = check
        self.prefix = prefix
        self.items: list[Item] = []
        self.masked: dict[int, bytes] = {}  # The masked forms of lines of which parts are withheld, proven, by index.
        self.events: list[CaptureEvent] = []  # What the proven lines say, in the ledger's order.
        # Where each record stands in the file of the exchanges disclosed, by its WARC-Record-ID.
        self.offsets: dict[str, int] = {}
        self._words = redacted
        self._redacted = set(redacted)
        # Whether redacted working copies stand in the place of originals of a protected source.
        self._copies = CONTENT not in redacted
        # The key that sealed the capture by the case's ledger, in hexadecimal; "" where that is not known.
        self._signer = signer
        self._started: CaptureStarted | None = None
        self._finished: CaptureFinished | None = None
        self._exchanges: dict[int, Exchange] = {}
        self._renderings: set[int] = set()
        self._handed_in = False  # Whether it is an intake, of which no exchange brought anything.
        self._proofs: list[ProofRead] = []
        self.unread = True  # Whether the lines could not be read, so that they vouch for no file.

    def run(self) -> None:
        """Check everything but the files' digests, which are left to the comparison of the whole tree."""
        check, name = self.check, f"{self.prefix}{LINES}"
        lines = self._read(name)
        if not lines or not isinstance(lines[0].event, CaptureStarted):
            return
        self._started = lines[0].event
        checkpoint = self._checkpoint(self._started)
        if checkpoint is None:
            return
        self.unread = False
        for own in _OWN_FILES:
            if f"{self.prefix}{own}" in check.kinds:
                check.expected.setdefault(f"{self.prefix}{own}", "")
        failed = unproven(lines, checkpoint)
        for index in failed:
            check.problem(name, f"line {index} is not proven to stand in the sealed ledger")
        for line in lines:
            if line.inclusion.index not in failed:
                self._check_line(line)
        self._check_last(checkpoint, lines[-1].inclusion.index)
        self._check_exchanges()
        self._check_derived()

    def _read(self, name: str) -> list[ShownLine]:
        """Return the lines, of which the first begins the capture; none where they cannot be read, which is noted."""
        for each in (name, f"{self.prefix}{PROOFS}"):
            if not self.check.is_file(each):
                self.check.findings.missing.append(Missing(each, "what stands for the ledger in a disclosure"))
                return []
        try:
            lines = shown_lines(self.check, self.prefix)
        except (BadFormat, Unreadable, NotCheckable, OSError, zlib.error) as error:
            self.check.problem(name, f"cannot be read: {str(error).removeprefix(f'{name}: ')}")
            return []
        first = lines[0] if lines else None
        if first is None or not isinstance(first.event, CaptureStarted) or first.inclusion.index:
            self.check.problem(name, "does not begin with the line that begins the capture")
            return []
        if first.event.format != CAPTURE_FORMAT:
            self.check.unchecked(name, f"format {first.event.format[:40]}: update goldenhour to check it")
            return []
        return lines

    def _checkpoint(self, started: CaptureStarted) -> Checkpoint | None:
        name = f"{self.prefix}{CHECKPOINT}"
        checkpoint = self.check.open_checkpoint(name, dict.fromkeys([started.signer, self._signer]))
        if checkpoint is not None and checkpoint.origin != capture_origin(started.case, started.capture):
            self.check.problem(name, "the checkpoint is of another ledger")
            return None
        if checkpoint is not None:
            seal = self.check.sealed(checkpoint, started.exhibit)
            self.check.history.captures[started.capture] = CaptureHeld(self.prefix, seal)
        return checkpoint

    def _check_line(self, line: ShownLine) -> None:
        self.events.append(line.event)
        if line.masked:
            self.masked[line.inclusion.index] = line.form
        event = line.event
        match event:
            case CaptureFinished():
                self._finished = event
            case IntakeBegun():
                self._handed_in = line.inclusion.index == 1
                self._withhold_originals(event)
            case Exchange():
                self._exchanges[event.exchange] = event
            case Item():
                self.items.append(event)
                self._expect(event, withheld=self.withheld)
                self._check_exchange(event)
                if event.partial:
                    self.check.findings.notes.append(f"{event.ref} is in part only: {event.partial}")
            case RenderingBegun():
                self._renderings.add(event.rendering)
            case WorkingCopy():
                self._expect(event, withheld=self.withheld and not (event.redacted and self._copies))
            case ProofRead():
                self._proofs.append(event)
            case _:
                pass

    def _withhold_originals(self, begun: IntakeBegun) -> None:
        """Expect no original of a protected source: a disclosure has redacted working copies in their place."""
        if self._handed_in and begun.protected and not self.withheld:
            self._words = (*self._words, CONTENT)
            self._redacted.add(CONTENT)

    @property
    def withheld(self) -> bool:
        """Whether the files of the items are withheld."""
        return CONTENT in self._redacted

    def _expect(self, event: Item | WorkingCopy, *, withheld: bool) -> None:
        try:
            demand_inside(event.path)
        except NotCheckable as error:
            self.check.problem(f"{self.prefix}{LINES}", str(error))
            return
        if withheld:
            return  # the line says what it would be; it is not here
        self.check.expect(f"{self.prefix}{event.path}", event.sha256, event.size)

    def _check_exchange(self, item: Item) -> None:
        """Check that the exchange that brought an item is here and brought these bytes."""
        if item.rendering and not item.exchange and item.rendering in self._renderings:
            return  # the browser's own report of a page: no exchange brought it
        exchange = self._exchanges.get(item.exchange)
        if item.excerpt is not None or (self._handed_in and not item.exchange):
            return  # compared with the item that it was cut out of, where that is here
        if exchange is None or (exchange.sha256, exchange.size) != (item.sha256, item.size):
            self.check.problem(f"{self.prefix}{item.path}", "no exchange disclosed brought these bytes")

    def _check_last(self, checkpoint: Checkpoint, last: int) -> None:
        """Check that the line that counts the items is here, and is the ledger's last."""
        name, finished = f"{self.prefix}{LINES}", self._finished
        if finished is None or last != checkpoint.size - 1:
            self.check.problem(
                name, "does not end with the ledger's last line: how many items are withheld is not proven"
            )
            return
        here = len(self.items)
        if here > finished.items or len({item.ref for item in self.items}) != here:
            self.check.problem(name, f"holds {here} items, and the sealed last line counts {finished.items}")
            return
        exhibit = self._started.exhibit if self._started else ""
        self.check.findings.disclosed.append(Disclosed(exhibit, here, finished.items - here, self._words))

    def _check_exchanges(self) -> None:
        """Check every record against the line of its exchange; there may be no other record."""
        name = f"{self.prefix}{EXCHANGES}"
        records, wanted = RecordsSaid(EXCHANGES), 0
        self.offsets = records.offsets
        try:
            for exchange in self._exchanges.values() if not self._redacted & WITH_RECORDS else ():
                records.add(exchange)
                wanted += exchange.warc is not None or exchange.request_warc is not None
            for item in self.items:
                records.add_item(item)
        except BadFormat as error:
            self.check.problem(f"{self.prefix}{LINES}", str(error))
            return
        if not self.check.is_file(name):
            if wanted:
                self.check.findings.missing.append(Missing(name, "the exchanges disclosed"))
            return
        self.check.expected.setdefault(name, "")
        read = records.read(self.check.tree, records.files(self.check, self.prefix))
        for reason in read.faults.get(name, ()):
            self.check.problem(name, reason)
        if name in read.unread:
            self.check.unchecked(name, read.unread[name])

    def _check_derived(self) -> None:
        """Check excerpts and signed proofs as far as what they are checked against is here; note where it is not."""
        refs = {item.ref for item in self.items}
        notes = self.check.findings.notes
        here = Items.of(item for item in self.items if item.excerpt is None or item.excerpt.of in refs)
        notes += [
            f"{item.ref} was cut out of {item.excerpt.of}, which is withheld: that it stands there was not checked"
            for item in self.items
            if item.excerpt is not None and item.excerpt.of not in refs
        ]
        check_excerpts(self.check, self.prefix, here)
        hidden = self._redacted & _IN_A_PROOF
        checkable = [
            proof for proof in self._proofs if not hidden and {proof.ref, proof.identity, proof.post} - {""} <= refs
        ]
        notes += [
            f"{proof.ref} is a signed proof of what is withheld in part: it was not checked"
            for proof in self._proofs
            if proof not in checkable
        ]
        from exports.verification.atproto import check_proofs

        check_proofs(self.check, self.prefix, here, checkable)
