"""The seal folder of a bundle: the case's checkpoint at export, and proofs that tie the bundle to it."""

from __future__ import annotations

import base64
from itertools import islice
from typing import TYPE_CHECKING

from exports.continuity import proven_of
from exports.errors import NotWhole
from hashing.errors import NotAsSigned
from hashing.events import encode
from hashing.ledger import LEDGER, ledger_lines
from hashing.merkle import consistency_proof, inclusion_proof, inclusion_proofs, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from hashing.case import Case
    from hashing.events import CaptureSealed, CaseEvent, Stamped
    from hashing.keys import PublicKey

SEAL = "seal/"
SEAL_CHECKPOINT = "seal/checkpoint"
SEAL_KEY = "seal/public-key.pem"
EXPORT_LINE = "seal/export.json"
EXPORT_PROOF = "seal/export.proof"
STAMPED_CHECKPOINT = "seal/stamped.checkpoint"
"""The newest checkpoint of the case that has a trusted time; its token stands beside it."""
STAMPED_LINE = "seal/stamped.json"
STAMPED_PROOF = "seal/stamped.proof"
STAMPED_CONSISTENCY = "seal/stamped.consistency"


def check_case_ledger(case: Case) -> None:
    """Check that the case's ledger is the one its newest checkpoint was signed over, before anything is copied.

    Raises NotWhole, Unreadable, BadFormat.
    """
    try:
        case.demand_as_signed()
    except NotAsSigned as error:
        raise NotWhole(str(error)) from error


def custody_lines(events: Iterable[CaseEvent], exhibits: Collection[str]) -> list[int]:
    """Return which lines of the case's ledger state what was done with these exhibits, counted from 0."""
    return [index for index, event in enumerate(events) if proven_of(event) in exhibits]


def seal_files(
    case: Case,
    index: int,
    note: bytes,
    key: PublicKey,
    sealed: Sequence[CaptureSealed],
    custody: Sequence[int],
    stamped: Mapping[str, Stamped],
    newest: tuple[int, Stamped] | None,
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the seal folder; `index` is the line that records the export, `note` the checkpoint over it.

    `custody` are the lines that say what was done with the exhibits. `stamped` are the trusted times by capture,
    `newest` is the case's own last one and the length it was had for.

    Raises Unreadable, BadFormat.
    """
    lines = list(islice(ledger_lines(case.path / LEDGER), index + 1))
    leaves = [leaf_hash(line) for line in lines]
    yield SEAL_CHECKPOINT, note
    yield SEAL_KEY, key.pem().encode()
    yield EXPORT_LINE, lines[index]
    yield EXPORT_PROOF, _proof(index, leaves)
    positions = {line: position for position, line in enumerate(lines)}
    for event in sealed:
        line = encode(event)
        yield f"{SEAL}captures/{event.capture}.json", line
        yield f"{SEAL}captures/{event.capture}.proof", _proof(positions[line], leaves)
        if event.capture in stamped:
            line = encode(stamped[event.capture])
            yield f"{SEAL}timestamps/{event.capture}.json", line
            yield f"{SEAL}timestamps/{event.capture}.proof", _proof(positions[line], leaves)
    for number, proof in zip(custody, inclusion_proofs(custody, leaves), strict=True):
        yield f"{SEAL}custody/{number:08d}.json", lines[number]
        yield f"{SEAL}custody/{number:08d}.proof", _proof_file(number, len(leaves), proof)
    if newest is not None:
        size, own = newest
        line = encode(own)
        yield STAMPED_LINE, line
        yield STAMPED_PROOF, _proof(positions[line], leaves)
        yield STAMPED_CONSISTENCY, _proof_file(size, len(leaves), consistency_proof(size, leaves))


def _proof(index: int, leaves: Sequence[bytes]) -> bytes:
    return _proof_file(index, len(leaves), inclusion_proof(index, leaves))


def _proof_file(first: int, size: int, proof: Sequence[bytes]) -> bytes:
    hashes = [base64.b64encode(each).decode() for each in proof]
    return "".join(f"{line}\n" for line in [first, size, *hashes]).encode()
