"""Polls (https://docs.joinmastodon.org/entities/Poll/): their options are words of the post, their votes are counts."""

from __future__ import annotations

from collections.abc import Iterator

from capture.extractors.json_value import count, line, mapping, sequence, time
from hashing.case.facts import Fact

_MOST = 50
_LONGEST = 300


def poll_text(text: str, poll: object) -> str:
    """Return a post's text with the options of its poll below it, without the votes, which change by the minute."""
    options = "\n".join(f"( ) {title}" for title, _ in _options(poll))
    return "\n\n".join(filter(None, (text, options)))


def poll_counts(poll: object) -> dict[str, int]:
    """Return the votes for each option at the time of capture."""
    counts = {f"votes for {title}": votes for title, votes in _options(poll) if votes is not None}
    total = count(mapping(poll).get("votes_count"))
    return counts if total is None else {"votes": total, **counts}


def poll_facts(poll: object) -> tuple[Fact, ...]:
    """Return what else a poll says."""
    said = mapping(poll)
    facts = [Fact("poll ends", time(said.get("expires_at")), "poll")]
    if isinstance(multiple := said.get("multiple"), bool):
        facts.append(Fact("poll allows several answers", multiple, "poll"))
    return tuple(fact for fact in facts if fact.value != "")


def _options(poll: object) -> Iterator[tuple[str, int | None]]:
    for option in sequence(mapping(poll).get("options"), _MOST):
        if title := line(mapping(option).get("title"), _LONGEST):
            yield title, count(mapping(option).get("votes_count"))
