"""What a case or a bundle shows of the case's ledger and its captures: gathered while it is checked, to be compared."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping

import msgspec

from exports.format.lookup import Lookup, RecordLookup
from exports.format.result import SealFound
from hashing.ledger.checkpoint import Checkpoint


class CaptureHeld(msgspec.Struct, frozen=True):
    """A capture whose seal holds, and the folder that it stands in."""

    prefix: str
    seal: SealFound


class SealHistory(msgspec.Struct):
    """The newest seal that holds, and the roots that the case's ledger had, by length, as far as that seal shows them.

    Of a case that is every length. Of a bundle it is those that it has proofs for; `proven` says whether it has any.
    """

    seal: Checkpoint | None = None
    roots: Lookup[int, bytes] = msgspec.field(default_factory=lambda: Lookup(int))
    proven: bool = False
    captures: MutableMapping[str, CaptureHeld] = msgspec.field(default_factory=lambda: RecordLookup(CaptureHeld))
    # Lines of the case's ledger that a bundle shows, each proven, by their place in it, counted from 0.
    lines: Lookup[int, bytes] = msgspec.field(default_factory=lambda: Lookup(int))

    def hold(self, seal: Checkpoint, roots: Iterable[tuple[int, bytes]] = ()) -> None:
        """Note the newest seal, and the roots that the ledger had before."""
        self.seal = seal
        self.roots = Lookup(int)
        self.roots.update((size, root) for size, root in roots if size <= seal.size)
        self.roots[seal.size] = seal.root
