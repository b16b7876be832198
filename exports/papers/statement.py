"""A witness statement that produces exhibits, as section 9 of the Criminal Justice Act 1967 wants it.

The form follows rules 16.2 and 16.3 of the Criminal Procedure Rules (England and Wales): name, age where it is under
18, the declaration, the signature, and each exhibit described so that it is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from exports.errors import ExportError
from exports.format.bundle_listing import CaptureListing
from exports.format.disclosure_form import WITHHELD
from exports.format.manifest import CustodyRecord
from exports.format.moment import second
from exports.format.phrases import exhibit_ranges, skips_together
from exports.papers.paper import (
    Blank,
    Numbering,
    Paper,
    PaperBlock,
    PaperHeading,
    PaperParagraph,
    PaperTable,
    Words,
    stated,
)
from exports.papers.source import PaperSource
from hashing.case.events import IntakeBegun
from hashing.case.kinds import CaptureStatus
from hashing.printable import human_size

_NAMED = 5  # Things not received that a paragraph names; the report has them all.
# Entries of a log that say what the paragraphs on the capture, and the bundle itself, say already.
_OWN = frozenset({"seized", "sealed", "described", "copied"})
# Entries that are intelligence: what is served on the other side says nothing of them.
_GRADED = "graded"
_ENDED: dict[str, str] = {
    CaptureStatus.COMPLETE: "It received all that it sought.",
    CaptureStatus.PARTIAL: "It was captured in part.",
    CaptureStatus.NOTHING: "It received nothing of what it sought.",
    CaptureStatus.INTERRUPTED: "It was interrupted before its end.",
}


def statement(source: PaperSource, witness: str) -> Paper:
    """Draft the statement of a witness: the one officer of the bundle's captures, or the one of several that is named.

    Raises ExportError where several captured and none is named, or the one named did not.
    """
    captures = source.listing.captures
    name = _witness(source, witness)
    # A witness states what they did themselves; what others did is hearsay in this paper, and is named as theirs.
    own = [capture for capture in captures if capture.started.officer == name]
    others = exhibit_ranges([capture.exhibit for capture in captures if capture.started.officer != name])
    further = [f"{others}: captured by somebody else, whose statement is to produce them."] if others else []
    if any(entry.event == _GRADED for capture in own for entry in capture.custody):
        further.append("The log also holds grades. They are intelligence, and left out here.")
    return Paper(
        title="Witness statement",
        subtitle="Criminal Justice Act 1967, s. 9; Criminal Procedure Rules, r. 16.2",
        running=source.running,
        blocks=(
            *_opening(source, name),
            *_body(source, own),
            PaperParagraph(("Signature: ", Blank("signature"), "   Date: ", Blank("date"))),
            PaperParagraph(("Signature witnessed by: ", Blank("name and signature, or strike out"))),
            *source.notes(*further),
        ),
    )


def _witness(source: PaperSource, witness: str) -> str:
    names = dict.fromkeys(capture.started.officer for capture in source.listing.captures)
    if witness and witness not in names:
        raise ExportError(
            f"{stated(witness)} captured nothing in this bundle",
            hint=f"its captures name {', '.join(map(stated, names))}",
        )
    if not witness and len(names) > 1:
        raise ExportError(
            f"captures of {len(names)} officers are in this bundle, and a statement is one person's",
            hint=f"name whose with --witness: {', '.join(map(stated, names))}",
        )
    return witness or next(iter(names), "")


def _name(name: str) -> str | Blank:
    return stated(name) if name and name != WITHHELD else Blank("name; it is withheld from this bundle")


def _opening(source: PaperSource, name: str) -> Iterator[PaperBlock]:
    case = source.listing.case
    rows: list[tuple[str, str | Blank]] = [
        ("Statement of", _name(name)),
        ("Age if under 18", Blank("age, or: over 18")),
        ("Occupation", Blank("occupation, rank and number")),
        ("Unique reference number", Blank("URN")),
        ("Case", stated(f"{case.reference} {case.title}") or Blank("reference of the case")),
    ]
    yield PaperTable((30, 70), (), tuple(((label,), (said,)) for label, said in rows))
    yield PaperParagraph((
        "This statement (consisting of ", Blank("number"), (" page(s) each signed by me) is true to the best of my "
        "knowledge and belief and I make it knowing that, if it is tendered in evidence, I shall be liable to "
        "prosecution if I have wilfully stated in it anything which I know to be false, or do not believe to be true."),
    ))  # fmt: skip
    yield PaperParagraph(("Signature: ", Blank("signature"), "   Date: ", Blank("date")))


def _body(source: PaperSource, captures: Sequence[CaptureListing]) -> Iterator[PaperBlock]:
    numbered = Numbering()
    yield numbered("I am ", Blank("who I am: rank or post, employer, station, experience with this tool"), ".")
    yield numbered("I was asked to secure material for ", Blank("by whom, when, and for what purpose"), ".")
    for capture in captures:
        yield PaperHeading(f"Exhibit {stated(capture.exhibit)}")
        yield numbered(*_made(capture))
        yield numbered(*_received(capture))
        for missing in _missing(capture):
            yield numbered(missing)
        yield numbered(*_produced(source, capture))
        for entry in capture.custody:
            if entry.event not in _OWN | {_GRADED}:
                yield numbered(_handled(entry))


_TAKEN_IN: dict[str, str] = {
    CaptureStatus.COMPLETE: "All of it was taken in.",
    CaptureStatus.PARTIAL: "Not all of it could be taken in or opened.",
    CaptureStatus.NOTHING: "None of it could be taken in.",
    CaptureStatus.INTERRUPTED: "It was interrupted before its end.",
}


def _made(capture: CaptureListing) -> Words:
    if capture.intake is not None:
        return _taken_in(capture, capture.intake)
    started, finished = capture.started, capture.finished
    clock = capture.clock_says
    ended = _ENDED.get(finished.status, f"It ended as: {stated(finished.status)}.")
    reason = f" Reason: {stated(finished.reason)}." if finished.reason else ""
    unverified = (
        " The servers' certificates were not verified." if started.settings.get("tls_verified") is False else ""
    )
    return (
        (
            f"On {second(started.time)} I began to capture {stated(started.scene)} with {stated(started.tool)}, which "
            f"records each request that it makes, and the bytes that a server sends for it, as they come."
            f"{_shown(capture)} The capture ended on {second(finished.time)}. {ended}{reason}{unverified} The times "
            "are those of the computer that I used: "
        ),
        f"{stated(clock)}." if clock else Blank("how its clock was compared; the ledger says nothing of it"),
    )


def _shown(capture: CaptureListing) -> str:
    """Say that pages were shown in a browser: what came of that is its word, and no server's bytes."""
    count = len(capture.renderings)
    if not count:
        return ""
    browsers = " and ".join(dict.fromkeys(stated(rendering.browser) for rendering in capture.renderings))
    return (
        f" It had {browsers} show {count:,} page{'s' * (count != 1)} on the computer that I used: what it asked for "
        "and received is recorded as it logged it."
    )


