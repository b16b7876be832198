"""The seal folder of a bundle: the case's checkpoint at export, and proofs that tie the bundle to it."""

from __future__ import annotations

import base64
from itertools import islice
from typing import TYPE_CHECKING

from exports.errors import NotWhole
from hashing.capture_folder import CHECKPOINT
from hashing.case import CHECKPOINTS, case_origin
from hashing.checkpoint import open_checkpoint
from hashing.errors import BadSignature
from hashing.events import encode
from hashing.keys import PublicKey
from hashing.ledger import LEDGER, ledger_lines
from hashing.merkle import inclusion_proof, leaf_hash, root_of
from hashing.storage import read_small

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hashing.case import Case
    from hashing.checkpoint import Checkpoint
    from hashing.events import CaptureSealed, CaseEvent

SEAL = "seal/"
SEAL_CHECKPOINT = "seal/checkpoint"
SEAL_KEY = "seal/public-key.pem"
EXPORT_LINE = "seal/export.json"
EXPORT_PROOF = "seal/export.proof"


def check_case_ledger(case: Case, events: Iterable[CaseEvent]) -> None:
    """Check that the case's ledger is the one its newest checkpoint was signed over, before it is signed anew.

    Lines behind the checkpoint are no fault: a process may have died between adding and signing them.
    Raises NotWhole, Unreadable, BadFormat.
    """
    folder = case.path / CHECKPOINTS
    path = max(folder.glob(f"*.{CHECKPOINT}"), default=None)
    if path is None:
        raise NotWhole(f"{folder}: holds no checkpoint of the case's ledger")
    checkpoint = _opened(read_small(path), {event.signer for event in events})
    ledger = case.path / LEDGER
    leaves = [leaf_hash(line) for line in islice(ledger_lines(ledger), checkpoint.size if checkpoint else 0)]
    if checkpoint is None or checkpoint.origin != case_origin(case.info.id):
        raise NotWhole(f"{path}: not signed for this case by a key that the case's ledger names")
    if (len(leaves), root_of(leaves)) != (checkpoint.size, checkpoint.root):
        raise NotWhole(f"{ledger}: altered: not the ledger that {path.name} was signed over")


def _opened(note: bytes, signers: set[str]) -> Checkpoint | None:
    for signer in sorted(signers):
        try:
            return open_checkpoint(note, PublicKey.parse(signer))
        except BadSignature:
            continue
    return None


def seal_files(
    case: Case, index: int, note: bytes, key: PublicKey, sealed: Sequence[CaptureSealed]
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the seal folder; `index` is the line that records the export, `note` the checkpoint over it.

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


def _proof(index: int, leaves: Sequence[bytes]) -> bytes:
    hashes = [base64.b64encode(each).decode() for each in inclusion_proof(index, leaves)]
    return "".join(f"{line}\n" for line in [index, len(leaves), *hashes]).encode()
