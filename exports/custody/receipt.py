"""The receipt of a verification: what was checked and what came of it, signed with the verifier's key.

A receipt is a signed note (https://c2sp.org/signed-note) whose text is one JSON object. It says which key signed it, so
it proves that the holder of that key states this; whose key it is, only its fingerprint tells who knows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from exports.format.result import RECEIPTS, Verification
from hashing.case.case import Case, case_origin
from hashing.case.custody import VERIFIED, Handling, demand_recordable, record_custody
from hashing.case.events import CaptureSealed, Custody, VerifiedBy
from hashing.errors import BadFormat, ForeignReceipt, NotRecordable
from hashing.files.digest import Digest
from hashing.files.storage import write_exclusively
from hashing.ledger.canonical import canonical_json
from hashing.ledger.checkpoint import Checkpoint
from hashing.ledger.keys import PublicKey, SigningKey
from hashing.ledger.ledger import LEDGER, ledger_lines
from hashing.ledger.merkle import MerkleTree
from hashing.ledger.note import parse_note, sign_note
from hashing.times import Clock, system_clock, time_text
from hashing.tool import tool

FORMAT = "goldenhour-receipt/1"  # Also the name under which the note is signed.

MOST_SEALS = 2_000  # That a receipt names: with them it stays below the size that a note may have.
_VERDICTS = {"ok", "mismatch", "unchecked"}
_LONGEST_NAME = 200


class ReceiptSeal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A seal that the verification found to hold: the ledger's name, its lines, its root in hexadecimal."""

    origin: str
    size: int
    root: str
    fingerprint: str


