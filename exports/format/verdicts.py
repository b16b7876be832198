"""What a page turned out to be, in a line for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hashing.case.verdict import MEANING

if TYPE_CHECKING:
    from hashing.case.events import PageJudged


def verdict_line(judged: PageJudged) -> str:
    """Return the verdict on a page, its title, where it stands, and the reasons."""
    title = f'"{judged.title}" ' if judged.title else ""
    onward = f", leads on to {judged.leads_to}" if judged.leads_to else ""
    reasons = f" ({'; '.join(judged.reasons)})" if judged.reasons else ""
    meaning = MEANING.get(judged.verdict, judged.verdict)
    return f"{judged.verdict}: {title}at {judged.final_url or judged.url}{onward}: {meaning}{reasons}"
