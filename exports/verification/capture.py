"""Checking a capture: its ledger against its seal, its files against its ledger, its WARCs against its exchanges."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from exports.errors import NotCheckable
from exports.verification.excerpts import check_excerpts
from hashing.capture_folder import CHECKPOINT, INCOMING, capture_origin
from hashing.errors import BadFormat, Unreadable
from hashing.events import (
    CAPTURE_FORMAT,
    CaptureFinished,
    CaptureResumed,
    CaptureStarted,
    Exchange,
    Failed,
    Item,
    ProofRead,
    WarcClosed,
    WorkingCopy,
    decode_capture_event,
)
from hashing.ledger import LEDGER, read_lines
from hashing.merkle import Tree as MerkleTree

if TYPE_CHECKING:
    from exports.verification.check import Check
    from hashing.events import CaptureEvent, WarcPlace

_HEAD = 1 << 14


class CaptureCheck:
    """One capture: gathers what its ledger says, then compares."""

    def __init__(self, check: Check, prefix: str) -> None:
        self.check = check
        self.prefix = prefix
        self.started: CaptureStarted | None = None
        self.finished: CaptureFinished | None = None
        self.items: list[Item] = []
        self.proofs: list[ProofRead] = []
        self.failed = 0
        self.keys: dict[str, None] = {}
        self._exchanges: dict[int, Exchange] = {}
        self._merkle = MerkleTree()

    def run(self) -> None:
        """Check everything but the files' digests, which are left to the comparison of the whole tree."""
        check = self.check
        ledger = f"{self.prefix}{LEDGER}"
        if not check.is_file(ledger):
            check.unchecked(self.prefix or ".", "no ledger: not a capture")
            return
        check.expected.setdefault(ledger, "")
        try:
            with check.tree.open(ledger) as file:
                for line in read_lines(file, check.tree.path):
                    self._merkle.append(line)
                    self._take(decode_capture_event(line))
        except (BadFormat, Unreadable, NotCheckable, OSError, zlib.error) as error:
            check.problem(ledger, f"line {self._merkle.size}: {error}")
            return
        if self.started is None:
            check.problem(ledger, "the first line does not begin a capture")
            return
        if self.started.format != CAPTURE_FORMAT:
            check.unchecked(ledger, f"format {self.started.format[:40]}: update goldenhour to check it")
            return
        self._check_seal(self.started)
        self._check_sums()
        self._check_places()
        check_excerpts(check, self.prefix, self.items)
        if self.proofs:
            from exports.verification.atproto import check_proofs

            check_proofs(check, self.prefix, self.items, self.proofs)

    def _take(self, event: CaptureEvent) -> None:
        match event:
            case CaptureStarted() if self._merkle.size == 1:
                self.started = event
                self.keys[event.signer] = None
            case CaptureResumed():
                self.keys[event.signer] = None
            case Exchange():
                self._exchanges[event.exchange] = event
            case Item():
                self.items.append(event)
                self._expect(event)
                self._check_exchange(event)
                if event.partial:
                    self.check.findings.notes.append(f"{event.ref} is in part only: {event.partial}")
            case WorkingCopy() | WarcClosed():
                self._expect(event)
            case ProofRead():
                self.proofs.append(event)
            case Failed():
                self.failed += 1
            case CaptureFinished():
                self.finished = event
            case _:
                pass

    def _expect(self, event: Item | WorkingCopy | WarcClosed) -> None:
        from exports.verification.tree import demand_inside

        try:
            demand_inside(event.path)
        except NotCheckable as error:
            self.check.problem(f"{self.prefix}{LEDGER}", str(error))
            return
        self.check.expect(f"{self.prefix}{event.path}", event.sha256)

    def _check_exchange(self, item: Item) -> None:
        exchange = self._exchanges.get(item.exchange)
        if item.excerpt is not None and exchange is not None:
            return  # compared with the item that it was cut out of
        if exchange is None or (exchange.sha256, exchange.size) != (item.sha256, item.size):
            self.check.problem(f"{self.prefix}{item.path}", "the ledger holds no exchange that brought these bytes")

    def _check_seal(self, started: CaptureStarted) -> None:
        check, name = self.check, f"{self.prefix}{CHECKPOINT}"
        if name not in check.kinds:
            reason = "not sealed: still running, or interrupted; `goldenhour show` on the case finishes it off"
            check.unchecked(self.prefix or ".", reason)
            for each in check.kinds:
                if each.startswith(f"{self.prefix}{INCOMING}/"):
                    check.expected.setdefault(each, "")
            return
        check.expected.setdefault(name, "")
        checkpoint = check.open_checkpoint(name, self.keys)
        if checkpoint is None:
            return
        if checkpoint.origin != capture_origin(started.case, started.capture):
            check.problem(name, "the checkpoint is of another ledger")
        elif checkpoint.size != self._merkle.size:
            check.problem(
                f"{self.prefix}{LEDGER}", f"{self._merkle.size} lines, and {checkpoint.size} lines were sealed"
            )
        elif checkpoint.root != self._merkle.root():
            check.problem(f"{self.prefix}{LEDGER}", "the lines are not those that were sealed")
        else:
            check.sealed(checkpoint, started.exhibit)

    def _check_sums(self) -> None:
        finished = self.finished
        if finished is None:
            return
        if (finished.items, finished.failed) != (len(self.items), self.failed):
            self.check.problem(f"{self.prefix}{LEDGER}", "the last line does not count what the ledger holds")
        if finished.status == "interrupted":
            self.check.findings.notes.append(f"the capture was interrupted: {finished.reason}")

    def _check_places(self) -> None:
        """Read the head of each record at the place that the ledger names, in one pass over each WARC."""
        places: dict[str, list[tuple[int, WarcPlace, int]]] = {}
        for exchange in self._exchanges.values():
            for place in (exchange.warc, exchange.request_warc):
                if place is not None and self.check.is_file(f"{self.prefix}{place.file}"):
                    places.setdefault(place.file, []).append((place.offset, place, exchange.exchange))
        for file, wanted in places.items():
            name = f"{self.prefix}{file}"
            try:
                with self.check.tree.open(name) as warc:
                    for offset, place, exchange_number in sorted(wanted, key=lambda each: each[0]):
                        warc.seek(offset)
                        self._check_place(name, warc.read(_HEAD), place, exchange_number)
            except (NotCheckable, OSError, ValueError) as error:
                self.check.unchecked(name, str(error))

    def _check_place(self, name: str, data: bytes, place: WarcPlace, exchange: int) -> None:
        try:
            head = zlib.decompressobj(31).decompress(data, _HEAD)
        except zlib.error:
            self.check.problem(name, f"no record at offset {place.offset}, where exchange {exchange} should be")
            return
        lines = head.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").split("\r\n")
        wanted = {f"WARC-Record-ID: {place.record}", f"WARC-Block-Digest: sha256:{place.block_sha256}"}
        if not wanted <= set(lines):
            self.check.problem(name, f"the record at offset {place.offset} is not exchange {exchange}")