class Receipt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a verification found. Counts are of files and faults; `fingerprint` is of the first of `seals`, or ""."""

    format: str
    time: str
    officer: str  # Who verified, as they state it.
    what: str
    verdict: str
    fingerprint: str
    altered: int
    missing: int
    added: int
    problems: int
    unchecked: int
    files: int
    bytes: int
    seals: tuple[ReceiptSeal, ...]
    signers: tuple[str, ...]  # Fingerprints of the keys that made the seals.
    confirmed: bool  # The verifier demanded keys, and every seal was made by one of them.
    tool: str
    public_key: str
    # The seal of the earlier case or bundle that this was compared with; the verdict is of the comparison, too.
    since: ReceiptSeal | None = None
    # What is verified again and again, as whoever keeps its receipts calls it; "" for what is verified once.
    target: str = ""
    # Whether the receipts to compare it with proved nothing: then the next one is not compared with this.
    doubted: bool = False


class KeptReceipt(msgspec.Struct, frozen=True):
    """A receipt of the last time, with its name; `believed` where whoever verifies now trusts its key."""

    name: str
    receipt: Receipt
    believed: bool = True


def write_receipt(
    path: Path, found: Verification, *, key: SigningKey, officer: str, target: str = "", clock: Clock = system_clock
) -> Receipt:
    """Write the receipt of a verification to a new file.

    Raises NotRecordable for a name that no log takes, WouldOverwrite, Unwritable, BadFormat (too large).
    """
    # A name that the log of a case would refuse is refused here: who verified is seldom there when the receipt is
    # recorded.
    demand_recordable({"officer": officer})
    if not officer.strip() or len(officer) > _LONGEST_NAME:
        raise NotRecordable(f"the name of who verified has one to {_LONGEST_NAME} characters")
    # The first is the case's or the bundle's own, which stands for those of its captures: of very many it is enough.
    seals = tuple(
        ReceiptSeal(origin=seal.origin, size=seal.size, root=seal.root, fingerprint=seal.fingerprint)
        for seal in found.seals[: None if len(found.seals) <= MOST_SEALS else 1]
    )
    receipt = Receipt(
        format=FORMAT,
        time=time_text(clock()),
        officer=officer,
        what=found.what,
        verdict=found.verdict,
        fingerprint=seals[0].fingerprint if seals else "",
        altered=len(found.altered),
        missing=len(found.missing),
        added=len(found.added),
        problems=len(found.problems),
        unchecked=len(found.unchecked),
        files=found.files,
        bytes=found.bytes,
        seals=seals,
        signers=tuple(dict.fromkeys(signer.fingerprint for signer in found.signers)),
        confirmed=bool(found.signers) and all(signer.confirmed for signer in found.signers),
        tool=tool(),
        public_key=key.public.raw.hex(),
        since=_since(found),
        target=target,
        doubted=any(each.path == RECEIPTS for each in found.unchecked),
    )
    write_exclusively(path, _signed(receipt, key).encode())
    return receipt


def brief_receipt(receipt: Receipt, key: SigningKey) -> str:
    """Return a receipt with its first seal alone: of a case the one over its ledger, which has the seals of all others.

    Raises BadFormat.
    """
    return _signed(msgspec.structs.replace(receipt, seals=receipt.seals[:1]), key)


def _signed(receipt: Receipt, key: SigningKey) -> str:
    return sign_note(f"{canonical_json(receipt).decode()}\n", FORMAT, key)


def _since(found: Verification) -> ReceiptSeal | None:
    since = found.since
    if since is None or since.holds is None:
        return None
    return ReceiptSeal(origin=since.origin, size=since.size, root=since.root, fingerprint=since.fingerprint)


def open_receipt(data: bytes) -> Receipt:
    """Read a receipt and check that the key it names signed it. Raises BadFormat, BadKey, BadSignature."""
    # The form before the signature: which key to check with stands in the text itself, and it is a claim until someone
    # compares the key with one that they know.
    note = parse_note(data)
    try:
        receipt = msgspec.json.decode(note.text, type=Receipt)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadFormat(f"not a receipt of a verification: {error}") from error
    if receipt.format != FORMAT or receipt.verdict not in _VERDICTS:
        raise BadFormat("not a receipt of a verification that this goldenhour knows")
    if max(map(len, (receipt.what, receipt.tool, receipt.officer, receipt.target))) > _LONGEST_NAME:
        raise BadFormat("not a receipt of a verification: a name in it is longer than any that goldenhour writes")
    if not receipt.officer.strip():
        raise BadFormat("not a receipt of a verification: it does not say who verified")
    note.verify(FORMAT, PublicKey.parse(receipt.public_key))
    return receipt


def record_receipt(
    case: Case,
    data: bytes,
    refs: Sequence[str] = (),
    *,
    key: SigningKey,
    officer: str,
    place: str = "",
    reason: str = "",
    clock: Clock = system_clock,
) -> tuple[Custody, ...]:
    """Record what a receipt says of the case's exhibits: all whose seals it names, or those in `refs` alone.

    Raises BadFormat, BadKey and BadSignature where it is no receipt or a forged one; ForeignReceipt where it names a
    seal that the case does not have, or none of an exhibit asked for; NotRecordable where it is recorded already.
    """
    # 1. Signed by the key that it names, and of seals of this case: else it says nothing of these exhibits.
    receipt = open_receipt(data)
    exhibits = _exhibits(case, receipt)
    sha256 = Digest.of_bytes(data).hex
    for ref in refs:
        if ref not in exhibits:
            raise ForeignReceipt(f"{ref}: the receipt names no seal of it", hint=f"it names {', '.join(exhibits)}")
    chosen = list(refs or exhibits)
    # 2. Once: recorded twice, one verification would look like two.
    recorded = {event.ref for event in case.events() if isinstance(event, Custody) and _is_of(event, sha256)}
    if recorded.intersection(chosen):
        raise NotRecordable(f"{', '.join(sorted(recorded.intersection(chosen)))}: this receipt is recorded already")
    verified = VerifiedBy(
        what=receipt.what,
        verdict=receipt.verdict,
        officer=receipt.officer,
        fingerprint=receipt.fingerprint,
        tool=receipt.tool,
        key=PublicKey.parse(receipt.public_key).raw.hex(),
        sha256=sha256,
    )
    handling = Handling(action=VERIFIED, reason=reason, place=place, at=_moment(receipt.time), receipt=verified)
    return record_custody(case, chosen, handling, key=key, officer=officer, clock=clock)


def _is_of(event: Custody, sha256: str) -> bool:
    return event.receipt is not None and event.receipt.sha256 == sha256


def _moment(time: str) -> datetime:
    try:
        moment = datetime.fromisoformat(time)
        if moment.tzinfo is None:
            raise BadFormat(f"{time[:40]!r}: the time of a receipt has a zone")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadFormat(f"{time[:40]!r}: not the time of a receipt") from error


def _exhibits(case: Case, receipt: Receipt) -> list[str]:
    """Return the exhibits whose seals the receipt names, by the case's own ledger. Raises ForeignReceipt."""
    origin = case_origin(case.info.id)
    # By the capture alone: one that was merged bears the name of the case in which it was made.
    sealed = {each.capture: each for each in case.events() if isinstance(each, CaptureSealed)}
    wanted = {seal.size for seal in receipt.seals if seal.origin == origin}
    own = _own_seals(case, wanted) if wanted else set()
    exhibits = []
    for seal in receipt.seals:
        capture = sealed.get(seal.origin.rpartition("/")[2])
        if capture and (seal.size, seal.root, seal.fingerprint) == (capture.size, capture.root, capture.fingerprint):
            exhibits.append(capture.exhibit)
        elif seal.origin != origin or (seal.size, seal.root, seal.fingerprint) not in own:
            raise ForeignReceipt(
                f"{case.path}: has no seal {seal.fingerprint[:49]!r}, of which the receipt speaks",
                hint="record it in the case that was verified",
            )
    if not exhibits:
        raise ForeignReceipt(f"{case.path}: the receipt names no seal of an exhibit")
    if receipt.fingerprint != receipt.seals[0].fingerprint:
        raise ForeignReceipt(f"{case.path}: the receipt is not of the seal that it names first")
    return exhibits


def _own_seals(case: Case, sizes: set[int]) -> set[tuple[int, str, str]]:
    """Return size, root and fingerprint of the case's ledger at each of these lengths, where it was ever so long."""
    origin, tree, found = case_origin(case.info.id), MerkleTree(), set()
    for line in ledger_lines(case.path / LEDGER, root=case.path):
        tree.append(line)
        if tree.size in sizes:
            checkpoint = Checkpoint(origin, tree.size, tree.root())
            found.add((tree.size, tree.root().hex(), checkpoint.fingerprint()))
    return found
