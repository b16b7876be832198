"""What the Tab key offers beside commands, options and paths: exhibits of the case that was typed, and words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from commands.settings import case_of


def complete_exhibits(ctx: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """Return the exhibits of the case that stands before, which begin with what was typed; none where it is no case."""
    from hashing.case.case import Case
    from hashing.case.events import CaptureRegistered
    from hashing.errors import HashingError

    # Behind an option that waits for its value click has taken no argument yet: the case stands in what is left.
    case = case_of(ctx) or next(map(Path, ctx.args), None)
    if case is None:
        return []
    try:
        exhibits = [each.exhibit for each in Case.open(case).events() if isinstance(each, CaptureRegistered)]
    except (HashingError, OSError):
        return []
    return [exhibit for exhibit in exhibits if exhibit.startswith(typed) and exhibit.isprintable()]


def complete_words(words: Callable[[], Iterable[str]]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return what offers those of some words that begin as was typed; behind a comma the next one."""

    def _complete(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
        before, comma, begun = typed.rpartition(",")
        return [f"{before}{comma}{word}" for word in words() if word.startswith(begun)]

    return _complete
