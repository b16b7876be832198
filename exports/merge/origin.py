"""Where captures come from: a case, a bundle or a capture alone, read without trusting it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from exports.errors import NotCheckable, NotMergeable
from exports.format.bag import PAYLOAD
from exports.format.bundle_layout import SEAL_CHECKPOINT
from exports.format.proofs import read_proof
from exports.verification.check import Check
from hashing.case.capture_folder import CHECKPOINT
from hashing.case.case import CAPTURES, CHECKPOINTS, case_origin
from hashing.case.events import (
    CaptureStarted,
    CaseEvent,
    Custody,
    Described,
    Exported,
    Graded,
    Merged,
    MergedLine,
    decode_capture_event,
    decode_case_event,
)
from hashing.errors import BadFormat, BadKey, BadSignature
from hashing.ledger.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from hashing.ledger.keys import PublicKey, encode_base64
from hashing.ledger.ledger import LEDGER, read_lines
from hashing.ledger.merkle import Levels, leaf_hash

# Forms as this program writes them: they become names of folders and lines of our ledger, so nothing else is taken.
_CAPTURE_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}", re.ASCII)
_EXHIBIT = re.compile(r"\w{1,8}/[1-9][0-9]{0,8}")
_TIME = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z", re.ASCII)
_CUSTODY_LINE = re.compile(r"seal/custody/([0-9]{8,18})\.json", re.ASCII)
_MOST_LINES = 1 << 53  # Beyond it a number has no canonical form in JSON (RFC 8785).
_EXPORT = "seal/export"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherLine:
    """A line of another case's ledger, counted from 0, and the hashes of its inclusion proof in base64."""

    index: int
    line: bytes
    event: CaseEvent
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherLog:
    """What another case says: its signed checkpoint as it was found, the key that made it, and lines of its ledger."""

    case: str
    checkpoint: bytes = b""
    voucher: str = ""
    lines: tuple[OtherLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCandidate:
    """A sealed capture at a source; `prefix` is where it stands there. Its texts are those of a stranger."""

    prefix: str
    started: CaptureStarted
    fingerprint: str


def candidates(check: Check) -> list[MergeCandidate]:
    """Return the sealed captures of a source, oldest first.

    Raises NotMergeable where one bears names that goldenhour never gives; NotCheckable, BadFormat, Unreadable.
    """
    prefixes = (name.removesuffix(CHECKPOINT) for name in check.kinds if name.rpartition("/")[2] == CHECKPOINT)
    places = {CAPTURES, f"{PAYLOAD}{CAPTURES}"}
    found = [_candidate(check, each) for each in prefixes if not each or each[:-1].rpartition("/")[0] in places]
    return sorted(found, key=lambda each: (each.started.time, each.started.capture))


def _candidate(check: Check, prefix: str) -> MergeCandidate:
    ledger = f"{prefix}{LEDGER}"
    with check.tree.open(ledger) as file:
        started = decode_capture_event(next(read_lines(file, Path(ledger)), b""))
    if not isinstance(started, CaptureStarted):
        raise BadFormat(f"{ledger}: the first line does not begin a capture")
    _demand_sound(started, prefix.rstrip("/").rpartition("/")[2])
    checkpoint, _ = parse_checkpoint(check.small(f"{prefix}{CHECKPOINT}"))
    return MergeCandidate(prefix=prefix, started=started, fingerprint=checkpoint.fingerprint())


def demand_time(time: str) -> None:
    """Refuse a time that is not in the form that a ledger has: it goes into another ledger. Raises NotMergeable."""
    if not _TIME.fullmatch(time):
        raise NotMergeable(f"{time[:40]!r}: not a time as goldenhour writes it")


def other_log(check: Check, what: str, alone: str) -> OtherLog:
    """Read what the case at a source says, under its newest checkpoint; `alone` is the case of a capture without one.

    Raises NotCheckable, NotMergeable, BadFormat, BadKey, Unreadable.
    """
    if what == "case":
        return _log_of_case(check)
    return OtherLog(case=alone) if what == "capture" else _log_of_bundle(check)


def _demand_sound(started: CaptureStarted, folder: str) -> None:
    if not _CAPTURE_ID.fullmatch(started.capture) or folder not in {"", started.capture}:
        raise NotMergeable(f"{started.capture[:100]!r}: not the id of the capture in {folder or 'this folder'}")
    if not _EXHIBIT.fullmatch(started.exhibit):
        raise NotMergeable(f"{started.exhibit[:100]!r}: not an exhibit reference that goldenhour gives")
    demand_time(started.time)


def _log_of_case(check: Check) -> OtherLog:
    # Up to the newest checkpoint and no further: lines behind it are signed by nobody. Names are numbers of equal
    # length, so the greatest name is the newest.
    names = (name for name in check.kinds.below(f"{CHECKPOINTS}/") if name.endswith(f".{CHECKPOINT}"))
    name = max(names, default=f"{CHECKPOINTS}/")  # which is no file, and is said to be none
    note = check.small(name)
    checkpoint, _ = parse_checkpoint(note)
    with check.tree.open(LEDGER) as file:
        lines = list(read_lines(file, Path(LEDGER)))[: checkpoint.size]
    events = [decode_case_event(line) for line in lines]
    telling = [index for index, event in enumerate(events) if _telling(event)]
    levels = Levels([leaf_hash(line) for line in lines])
    found = (
        OtherLine(index=index, line=lines[index], event=events[index], proof=_written(levels.inclusion_proof(index)))
        for index in telling
    )
    return _log(checkpoint, note, (event.signer for event in events), found)


def _log_of_bundle(check: Check) -> OtherLog:
    note = check.small(SEAL_CHECKPOINT)
    checkpoint, _ = parse_checkpoint(note)
    exported = decode_case_event(check.small(f"{_EXPORT}.json"))
    names = [_EXPORT, *sorted(name.removesuffix(".json") for name in check.kinds if _CUSTODY_LINE.fullmatch(name))]
    return _log(checkpoint, note, [exported.signer], (_proven_line(check, name) for name in names))


def _proven_line(check: Check, name: str) -> OtherLine:
    line = check.small(f"{name}.json")
    proof = read_proof(check.small(f"{name}.proof"))
    if proof.first >= _MOST_LINES:
        raise BadFormat(f"{name}.proof: no ledger is so long")
    return OtherLine(index=proof.first, line=line, event=decode_case_event(line), proof=_written(proof.hashes))


def _telling(event: CaseEvent) -> bool:
    """Say whether an event may tell of a capture what the capture itself does not."""
    return isinstance(event, Custody | Described | Graded | Exported | Merged | MergedLine)


def _log(checkpoint: Checkpoint, note: bytes, keys: Iterable[str], lines: Iterable[OtherLine]) -> OtherLog:
    case = checkpoint.origin.removeprefix(case_origin(""))
    # Whoever signed the checkpoint is one of the keys that its lines name, else nobody vouches for the log.
    for key in dict.fromkeys(keys):
        try:
            open_checkpoint(note, PublicKey.parse(key))
        except (BadSignature, BadKey):
            continue
        return OtherLog(case=case, checkpoint=note, voucher=key, lines=tuple(lines))
    raise NotCheckable(f"{checkpoint.origin}: its checkpoint is not signed by a key that its ledger names")


def _written(proof: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(map(encode_base64, proof))
