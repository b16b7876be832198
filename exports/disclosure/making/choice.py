"""Which lines of a capture's ledger tell of the items disclosed, and what these lines name of others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from exports.errors import NothingToExport
from hashing.case.events import (
    CaptureEvent,
    CaptureFinished,
    CaptureStarted,
    ClockMeasured,
    Exchange,
    Failed,
    IntakeBegun,
    Item,
    ItemFacts,
    PageJudged,
    PageRendered,
    PostChanged,
    PostRead,
    ProofRead,
    RenderingBegun,
    WorkingCopy,
)


def demand_items(exhibit: str, events: Sequence[CaptureEvent], refs: Collection[str]) -> None:
    """Check that each of these is an item of the capture. Raises NothingToExport."""
    named = set(refs)
    items = {event.ref for event in events if isinstance(event, Item) and event.ref in named}
    failed = {event.ref: event.reason for event in events if isinstance(event, Failed) and event.ref in named}
    for ref in refs:
        # Asked for first: "no such item" would be untrue of one that was sought in vain.
        if ref in failed and ref not in items:
            raise NothingToExport(
                f"{ref}: was not captured ({failed[ref]}): there is nothing to disclose",
                hint=f"the whole exhibit shows what failed, and why: --exhibit {exhibit}",
            )
        if ref not in items:
            raise NothingToExport(
                f"{ref}: {exhibit} has no such item", hint=f"see its items with: goldenhour show CASE {exhibit}"
            )


def with_superseded_bodies(events: Sequence[CaptureEvent], refs: Collection[str]) -> set[str]:
    """Return the references with those of bodies that redirects left on the way to an item: `MP/1-0003.5`."""
    return {event.ref for event in events if isinstance(event, Item) and _SUPERSEDED_BODY.sub("", event.ref) in refs}


def chosen_lines(events: Sequence[CaptureEvent], refs: Collection[str]) -> list[int]:
    """Return the indices of the lines that begin and close the capture or measure its clock, and of those about items.

    An item that was cut out of another comes with that one's exchange, which is disclosed only if the other one is.
    """
    exchanges = {
        event.exchange
        for event in events
        if isinstance(event, Item) and event.ref in refs and (event.excerpt is None or event.excerpt.of in refs)
    }
    renderings = {
        event.rendering for event in events if isinstance(event, Item) and event.ref in refs and event.rendering
    }
    return [index for index, event in enumerate(events) if _belongs(event, refs, exchanges, renderings)]


def _belongs(
    event: CaptureEvent, refs: Collection[str], exchanges: Collection[int], renderings: Collection[int]
) -> bool:
    match event:
        # The frame of the capture, without which nothing of it can be understood; its last line counts what is
        # withheld.
        case CaptureStarted() | IntakeBegun() | ClockMeasured() | CaptureFinished():
            return True
        case Exchange():
            return event.exchange in exchanges
        case RenderingBegun() | PageRendered():
            return event.rendering in renderings
        case Item() | ItemFacts() | PostRead() | ProofRead() | PageJudged() | WorkingCopy() | Failed():
            return event.ref in refs
        case PostChanged():
            return {event.before, event.after} - {""} <= set(refs)
        case _:
            return False


def remarks(events: Sequence[CaptureEvent], lines: Sequence[bytes], refs: Collection[str]) -> Iterator[str]:
    """Yield a sentence for whatever the lines disclosed cannot show alone, or name of items that are withheld."""
    for event, line in zip(events, lines, strict=True):
        if isinstance(event, Item) and event.excerpt is not None and event.excerpt.of not in refs:
            yield f"{event.ref}: cut out of {event.excerpt.of}; that it stands there cannot be checked without it"
        elif isinstance(event, ProofRead) and {event.post, event.identity} - {""} - set(refs):
            missing = " and ".join(sorted({event.post, event.identity} - {""} - set(refs)))
            yield f"{event.ref}: the signed proof cannot be checked without {missing}"
        elif isinstance(event, WorkingCopy | PostRead | Failed | Item):
            # The line is sealed whole: another item's name in it goes out with it, and the officer is told.
            named = set(_ITEM.findall(line.decode())) - set(refs) - {event.ref}
            if named:
                yield f"{event.ref}: its line names {', '.join(sorted(named))}, which is withheld"


# Such a body has the item's reference and its exchange's number: `MP/1-0003.7`.
_SUPERSEDED_BODY = re.compile(r"\.[0-9]+\Z")
_ITEM = re.compile(r"(?<![\w/])[^\s\"/,:;()\[\]{}]{1,40}/[0-9]{1,18}-[0-9]{4,18}(?![0-9])")
