"""Words that programs read in photos and heard in recordings: findings of the check, by the items that they are of."""

from __future__ import annotations

from collections.abc import Iterable

from hashing.case.events import FoundFact

WORDS = "words"  # The kind of such a finding.


def found_words(lines: Iterable[object]) -> dict[str, list[FoundFact]]:
    """Return the findings among a case's lines that say what was read or heard, by the item's reference."""
    found = dict[str, list[FoundFact]]()
    for event in lines:
        if isinstance(event, FoundFact) and event.kind == WORDS:
            for each in event.rests_on:
                found.setdefault(each.ref, []).append(event)
    return found


def joined_words(findings: Iterable[FoundFact]) -> str:
    """Return the words of findings, as a search looks through them."""
    return "\n".join(each.known for finding in findings for each in finding.rests_on)
