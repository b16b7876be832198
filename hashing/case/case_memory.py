"""What a process has read of a case's ledger: each line is read and checked once, however often the case is changed.

Without it a case of a thousand captures would read its whole ledger several times for each of them. Where another
process has changed the ledger, that what was read before is still there is seen by its digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from hashing.case.alike import as_read
from hashing.case.events import CaptureRegistered, CaptureSealed, decode_case_event
from hashing.ledger.merkle import MerkleTree

if TYPE_CHECKING:
    from hashing.ledger.ledger import Remembered

_DIGITS = 15  # An exhibit's number has no more.


class CaseMemory(msgspec.Struct):
    """What the lines of a case's ledger come to, as far as they were read."""

    read: Remembered | None = None  # None where nothing was read yet.
    signed: int = 0  # The number of lines under the newest checkpoint that was found to hold, as all before it were.
    checkpoints_changed: int = 0  # When a checkpoint was added last, as far as is known: nanoseconds since 1970.
    tree: MerkleTree = msgspec.field(default_factory=MerkleTree)
    since: set[str] = msgspec.field(default_factory=set)  # The keys that the lines behind that checkpoint name.
    # The highest number given, by initials as they are read.
    exhibits: dict[str, int] = msgspec.field(default_factory=dict)
    sealed: set[str] = msgspec.field(default_factory=set)  # Captures whose seal is on record.
    # Captures that began, by their id; read by whoever asks for them.
    registered: dict[str, CaptureRegistered] = msgspec.field(default_factory=dict)
    # Their exhibit references as they are read: two that look the same are one.
    references: set[str] = msgspec.field(default_factory=set)
    registered_to: int = 0  # The bytes of the ledger that were read for these.

    def read_lines(self, lines: Iterable[bytes]) -> Iterator[MerkleTree]:
        """Take in further lines; yield the tree after each. Raises BadFormat: this memory is then of no more use."""
        for line in lines:
            event = decode_case_event(line)
            # Keys since the newest checkpoint: the next one must be signed by one that a line under it names.
            self.since.add(event.signer)
            if isinstance(event, CaptureRegistered):
                self._note_exhibit(event.exhibit)
            elif isinstance(event, CaptureSealed):
                self.sealed.add(event.capture)
            self.tree.append(line)
            yield self.tree

    def read_registered(self, lines: Iterable[bytes]) -> dict[str, CaptureRegistered]:
        """Take in the captures that began in further lines; return all. Raises BadFormat."""
        for line in lines:
            event = decode_case_event(line)
            self.registered_to += len(line) + 1
            if isinstance(event, CaptureRegistered):
                self.registered[event.capture] = event
                self.references.add(as_read(event.exhibit))
        return self.registered

    def hold(self) -> None:
        """Note that a checkpoint over all lines so far was found to hold."""
        self.signed = self.tree.size
        self.since.clear()

    def next_exhibit(self, initials: str) -> str:
        """Return the next exhibit reference of an officer."""
        return f"{initials}/{self.exhibits.get(as_read(initials), 0) + 1}"

    def _note_exhibit(self, exhibit: str) -> None:
        initials, _, number = as_read(exhibit).rpartition("/")
        if number.isascii() and number.isdigit() and len(number) <= _DIGITS:
            self.exhibits[initials] = max(self.exhibits.get(initials, 0), int(number))
