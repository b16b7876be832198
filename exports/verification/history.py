"""What a case or a bundle shows of the case's ledger and its captures: gathered while it is checked, to be compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exports.errors import NotCheckable
from exports.format.bundle_layout import CONSISTENCY
from hashing.errors import BadFormat
from hashing.ledger.merkle import verify_consistency
from hashing.ledger.note import decode_base64

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exports.format.result import SealFound
    from exports.verification.check import Check
    from hashing.ledger.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class CaptureHeld:
    """A capture whose seal holds, and the folder that it stands in."""

    prefix: str
    seal: SealFound


@dataclass(slots=True)
class SealHistory:
    """The newest seal that holds, and the roots that the case's ledger had, by length, as far as that seal shows them.

    Of a case that is every length. Of a bundle it is those that it has proofs for; `proven` says whether it has any.
    """

    seal: Checkpoint | None = None
    roots: dict[int, bytes] = field(default_factory=dict)
    proven: bool = False
    captures: dict[str, CaptureHeld] = field(default_factory=dict)

    def hold(self, seal: Checkpoint, roots: Iterable[tuple[int, bytes]] = ()) -> None:
        """Note the newest seal, and the roots that the ledger had before."""
        self.seal = seal
        self.roots = {size: root for size, root in roots if size <= seal.size} | {seal.size: seal.root}


def check_consistency(check: Check, seal: Checkpoint) -> None:
    """Check a bundle's proofs that its seal only adds to earlier states of the ledger (RFC 9162, section 2.1.4.2).

    Bundles of the older form have none; that is no fault of theirs.
    """
    history = check.history
    history.hold(seal)
    if CONSISTENCY not in check.kinds:
        return
    history.proven = True
    try:
        length, *lines = check.small(CONSISTENCY).decode("ascii").splitlines()
        proofs = [_proof(line) for line in lines]
        if int(length) != seal.size:
            raise BadFormat(f"of another length than the sealed ledger of {seal.size} lines")
    except (ValueError, BadFormat, NotCheckable) as error:
        check.problem(CONSISTENCY, f"cannot be checked: {error}")
        return
    for size, root, proof in proofs:
        if not verify_consistency(size, seal.size, root, seal.root, proof):
            check.problem(CONSISTENCY, f"does not prove that the sealed ledger begins with one of {size} lines")
            return
        history.roots[size] = root


def _proof(line: str) -> tuple[int, bytes, list[bytes]]:
    """Read a length of the ledger, its root then, and the proof. Raises ValueError, BadFormat."""
    size, *hashes = line.split(" ")
    root, *proof = map(decode_base64, hashes)
    return int(size), root, proof
