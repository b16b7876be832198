"""What of a capture goes into a disclosure: the lines about the items, with proofs; their files; their exchanges."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from exports.disclosure.making.choice import chosen_lines, demand_items, remarks, with_superseded_bodies
from exports.disclosure.making.exchanges import Member, copied, find_members
from exports.disclosure.making.lines import DisclosedLine, disclosed_lines, line_files
from exports.disclosure.making.request import DisclosureRequest
from exports.disclosure.openings import LineOpening
from exports.errors import NotWhole
from exports.format.bag import is_portable
from exports.format.capture_view import reading_order, seal_of
from exports.format.disclosure_form import EXCHANGES, WITH_RECORDS, as_disclosed
from exports.format.entries import EventList, SealedCapture, folder_in_bundle
from exports.format.kept import Mapped, Picked, Spool
from exports.format.sealed_file import Fault, SealedFile, fault_of, size_of
from hashing.case.capture_folder import CHECKPOINT, case_folder
from hashing.case.case import CAPTURES, token_path
from hashing.case.events import (
    CaptureEvent,
    CaptureSealed,
    Exchange,
    IntakeBegun,
    Item,
    Timestamped,
    WarcPlace,
    WorkingCopy,
    decode_capture_event,
)
from hashing.case.redaction import CONTENT
from hashing.ledger.ledger import LEDGER, ledger_lines
from hashing.ledger.merkle import MerkleTree

_NAMED = 20


@dataclass(frozen=True, slots=True)
class DisclosureContents:
    """A file of a bundle that is written and not copied; `pieces` yields its `size` bytes."""

    name: str
    size: int
    pieces: Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class DisclosedContents:
    """The disclosed part of one capture, and what is known to be wrong with it before its files are read."""

    capture: SealedCapture
    items: tuple[str, ...]
    withheld: int  # Items of the capture that are not disclosed.
    files: tuple[SealedFile, ...]
    made: tuple[DisclosureContents, ...]
    faults: tuple[Fault, ...]
    remarks: tuple[str, ...]
    openings: tuple[LineOpening, ...]  # What is withheld of the lines disclosed.


def disclosed_contents(
    case: Path, sealed: CaptureSealed, request: DisclosureRequest, timestamped: Timestamped | None = None
) -> DisclosedContents:
    """Gather what the ledger of a sealed capture says of the items asked for, with their files and exchanges.

    Raises NothingToExport for an item that the capture does not have; NotRedactable; NotWhole where its ledger is not
    the sealed one; Unreadable, BadFormat.
    """
    # 1. The lines as they were sealed: what goes out is proven by the same root.
    folder = case / CAPTURES / sealed.capture
    lines = _sealed_lines(folder, sealed)
    events = Mapped(decode_capture_event, lines)
    # 2. Choose the lines that speak of the items asked for; in each, what is withheld gives way to its hash.
    wanted = [ref for ref in request.items if ref.startswith(f"{sealed.exhibit}-")]
    demand_items(sealed.exhibit, events, wanted)
    refs = with_superseded_bodies(events, set(request.items))
    protected = any(isinstance(event, IntakeBegun) and event.protected for event in events[:2])
    words = (*request.words, CONTENT) if protected else request.words
    copies = CONTENT not in request.words
    disclosed = disclosed_lines(lines, events, chosen_lines(events, refs), words, copies=copies)
    # 3. Find the files and the exchanges that these lines name. What is wrong with them is told before any is copied.
    sealed_events = [line.sealed for line in disclosed]
    members, faults = find_members(folder, [] if WITH_RECORDS & set(words) else _places(sealed_events))
    sources = _sources(folder, sealed, disclosed, timestamped, withheld=CONTENT in words)
    faults += [Fault("altered", str(folder / LEDGER), f"names a path that goldenhour never gives: {source.name!r}")
               for source in sources if not is_portable(source.name)]  # fmt: skip
    faults += [fault for source in sources if source.path.name == CHECKPOINT and (fault := fault_of(source))]
    # 4. Say it as the bundle will: each record where it stands in the file of the disclosed exchanges.
    shown = list(as_disclosed((line.event for line in disclosed), _places_in_disclosure(members)))
    items = [event.ref for event in shown if isinstance(event, Item)]
    if (seal := seal_of(folder)) is None:
        raise NotWhole(f"{folder}: not sealed")
    bare = _without_copy(shown) if protected and copies else []
    count = sum(isinstance(event, Item) for event in events)
    return DisclosedContents(
        capture=SealedCapture(EventList(shown), seal, timestamped, withheld=CONTENT in words),
        items=tuple(sorted(items, key=reading_order)),
        withheld=count - len(items),
        files=tuple(sources),
        made=tuple(_made(folder_in_bundle(sealed.capture), lines, disclosed, members)),
        faults=tuple(faults),
        remarks=(*remarks(sealed_events, [line.text() for line in disclosed], refs), *bare),
        openings=tuple(_openings(sealed.capture, disclosed)),
    )


def _without_copy(shown: Iterable[CaptureEvent]) -> list[str]:
    """Return a sentence on the items of a protected source in whose place nothing is handed over."""
    shown = list(shown)
    copied = {event.ref for event in shown if isinstance(event, WorkingCopy)}
    bare = [event.ref for event in shown if isinstance(event, Item) and event.ref not in copied]
    if not bare:
        return []
    named = ", ".join(bare[:_NAMED]) + (f" and {len(bare) - _NAMED:,} more" if len(bare) > _NAMED else "")
    return [f"{named}: of a protected source, and withheld whole: only photos, mails and messages have redacted copies"]


def _sealed_lines(folder: Path, sealed: CaptureSealed) -> Sequence[bytes]:
    kept, places, tree = Spool[bytes](bytes), array("Q"), MerkleTree()
    for line in ledger_lines(folder / LEDGER, root=case_folder(folder)):
        places.append(kept.add(line))
        tree.append(line)
    # Before anything is chosen from them: an altered ledger must not give a single line to anybody.
    root = tree.root().hex()
    if (tree.size, root) != (sealed.size, sealed.root):
        raise NotWhole(
            f"{folder / LEDGER}: altered: sealed with {sealed.size} lines and root {sealed.root}, "
            f"found {tree.size} and {root}; nothing was handed over",
            hint="restore it from a copy of the case",
        )
    return Picked(kept, places)


def _places(events: Iterable[CaptureEvent]) -> list[WarcPlace]:
    exchanges = [event for event in events if isinstance(event, Exchange)]
    return [place for event in exchanges for place in (event.warc, event.request_warc) if place is not None]


def _sources(
    folder: Path,
    sealed: CaptureSealed,
    lines: Iterable[DisclosedLine],
    timestamped: Timestamped | None,
    *,
    withheld: bool,
) -> list[SealedFile]:
    inside = folder_in_bundle(sealed.capture)
    checkpoint, token = folder / CHECKPOINT, folder / token_path(CHECKPOINT)
    root = case_folder(folder)
    sources = [
        SealedFile(checkpoint, f"{inside}/{CHECKPOINT}", size_of(checkpoint, root), sealed.checkpoint_sha256, root)
    ]
    if timestamped is not None:
        sources.append(
            SealedFile(token, f"{inside}/{token.name}", size_of(token, root), timestamped.token_sha256, root)
        )
    for line in lines:
        kept, shown = line.sealed, line.event
        if withheld and not (isinstance(kept, WorkingCopy) and kept.redacted):
            continue
        if isinstance(kept, Item | WorkingCopy) and isinstance(shown, Item | WorkingCopy):
            sources.append(SealedFile(folder / kept.path, f"{inside}/{shown.path}", kept.size, kept.sha256, root))
    # Several items may share one file, which is copied once.
    return list({source.name: source for source in sources}.values())


def _places_in_disclosure(members: Iterable[Member]) -> dict[str, int]:
    """Return where each record will stand in the file of the exchanges disclosed."""
    places: dict[str, int] = {}
    length = 0
    for member in members:
        places[member.record] = length
        length += member.size
    return places


def _openings(capture: str, disclosed: Iterable[DisclosedLine]) -> Iterator[LineOpening]:
    by_exchange = {line.sealed.exchange: line.sealed.ref for line in disclosed if isinstance(line.sealed, Item)}
    for line in disclosed:
        if line.withheld:
            number = getattr(line.sealed, "exchange", 0)
            of = str(getattr(line.sealed, "ref", "") or by_exchange.get(number, "") or "the capture")
            withheld = tuple(each.decode() for each in line.withheld.values())
            yield LineOpening(capture=capture, line=line.index, of=of, withheld=withheld)


def _made(
    inside: str, lines: Sequence[bytes], disclosed: Sequence[DisclosedLine], members: Sequence[Member]
) -> list[DisclosureContents]:
    made = [_whole(f"{inside}/{name}", data) for name, data in line_files(lines, disclosed)]
    if members:
        size = sum(member.size for member in members)
        made.append(DisclosureContents(f"{inside}/{EXCHANGES}", size, lambda: copied(members)))
    return made


def _whole(name: str, data: bytes) -> DisclosureContents:
    return DisclosureContents(name, len(data), lambda: [data])
