"""What an entry of a custody log states, in a person's words: the same in the terminal and in the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exports.format.moment import second

if TYPE_CHECKING:
    from exports.format.manifest import CustodyRecord
    from hashing.case.events import Grade

_VERDICTS = {"ok": "whole", "mismatch": "does not match", "unchecked": "could not be checked"}
_OWN = {"seized": "from", "sealed": "seal", "copied": "into", "merged": "from case"}


def custody_phrases(entry: CustodyRecord) -> list[str]:
    """Return what an entry states, a phrase each; texts stand as they were given, so show them with care."""
    own = f"{_OWN[entry.event]} {entry.detail}" if entry.event in _OWN and entry.detail else entry.detail
    phrases = [
        f"as stated in case {entry.elsewhere}" if entry.elsewhere else "",
        own,
        f"recorded by {entry.recorder}" if entry.recorder else "",
        entry.description,
        *(graded(entry.grade) if entry.grade else ()),
        f"seized {second(entry.seized)}" if entry.seized else "",
        f"from {entry.giver}" if entry.giver else "",
        f"to {entry.receiver}" if entry.receiver else "",
        f"reason: {entry.reason}" if entry.reason else "",
        f"place: {entry.place}" if entry.place else "",
        f"without {', '.join(entry.redacted)}" if entry.redacted else "",
    ]
    if entry.receipt:
        verdict = _VERDICTS.get(entry.receipt.verdict, entry.receipt.verdict)
        phrases.append(f"{entry.receipt.what}, seal {entry.receipt.fingerprint}: {verdict}")
        phrases.append(f"receipt signed by key {entry.receipt.verifier}")
    return [phrase for phrase in phrases if phrase]


def graded(grade: Grade) -> list[str]:
    """Return a grade with what its codes mean and its conditions, a phrase each."""
    means = zip(("source", "information", "handling"), grade.means, strict=False)
    phrases = [str(grade), *(f"{part}: {meaning}" for part, meaning in means)]
    phrases += [f"conditions: {grade.conditions}"] if grade.conditions else []
    return [*phrases, f"wording: {grade.wording}"] if grade.wording else phrases
