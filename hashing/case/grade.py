"""Grading: how far an officer trusts a source and its information, and who may be told, in the codes of a scheme.

The codes are those of the United Kingdom's National Intelligence Model: 3x5x2, and 5x5x5, which it replaced and which
older material bears. What a code means stands in a table that a force may put in its own words
(`intelligence.grading`); a grade keeps the words as the officer read them. A grade is added and signed as every change
of a case is, and nothing takes it away: regrading adds a further one, with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from hashing.case.case import Case
from hashing.case.custody import demand_recordable
from hashing.case.events import Grade, Graded
from hashing.case.exhibit import demand_known
from hashing.errors import NotRecordable
from hashing.ledger.keys import SigningKey
from hashing.times import Clock, system_clock, time_text

SOURCE, INFORMATION, HANDLING = "source", "information", "handling"
PARTS = (SOURCE, INFORMATION, HANDLING)
# Each scheme with the codes, of one character each, of the parts that a grade has.
SCHEMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "3x5x2": MappingProxyType({SOURCE: "123", INFORMATION: "ABCDE", HANDLING: "PC"}),
        "5x5x5": MappingProxyType({SOURCE: "ABCDE", INFORMATION: "12345", HANDLING: "12345"}),
    }
)
_WITH_CONDITIONS, _WITHOUT_CONDITIONS = ("3x5x2", "C"), ("3x5x2", "P")


def grade_faults(grade: Grade) -> list[str]:
    """Return what is wrong with a grade, a sentence each: codes that its scheme does not have, conditions left out."""
    scheme = SCHEMES.get(grade.scheme)
    if scheme is None:
        return [f"{grade.scheme[:100]!r} is no scheme of grading: there are {' and '.join(SCHEMES)}"]
    codes = {SOURCE: grade.source, INFORMATION: grade.information, HANDLING: grade.handling}
    faults = [
        f"{part} {code[:100]!r} is no code of {grade.scheme}: one of {', '.join(scheme[part])}"
        for part, code in codes.items()
        if len(code) != 1 or code not in scheme[part]
    ]
    handled = grade.scheme, grade.handling
    if handled == _WITH_CONDITIONS and not grade.conditions.strip():
        faults.append("handling C permits sharing with conditions, and --conditions does not say which")
    if handled == _WITHOUT_CONDITIONS and grade.conditions:
        faults.append("handling P permits sharing without conditions: say C where there are some")
    return faults


def record_grade(
    case: Case,
    refs: Sequence[str],
    grade: Grade,
    *,
    key: SigningKey,
    officer: str,
    reason: str = "",
    clock: Clock = system_clock,
) -> tuple[Graded, ...]:
    """Record a grade of each of these exhibits or items, all or none; return the events.

    Raises NoSuchExhibit; NotRecordable for a code that the scheme does not have, for a regrading without a reason and
    for text that cannot be kept; InUse, Unwritable, NotAsSigned.
    """
    if faults := grade_faults(grade):
        raise NotRecordable("; ".join(faults), hint="goldenhour grade --explain shows what each code means")
    means = dict(zip(PARTS, grade.means, strict=False))
    demand_recordable({"conditions": grade.conditions, "reason": reason, "officer": officer, **means})
    demand_known(case, refs)
    if not reason.strip() and (before := _graded_before(case, refs)):
        ref, earlier = before
        raise NotRecordable(
            f"{ref}: is graded {earlier.grade} already, and --reason does not say why that changes",
            hint="the earlier grade stays on record beside the new one",
        )
    events = tuple(
        Graded(
            time=time_text(clock()), ref=ref, grade=grade, reason=reason, officer=officer, signer=key.public.raw.hex()
        )
        for ref in dict.fromkeys(refs)
    )
    case.record(*events, key=key)
    return events


def _graded_before(case: Case, refs: Sequence[str]) -> tuple[str, Graded] | None:
    grades = {event.ref: event for event in case.events() if isinstance(event, Graded)}
    return next(((ref, grades[ref]) for ref in refs if ref in grades), None)
