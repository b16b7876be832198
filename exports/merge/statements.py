"""What is written in the case's ledger for a capture that is merged."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from exports.errors import NotMergeable, NotWhole
from exports.format.capture_view import CaptureView, read_capture
from exports.merge.origin import OtherLine, OtherLog, demand_time
from exports.verification.merges import merge_faults
from hashing.case.capture_folder import CHECKPOINT, case_folder
from hashing.case.case import CAPTURES, token_path
from hashing.case.custody import demand_recordable
from hashing.case.events import (
    CaptureRegistered,
    CaptureSealed,
    CaseEvent,
    Exported,
    Merged,
    MergedLine,
    Timestamped,
    encode,
)
from hashing.case.exhibit import exhibit_of
from hashing.errors import BadFormat
from hashing.files import inside
from hashing.files.storage import read_small, reading
from hashing.ledger.checkpoint import open_checkpoint
from hashing.ledger.keys import PublicKey, SigningKey
from hashing.times import Clock, system_clock, time_text
from hashing.tool import tool

_LONGEST = 1 << 20  # Bytes of a line: with what it quotes it must stay far below the longest that a ledger takes.


@dataclass(frozen=True, slots=True, kw_only=True)
class Merger:
    """Who merges: the name and the key of the officer, and the clock. Raises NotRecordable for what is no name."""

    officer: str
    key: SigningKey
    clock: Clock = system_clock

    def __post_init__(self) -> None:
        demand_recordable({"officer": self.officer})

    @property
    def signer(self) -> str:
        """The public key in hexadecimal."""
        return self.key.public.raw.hex()

    def now(self) -> str:
        """Return the present time as a ledger has it."""
        return time_text(self.clock())


def registration(view: CaptureView, merger: Merger) -> tuple[CaptureRegistered, CaptureSealed]:
    """Return what the case records of any capture, with the times at which this one began and ended.

    Raises NotMergeable, NotWhole.
    """
    started, finished, seal, now = view.started, view.finished, view.seal, merger.now()
    if finished is None or seal is None:
        raise NotWhole(f"{view.path}: not sealed")
    demand_time(finished.time)
    # Both lines are written now and say so; `at` is when the capture itself began and ended.
    registered = CaptureRegistered(
        time=now,
        capture=started.capture,
        exhibit=started.exhibit,
        scene=started.scene,
        officer=started.officer,
        initials=started.initials,
        signer=merger.signer,
        at=started.time,
    )
    sealed = CaptureSealed(
        time=now,
        capture=started.capture,
        exhibit=started.exhibit,
        status=view.status,
        size=seal.size,
        root=seal.root,
        fingerprint=seal.fingerprint,
        checkpoint_sha256=seal.checkpoint_sha256,
        signer=merger.signer,
        at=finished.time,
    )
    return registered, sealed


def token_record(folder: Path, sealed: CaptureSealed, merger: Merger) -> list[Timestamped]:
    """Return what records the token of a capture's trusted time, where one came with it. Raises TrustedTimeError."""
    root = case_folder(folder)
    with reading(folder):
        if not inside.is_file(folder / token_path(CHECKPOINT), root):
            return []
    from hashing.case.timestamping import SealWithoutTimestamp, timestamped_event
    from hashing.ledger.trusted_time import read_token

    # Recorded anew, by what the token itself says: the other case's line about it is only a claim.
    note, token = (read_small(folder / name, root=root) for name in (CHECKPOINT, token_path(CHECKPOINT)))
    seal = SealWithoutTimestamp(
        what=sealed.exhibit, checkpoint=f"{CAPTURES}/{sealed.capture}/{CHECKPOINT}", sealed=sealed.closed
    )
    return [timestamped_event(seal, note, read_token(token), merger.key, merger.clock)]


def merged(folder: Path, what: str, log: OtherLog, merger: Merger) -> Merged:
    """Return what records where the sealed capture in a folder was taken from. Raises BadSignature, BadKey."""
    # The seal is opened once more with the capture's own key: what is recorded of it is what was verified, of the very
    # bytes that were copied.
    view, note = read_capture(folder), read_small(folder / CHECKPOINT, root=case_folder(folder))
    checkpoint = open_checkpoint(note, PublicKey.parse(view.public_key))
    return Merged(
        time=merger.now(),
        capture=view.started.capture,
        exhibit=view.started.exhibit,
        source=what,
        case=log.case,
        fingerprint=checkpoint.fingerprint(),
        sealer=view.public_key,
        officer=merger.officer,
        signer=merger.signer,
        tool=tool(),
        checkpoint=log.checkpoint.decode(),
        voucher=log.voucher,
    )


def statements(merge: Merged, log: OtherLog, known: Collection[tuple[str, int]], merger: Merger) -> list[MergedLine]:
    """Return what the other case says of a capture, but for the lines (case and index) that are `known` already."""
    return [
        MergedLine(
            time=merge.time,
            capture=merge.capture,
            exhibit=merge.exhibit,
            case=log.case,
            line=each.index,
            said=_text(each.line),
            proof=each.proof,
            signer=merger.signer,
        )
        for each in log.lines
        if (log.case, each.index) not in known and _tells_of(each, merge)
    ]


def _text(line: bytes) -> str:
    """Return a line as text: what is in a field that no event has need not be any. Raises BadFormat."""
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise BadFormat("a line of the other case is not valid UTF-8") from error


def demand_own_references(view: CaptureView) -> None:
    """Refuse a capture that gives its files references of another exhibit. Raises NotMergeable."""
    refs = [*(item.ref for item in view.items), *(copy.ref for copy in view.working_copies)]
    for ref in refs:
        if exhibit_of(ref) != view.started.exhibit:
            raise NotMergeable(f"{ref[:100]!r}: a reference of another exhibit than {view.started.exhibit}")


def demand_holding(events: Collection[CaseEvent]) -> None:
    """Check events as verification will: what does not hold stays out of the ledger. Raises NotWhole, NotMergeable."""
    for _, fault in merge_faults(enumerate(events)):
        raise NotWhole(f"a line of the other case {fault}")
    if any(len(encode(event)) > _LONGEST for event in events):
        raise NotMergeable(f"a line would be longer than {_LONGEST >> 20} MiB, which nothing that goldenhour writes is")


def _tells_of(line: OtherLine, merge: Merged) -> bool:
    return any(exhibit_of(ref) == merge.exhibit for ref in _refs(line.event))


def _refs(event: CaseEvent) -> Iterator[str]:
    if isinstance(event, Exported):
        yield from event.exhibits
    elif isinstance(event, Merged | MergedLine):
        yield event.exhibit
    else:
        yield getattr(event, "ref", "")
