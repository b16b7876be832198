"""Custody: what is done with an exhibit after its capture, recorded in the case's own ledger.

An event is what an officer states. It is added and signed like every change of a case, and nothing takes it away; what
was recorded wrongly is put right by a further event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from hashing.case.case import Case
from hashing.case.events import Custody, Described, VerifiedBy
from hashing.case.exhibit import demand_known
from hashing.errors import NotRecordable
from hashing.ledger.keys import SigningKey
from hashing.times import Clock, system_clock, time_text

VERIFIED = "verified"
DISCLOSED = "disclosed"
ACTIONS = ("seized", "sealed", "handed-over", "received", "opened", "copied", VERIFIED, DISCLOSED, "disposed")
# Characters of anything that an officer states; so that a line of the ledger stays far below the longest allowed.
LONGEST_TEXT = 4_000

# Without these an event would leave a gap in the chain.
_DEMANDED = {"handed-over": ("from", "to"), "received": ("from",), DISCLOSED: ("to",), "disposed": ("reason",)}


class Handling(msgspec.Struct, frozen=True, kw_only=True):
    """What an officer states of a custody event; `at` is its own time, with zone, or None for the time of recording."""

    action: str
    giver: str = ""
    receiver: str = ""
    reason: str = ""
    place: str = ""
    at: datetime | None = None
    receipt: VerifiedBy | None = None


def record_custody(
    case: Case, refs: Sequence[str], handling: Handling, *, key: SigningKey, officer: str, clock: Clock = system_clock
) -> tuple[Custody, ...]:
    """Record a custody event of each of these exhibits or items, all or none; return the events.

    Raises NoSuchExhibit; NotRecordable for an unknown action, for what is not said and must be, for a time in the
    future and for text that cannot be kept; InUse, Unwritable, NotAsSigned.
    """
    texts = {"from": handling.giver, "to": handling.receiver, "reason": handling.reason, "place": handling.place}
    # Everything is checked before anything is written: of several exhibits all are recorded or none, in one change.
    _check(handling, texts)
    demand_recordable({**texts, "officer": officer})
    began = demand_known(case, refs)
    now = clock()
    at = _past(handling.at, now)
    # A device may be seized before the capture of what was on it; nothing else can happen to an exhibit before it
    # exists.
    if handling.action != "seized":
        _check_after(at, began)
    events = tuple(
        Custody(
            time=time_text(now),
            ref=ref,
            action=handling.action,
            officer=officer,
            signer=key.public.raw.hex(),
            at=at,
            giver=handling.giver,
            receiver=handling.receiver,
            reason=handling.reason,
            place=handling.place,
            receipt=handling.receipt,
        )
        for ref in dict.fromkeys(refs)
    )
    case.record(*events, key=key)
    return events


def disclosed_events(
    refs: Sequence[str],
    *,
    key: SigningKey,
    officer: str,
    receiver: str,
    reason: str,
    redacted: Sequence[str],
    time: str,
) -> tuple[Custody, ...]:
    """Return the custody events of items that are handed over in a bundle of their own, one each.

    They are recorded together with the bundle, so who receives it may not be known yet. Raises NotRecordable for text
    that cannot be kept.
    """
    demand_recordable({"to": receiver, "reason": reason, "officer": officer})
    return tuple(
        Custody(
            time=time,
            ref=ref,
            action=DISCLOSED,
            officer=officer,
            signer=key.public.raw.hex(),
            receiver=receiver,
            reason=reason,
            redacted=tuple(redacted),
        )
        for ref in refs
    )


def record_description(
    case: Case,
    ref: str,
    description: str,
    *,
    key: SigningKey,
    officer: str,
    place: str = "",
    at: datetime | None = None,
    clock: Clock = system_clock,
) -> Described:
    """Describe an exhibit or an item; an earlier description stays. `place` and `at` are those of its seizure.

    Raises NoSuchExhibit; NotRecordable for a time in the future and for text that cannot be kept; InUse, Unwritable,
    NotAsSigned.
    """
    if not description.strip():
        raise NotRecordable(f"{ref}: a description must say something")
    demand_recordable({"description": description, "place": place, "officer": officer})
    demand_known(case, [ref])
    now = clock()
    event = Described(
        time=time_text(now),
        ref=ref,
        description=description,
        officer=officer,
        signer=key.public.raw.hex(),
        at=_past(at, now),
        place=place,
    )
    case.record(event, key=key)
    return event


def _check(handling: Handling, said: dict[str, str]) -> None:
    if handling.action not in ACTIONS:
        raise NotRecordable(f"{handling.action}: not a custody event", hint=f"one of {', '.join(ACTIONS)}")
    # Both ways round: "verified" without a receipt is a claim without proof, and a receipt proves nothing but that.
    if (handling.action == VERIFIED) != (handling.receipt is not None):
        raise NotRecordable(
            f"{handling.action}: a verification is recorded from its receipt, and nothing else is",
            hint="make one with: goldenhour verify PATH --receipt FILE",
        )
    for name in _DEMANDED.get(handling.action, ()):
        if not said[name].strip():
            raise NotRecordable(f"{handling.action}: --{name} is not said, and the log must show it")


def demand_recordable(texts: dict[str, str]) -> None:
    """Refuse a text, by its name, that is too long or cannot be written in UTF-8. Raises NotRecordable."""
    for name, text in texts.items():
        if len(text) > LONGEST_TEXT:
            raise NotRecordable(f"{name}: {len(text):,} characters, and the log takes {LONGEST_TEXT:,}")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise NotRecordable(f"{name}: not valid UTF-8") from error


def _check_after(at: str, began: Mapping[str, str]) -> None:
    """Refuse a time before the exhibit was there; to the minute, as officers state times."""
    minute = len("2026-11-24T10:15")
    for exhibit, time in began.items():
        if at and at[:minute] < time[:minute]:
            raise NotRecordable(f"{at}: before the capture of {exhibit}, which began {time}")


def _past(at: datetime | None, now: datetime) -> str:
    if at is None:
        return ""
    if at > now:
        raise NotRecordable(f"{time_text(at)}: in the future; it is {time_text(now)} by this computer's clock")
    return time_text(at)
