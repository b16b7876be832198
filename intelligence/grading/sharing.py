"""Who may be told: which items the handling codes of their grades let a recipient have, and why not the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from exports.format.continuity import case_grades, grade_of
from exports.format.manifest import GradeRecord
from hashing.case.capture_folder import capture_events
from hashing.case.case import CAPTURES, Case
from hashing.case.events import CaptureSealed, Item
from hashing.case.redaction import AUTHOR
from intelligence.errors import NotShareable

OWN, LAW, PARTNER, ABROAD = "own-agency", "law-enforcement", "uk-partner", "foreign-law-enforcement"
# Whom material is made for, as the codes of 5x5x5 tell them apart; 3x5x2 does not.
RECIPIENTS: Mapping[str, str] = MappingProxyType(
    {
        OWN: "within the agency that graded",
        LAW: "law enforcement in the United Kingdom and the European Economic Area",
        PARTNER: "a party in the United Kingdom that does not prosecute",
        ABROAD: "law enforcement outside the European Economic Area",
    }
)
# Who may have what 5x5x5 gives this handling code. Code 5 is nobody's but the originator's to give.
_MAY: Mapping[str, frozenset[str]] = MappingProxyType(
    {"1": frozenset({OWN, LAW}), "2": frozenset({OWN, PARTNER}), "3": frozenset({OWN, ABROAD}), "4": frozenset({OWN})}
)
_PERMITTED, _WITH_CONDITIONS = "P", "C"


@dataclass(frozen=True, slots=True)
class Sharing:
    """Which items a recipient may have, what of them is withheld, and how many are kept back by which rule."""

    items: tuple[str, ...]
    redact: tuple[str, ...]
    kept_back: tuple[tuple[str, int], ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return in a sentence each how many items are kept back, and why."""
        return tuple(f"{count:,} kept back: {rule}" for rule, count in self.kept_back)


def shared_with(case: Case, recipient: str, *, conditions_met: bool = False, exhibits: Iterable[str] = ()) -> Sharing:
    """Choose the items of a case's sealed captures that a recipient of this class may have.

    Who handed something in is withheld with all that names the author. Raises NotShareable where nothing may go out;
    BadKey, BadFormat, Unreadable.
    """
    wanted, grades = set(exhibits), case_grades(dict(enumerate(case.events())))
    items, rules, handed_in = list[str](), Counter[str](), False
    for event in case.events():
        if not isinstance(event, CaptureSealed) or (wanted and event.exhibit not in wanted):
            continue
        for item in capture_events(case.path / CAPTURES / event.capture):
            if not isinstance(item, Item):
                continue
            # Kept back unless a grade permits it: an item that nobody graded is nobody's to share.
            rule = kept_back_by(grade_of(grades, item.ref), recipient, conditions_met=conditions_met)
            if rule:
                rules[rule] += 1
            else:
                items.append(item.ref)
                handed_in = handed_in or not item.exchange
    if not items:
        why = "; ".join(f"{count:,} {rule}" for rule, count in rules.most_common()) or "it has no sealed items"
        raise NotShareable(
            f"{case.path}: nothing may go to {recipient}: {why}",
            hint="grade items first; what each code permits is shown by: goldenhour grade --explain",
        )
    return Sharing(tuple(items), (AUTHOR,) if handed_in else (), tuple(sorted(rules.items())))


def kept_back_by(given: GradeRecord | None, recipient: str, *, conditions_met: bool) -> str:
    """Return the rule by which an item of this grade is kept back from a recipient; "" where it may go out."""
    if given is None:
        return "not graded"
    grade = given.grade
    if grade.scheme == "5x5x5":
        return "" if recipient in _MAY.get(grade.handling, frozenset()) else f"handling code {grade.handling} of 5x5x5"
    if grade.handling == _PERMITTED or (grade.handling == _WITH_CONDITIONS and conditions_met):
        return ""
    return f"handling code {grade.handling} of 3x5x2, whose conditions are not said to be met"