def _taken_in(capture: CaptureListing, intake: IntakeBegun) -> Words:
    started, finished = capture.started, capture.finished
    names = ", ".join(map(stated, intake.given[:_NAMED])) or "files"
    more = f" and {len(intake.given) - _NAMED:,} more" if len(intake.given) > _NAMED else ""
    known = intake.received_from and intake.received_from != WITHHELD
    ended = _TAKEN_IN.get(finished.status, f"It ended as: {stated(finished.status)}.")
    reason = f" Reason: {stated(finished.reason)}." if finished.reason else ""
    return (
        (
            f"On {second(started.time)} I took in {names}{more} with {stated(started.tool)}, which copied each file "
            "as it found it, computed its SHA-256, and asked no server for anything. The names and times of the files "
            f"are those that they had then. They were handed in by {'a person recorded as ' if known else ''}"
        ),
        stated(intake.received_from) if known else Blank("by whom; the ledger does not say"),
        f". The intake ended on {second(finished.time)}. {ended}{reason}",
    )


def _received(capture: CaptureListing) -> Words:
    kinds = Counter(item.kind for item in capture.items)
    counts = ", ".join(f"{stated(kind)}: {count:,}" for kind, count in kinds.most_common())
    size = sum(item.size for item in capture.items)
    withheld = any(item.sha256 == WITHHELD for item in capture.items)
    sized = "their sizes withheld" if withheld else f"{size:,} bytes ({human_size(size)})"
    items = f"{len(capture.items):,} item{'s' * (len(capture.items) != 1)}"
    parts = sum(bool(item.partial) for item in capture.items)
    pages = sum(bool(item.error_page) for item in capture.items)
    said = f"The exhibit in this bundle holds {items} ({counts or 'nothing'}), {sized}."
    said += f" {parts:,} of them arrived in part." if parts else ""
    said += f" {pages:,} of them are answers that a server gave in the place of what was asked for." if pages else ""
    made = sum(bool(item.rendering and not item.exchange) for item in capture.items)
    said += f" {made:,} of them were made by the browser of what it showed, and sent by no server." if made else ""
    return (said,)


