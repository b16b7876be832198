"""Trusted times for the seals of a case: which have none yet, getting them, and finishing what a dead process left.

A token is made after its seal, so no capture's ledger can speak of it: the case's does. The token is on disk before the
line that records it. Tokens of captures come first, then one of the case's newest checkpoint, which covers all before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from hashing.case.capture_folder import CHECKPOINT
from hashing.case.case import CAPTURES, CHECKPOINTS, Case, checkpoint_name, token_path
from hashing.case.events import CaptureSealed, Timestamped
from hashing.case.own_runs import token_had_here
from hashing.errors import BadFormat, Unreadable, WouldOverwrite
from hashing.files import inside
from hashing.files.digest import Digest
from hashing.files.storage import PART, read_small, reading
from hashing.ledger.keys import SigningKey
from hashing.ledger.trusted_time.authority import ask, shown
from hashing.ledger.trusted_time.errors import NotHad, TrustedTimeError
from hashing.ledger.trusted_time.token import LARGEST, Token, read_token
from hashing.times import Clock, system_clock, time_text


@dataclass(frozen=True, slots=True, kw_only=True)
class SealWithoutTimestamp:
    """A seal without a trusted time; `what` is a capture's exhibit reference, or `case`."""

    what: str
    checkpoint: str
    sealed: str
    sha256: str = ""  # What the case's ledger says of the checkpoint file; it does not speak of its own checkpoints.


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampOutcome:
    """What became of one seal: the event that records its token, or the reason why there is none."""

    what: str
    checkpoint: str
    timestamped: Timestamped | None
    reason: str = ""

    def to_json(self) -> dict[str, str | float | None]:
        """Return the same as plain values, for `timestamp --json`."""
        timestamped = self.timestamped
        return {
            "what": self.what,
            "checkpoint": self.checkpoint,
            "time": timestamped.token_time if timestamped else None,
            "late": timestamped.late if timestamped else None,
            "authority": timestamped.authority if timestamped else None,
            "url": timestamped.url if timestamped else None,
            "token": token_path(self.checkpoint) if timestamped else None,
            "reason": self.reason,
        }


