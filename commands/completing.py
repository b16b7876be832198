"""What the Tab key offers beside commands, options and paths: exhibits and items of the case that was typed, words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

import click

from commands.settings import case_of

_MOST_ITEMS = 200  # Of one exhibit: what fits a few screens.


def complete_exhibits(ctx: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """Return the exhibits of the case that stands before, which begin with what was typed; behind `MP/1-` its items.

    None where it is no case.
    """
    from hashing.case.capture_folder import capture_events
    from hashing.case.case import Case
    from hashing.case.events import CaptureRegistered, Item
    from hashing.errors import HashingError

    # Behind an option that waits for its value click has taken no argument yet: the case stands in what is left.
    case = case_of(ctx) or next(map(Path, ctx.args), None)
    if case is None:
        return []
    try:
        opened = Case.open(case)
        there = {path.name: path for path in opened.captures()}
        registered = [each for each in opened.events() if isinstance(each, CaptureRegistered)]
        refs = [each.exhibit for each in registered]
        for each in registered:
            if typed.startswith(f"{each.exhibit}-") and each.capture in there:
                events = capture_events(there[each.capture])
                items = (event.ref for event in events if isinstance(event, Item) and event.ref.startswith(typed))
                refs += islice(items, _MOST_ITEMS)
    except (HashingError, OSError):
        return []
    return [ref for ref in refs if ref.startswith(typed) and ref.isprintable()]


def complete_words(words: Callable[[], Iterable[str]]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return what offers those of some words that begin as was typed; behind a comma the next one."""

    def _complete(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
        before, comma, begun = typed.rpartition(",")
        return [f"{before}{comma}{word}" for word in words() if word.startswith(begun)]

    return _complete