def _missing(capture: CaptureListing) -> Iterator[str]:
    """Yield what was not received, what came and is not whole, and what was left alone, a paragraph each."""
    handed_in = capture.intake is not None
    absent: list[str] = []
    broken: list[str] = []
    for failure in capture.failed:
        item = capture.item(failure.ref) if failure.ref else None
        kept = item is not None and not item.error_page
        (broken if kept else absent).append(f"{stated(failure.url)} ({stated(failure.reason)})")
    skips = skips_together(capture.skipped)
    skipped = [f"{stated(each.url)} ({stated(each.reason)})" for each in skips]
    for said, named in (
        ("Handed in, and not taken in" if handed_in else "Sought and not received", absent),
        ("Taken in, and not opened or not whole" if handed_in else "Received, and not whole", broken),
        ("Seen, and not fetched or not kept again, as the settings of the capture have it", skipped),
    ):
        more = len(named) - _NAMED
        rest = f"; and {more:,} more, which the report of the bundle lists" if more > 0 else ""
        if named:
            yield f"{said}: {'; '.join(named[:_NAMED])}{rest}."


def _produced(source: PaperSource, capture: CaptureListing) -> Words:
    said = [
        entry.description for entry in capture.custody if entry.event == "described" and entry.ref == capture.exhibit
    ]
    described: str | Blank = f"described as: {stated(said[-1])}" if said else Blank("a description in my own words")
    ref = stated(capture.exhibit)
    return (
        "I produce the files of this exhibit, ", described, (f", in the bundle {stated(source.name)}, as exhibit "
        f"marked {ref}. Its items are marked {ref}-0001 and on. The ledger of the capture was sealed with the key "
        f"{capture.seal.signer}; the fingerprint of the seal is {capture.seal.fingerprint}. I wrote it down in "),
        Blank("notebook and page, or strike out"), ".",
    )  # fmt: skip


def _handled(entry: CustodyRecord) -> str:
    officer = stated(entry.officer) or "somebody not named"
    parts = [
        f"The log of {stated(entry.ref)} records on {second(entry.time)}, by {officer}:",
        stated(entry.event),
        f"from {stated(entry.giver)}" if entry.giver else "",
        f"to {stated(entry.receiver)}" if entry.receiver else "",
        f"at {stated(entry.place)}" if entry.place else "",
        f"({stated(entry.reason)})" if entry.reason else "",
    ]
    recorded = f"; this was recorded on {second(entry.recorded)}" if entry.late else ""
    return f"{' '.join(filter(None, parts))}{recorded}."
