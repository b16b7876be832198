"""The seal folder of a bundle: the case's checkpoint at export, and proofs that tie the bundle to it."""

from __future__ import annotations

import base64
from itertools import islice
from typing import TYPE_CHECKING

from exports.custody.continuity import proven_of
from exports.errors import NotWhole
from exports.format.bundle_layout import CONSISTENCY, SEAL_CHECKPOINT
from hashing.case.events import Custody, Described, Exported, Stated, decode_case_event, encode
from hashing.errors import NotAsSigned
from hashing.ledger.ledger import LEDGER, ledger_lines
from hashing.ledger.merkle import Levels, MerkleTree, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from hashing.case.case import Case
    from hashing.case.events import CaptureSealed, CaseEvent, Stamped
    from hashing.ledger.keys import PublicKey

SEAL = "seal/"
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


def custody_lines(
    events: Iterable[CaseEvent], exhibits: Collection[str], items: Collection[str] | None = None
) -> list[int]:
    """Return which lines of the case's ledger state what was done with these exhibits, counted from 0.

    With `items`, what was done with any other item is left out.
    """
    return [
        index
        for index, event in enumerate(events)
        if proven_of(event) in exhibits and (items is None or _done_with(event) in {"", *exhibits, *items})
    ]


def _done_with(event: CaseEvent) -> str:
    """Return the exhibit or item that something was done with, "" for what is no such event."""
    if isinstance(event, Stated):
        return _done_with(decode_case_event(event.said.encode()))
    return event.ref if isinstance(event, Custody | Described) else ""


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
    levels = Levels([leaf_hash(line) for line in lines])
    yield SEAL_CHECKPOINT, note
    yield SEAL_KEY, key.pem().encode()
    yield EXPORT_LINE, lines[index]
    yield EXPORT_PROOF, _proof(index, levels)
    yield CONSISTENCY, _consistency_file(lines[:index], levels)
    positions = {line: position for position, line in enumerate(lines)}
    for event in sealed:
        line = encode(event)
        yield f"{SEAL}captures/{event.capture}.json", line
        yield f"{SEAL}captures/{event.capture}.proof", _proof(positions[line], levels)
        if event.capture in stamped:
            line = encode(stamped[event.capture])
            yield f"{SEAL}timestamps/{event.capture}.json", line
            yield f"{SEAL}timestamps/{event.capture}.proof", _proof(positions[line], levels)
    for number in custody:
        yield f"{SEAL}custody/{number:08d}.json", lines[number]
        yield f"{SEAL}custody/{number:08d}.proof", _proof(number, levels)
    if newest is not None:
        size, own = newest
        line = encode(own)
        yield STAMPED_LINE, line
        yield STAMPED_PROOF, _proof(positions[line], levels)
        yield STAMPED_CONSISTENCY, _proof_file(size, levels.size, levels.consistency_proof(size))


def _proof(index: int, levels: Levels) -> bytes:
    return _proof_file(index, levels.size, levels.inclusion_proof(index))


def _proof_file(first: int, size: int, proof: Sequence[bytes]) -> bytes:
    return "".join(f"{line}\n" for line in [first, size, *_base64(proof)]).encode()


def _consistency_file(before: Sequence[bytes], levels: Levels) -> bytes:
    """Prove that the ledger only grew since each earlier bundle was sealed, and since this export began.

    The hashes of all lines would serve any length; but a line that holds little that is secret, such as a custody event
    of another exhibit, can be guessed, and its hash would confirm the guess to whoever is given the bundle.
    """
    tree, written = MerkleTree(), [str(levels.size)]
    for line in before:
        tree.append(line)
        if tree.size == len(before) or isinstance(decode_case_event(line), Exported):
            proof = levels.consistency_proof(tree.size)
            written.append(" ".join([str(tree.size), *_base64([tree.root(), *proof])]))
    return "".join(f"{line}\n" for line in written).encode()


def _base64(proof: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(each).decode() for each in proof]