class Authorities:
    """The authorities that are asked in turn; one that failed is passed over from then on, so that a queue goes on."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = list(dict.fromkeys(urls))
        self._reasons: dict[str, str] = {}

    def ask(self, data: bytes) -> tuple[str, Token]:
        """Return the address of the first authority that gives a sound token, and the token. Raises NotHad."""
        refused = []
        for url in self._urls:
            # An authority that could not be reached once is not waited for again for each further seal.
            if url in self._reasons:
                continue
            try:
                return url, ask(url, data)
            except NotHad as error:
                self._reasons[url] = str(error)
            except TrustedTimeError as error:
                refused.append(f"{shown(url)}: {error}")
        raise NotHad("; ".join([*self._reasons.values(), *refused]))


def seals_without_timestamp(case: Case) -> list[SealWithoutTimestamp]:
    """Return the seals of a case that have no trusted time yet, the case's own last. Raises Unreadable, BadFormat.

    Lines that only record trusted times are no reason for another one.
    """
    events = list(case.events())
    folders = {path.name for path in case.captures()}  # a ledger of others may name what leads out of the case
    known = {event.checkpoint for event in events if isinstance(event, Timestamped)}
    seals = [
        SealWithoutTimestamp(
            what=event.exhibit,
            checkpoint=f"{CAPTURES}/{event.capture}/{CHECKPOINT}",
            sealed=event.closed,
            sha256=event.checkpoint_sha256,
        )
        for event in events
        if isinstance(event, CaptureSealed) and event.capture in folders
    ]
    seals = [each for each in seals if each.checkpoint not in known]
    # The case's newest checkpoint covers every line before it: one token is enough, and it comes last so that it covers
    # the lines about the others. If only such lines came since, another token would never be the last one.
    covered = max((n for n in range(len(events) + 1) if _own(n) in known), default=0)
    if any(not isinstance(event, Timestamped) for event in events[covered:]):
        seals.append(SealWithoutTimestamp(what="case", checkpoint=_own(len(events)), sealed=events[-1].time))
    return seals


def _own(size: int) -> str:
    return f"{CHECKPOINTS}/{checkpoint_name(size)}"


def timestamp_seals(
    case: Case,
    authorities: Sequence[str],
    *,
    key: SigningKey,
    only: Collection[str] | None = None,
    clock: Clock = system_clock,
) -> Iterator[TimestampOutcome]:
    """Get a trusted time for every seal of a case that has none, or for those of the captures `only` and the case's.

    Yields what became of each. Nothing is locked while an authority is waited for. Raises what the case raises when it
    cannot be read or written: InUse, NotAsSigned, Unwritable, Unreadable, BadFormat.
    """
    record_left_tokens(case, key=key, clock=clock)
    with case.held(key):
        pass  # what nobody signed is refused before an authority is asked
    asked = Authorities(authorities)
    for each in seals_without_timestamp(case):
        if each.what != "case" and (only is None or each.checkpoint.split("/")[1] in only):
            yield _timestamp_one(case, each, asked, key, clock)
    for each in seals_without_timestamp(case)[-1:]:
        if each.what == "case":
            yield _timestamp_one(case, each, asked, key, clock)


def _timestamp_one(
    case: Case, seal: SealWithoutTimestamp, authorities: Authorities, key: SigningKey, clock: Clock
) -> TimestampOutcome:
    try:
        note = _sealed_bytes(case, seal)
        url, token = authorities.ask(note)
        event = timestamped_event(seal, note, token, key, clock, url=shown(url))
        case.record_token(event, token.data, key=key)
    except (TrustedTimeError, WouldOverwrite, Unreadable) as error:
        return TimestampOutcome(what=seal.what, checkpoint=seal.checkpoint, timestamped=None, reason=str(error))
    return TimestampOutcome(what=seal.what, checkpoint=seal.checkpoint, timestamped=case.timestamped()[seal.checkpoint])


def _sealed_bytes(case: Case, seal: SealWithoutTimestamp) -> bytes:
    """Read a checkpoint file. Raises Unreadable, also where it is not the one that was sealed."""
    path = case.path / seal.checkpoint
    note = read_small(path, root=case.path)
    if seal.sha256 and Digest.of_bytes(note).hex != seal.sha256:
        raise Unreadable(f"{path}: altered since it was sealed")
    return note


def timestamped_event(
    seal: SealWithoutTimestamp, note: bytes, token: Token, key: SigningKey, clock: Clock, *, url: str = ""
) -> Timestamped:
    """Return the event that records a token of this seal. Raises BadFormat where the seal is of no time."""
    return Timestamped(
        time=time_text(clock()),
        checkpoint=seal.checkpoint,
        checkpoint_sha256=Digest.of_bytes(note).hex,
        token_sha256=Digest.of_bytes(token.data).hex,
        token_time=time_text(token.time),
        authority=token.authority,
        late=round((token.time - _moment(seal)).total_seconds(), 3),
        signer=key.public.raw.hex(),
        url=url,
    )


def _moment(seal: SealWithoutTimestamp) -> datetime:
    try:
        moment = datetime.fromisoformat(seal.sealed)
    except ValueError as error:
        raise BadFormat(f"{seal.checkpoint}: sealed at no time: {seal.sealed[:40]!r}") from error
    if moment.tzinfo is None:
        raise BadFormat(f"{seal.checkpoint}: sealed at a time without a zone: {seal.sealed[:40]!r}")
    return moment


def record_left_tokens(case: Case, *, key: SigningKey, clock: Clock = system_clock) -> int:
    """Record the tokens whose process died before it could; return how many.

    What is no token of its checkpoint, or was not got by this user on this computer, is left as it is: `goldenhour
    verify` names it. Raises what the case raises.
    """
    recorded = 0
    for seal in _perhaps_left(case):
        path = case.path / token_path(seal.checkpoint)
        with reading(path):
            half = inside.kind(path.with_name(path.name + PART), case.path) != 0
            there = inside.is_file(path, case.path)
        if half:
            case.drop_token_part(seal.checkpoint, key=key)
        if not there:
            continue
        with suppress(TrustedTimeError, Unreadable):
            # Three questions, each of which a file that a stranger put there fails: is it a token, of this very
            # checkpoint, and got by this user here.
            note, token = _sealed_bytes(case, seal), read_token(read_small(path, LARGEST, root=case.path))
            token.demand_of(note)
            if not token_had_here(case.info.id, seal.checkpoint, Digest.of_bytes(token.data).hex):
                continue
            recorded += case.record_token(timestamped_event(seal, note, token, key, clock), token.data, key=key)
    return recorded


def _perhaps_left(case: Case) -> Iterator[SealWithoutTimestamp]:
    """Yield the seals that have no trusted time on record and something in the place of a token."""
    left = case.left_tokens()
    if not left:
        return
    times = [event.time for event in case.events()]
    for seal in [
        *(each for each in seals_without_timestamp(case) if each.checkpoint.startswith(CAPTURES)),
        *_own_ones(times),
    ]:
        if seal.checkpoint in left:
            yield seal


def _own_ones(times: Sequence[str]) -> list[SealWithoutTimestamp]:
    return [SealWithoutTimestamp(what="case", checkpoint=_own(size), sealed=time) for size, time in enumerate(times, 1)]
