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
from exports.format.phrases import exhibit_ranges
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
    further = (f"{others}: captured by somebody else, whose statement is to produce them.",) if others else ()
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
        if capture.failed:
            yield numbered(*_not_received(capture))
        yield numbered(*_produced(source, capture))
        for entry in capture.custody:
            if entry.event not in _OWN:
                yield numbered(_handled(entry))


_TAKEN_IN: dict[str, str] = {
    CaptureStatus.COMPLETE: "All that was handed in was taken in.",
    CaptureStatus.PARTIAL: "Not all that was handed in could be taken in.",
    CaptureStatus.NOTHING: "Nothing of what was handed in could be taken in.",
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
            f"records each request, and the bytes that a server sends for it, as they come. The capture ended on "
            f"{second(finished.time)}. {ended}{reason}{unverified} The times are those of the computer that I used: "
        ),
        f"{stated(clock)}." if clock else Blank("how its clock was compared; the ledger says nothing of it"),
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
            "as it was handed in and computed its SHA-256. It asked no server for anything: the names and times of the "
            "files are as they were handed in. They were handed in by "
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
    return (said,)


def _not_received(capture: CaptureListing) -> Words:
    named = [f"{stated(each.url)} ({stated(each.reason)})" for each in capture.failed[:_NAMED]]
    more = len(capture.failed) - len(named)
    rest = f"; and {more:,} more, which the report of the bundle lists" if more else ""
    sought = "Handed in, and not taken in or not opened" if capture.intake is not None else "Sought and not received"
    return (f"{sought}: {'; '.join(named)}{rest}.",)


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
    parts = [
        f"The log of {stated(entry.ref)} records on {second(entry.time)}: {stated(entry.event)}",
        f"from {stated(entry.giver)}" if entry.giver else "",
        f"to {stated(entry.receiver)}" if entry.receiver else "",
        f"at {stated(entry.place)}" if entry.place else "",
        f"by {stated(entry.officer)}" if entry.officer else "",
        f"({stated(entry.reason)})" if entry.reason else "",
    ]
    recorded = f"; this was recorded on {second(entry.recorded)}" if entry.late else ""
    return f"{' '.join(filter(None, parts))}{recorded}."
