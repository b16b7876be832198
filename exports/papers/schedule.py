"""A disclosure schedule in the manner of form MG6C: each item by itself, numbered on from schedule to schedule.

The Code of Practice under the Criminal Procedure and Investigations Act 1996 asks that material be described clearly
and, as a rule, item by item. What is relevant, relied upon or sensitive is for the disclosure officer to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exports.format.bundle_listing import CaptureListing
from exports.format.lookup import Lookup
from exports.format.manifest import ListedItem
from exports.format.moment import second
from exports.format.phrases import item_bytes
from exports.papers.paper import Blank, Paper, PaperParagraph, PaperTable, Words, stated
from exports.papers.source import PaperSource
from exports.report.words import first_words

_RECORDS = {
    "ledger.jsonl": "The ledger of the capture: what was asked for, what came and what did not, line by line",
    "disclosed.jsonl": "The lines of the capture's ledger that speak of what is disclosed, with their proofs",
    "checkpoint": "The seal of the capture: the signed length and root of its ledger",
    "checkpoint.tsr": "The token of an authority on the time of the seal (RFC 3161)",
}
_LEDGER_OF_INTAKE = "The ledger of the intake: what was handed in and what became of it, line by line"
_EXCHANGES = "The requests and answers of the capture as they went over the network (WARC/1.1)"
_LOGGED = ", those of the browser as it logged them"
_FILL_IN: Words = (Blank(),)


def schedule(source: PaperSource, first: int) -> tuple[Paper, int]:
    """Draft the schedule, its items numbered from `first`; return it with the number at which the next one begins."""
    # What the officer and the prosecutor decide is left blank on purpose: no program says what is relevant.
    described = [each for capture in source.listing.captures for each in _described(source, capture)]
    case = source.listing.case
    following = first + len(described)
    span = f"Items {first:,} to {following - 1:,}" if described else "No items"
    head: tuple[tuple[str, str | Blank], ...] = (
        ("R v", Blank("defendant")),
        ("Unique reference number", Blank("URN")),
        ("Case", stated(f"{case.reference} {case.title}") or Blank("reference of the case")),
        ("Disclosure officer", Blank("name, rank and number")),
        ("Material", f"the bundle {stated(source.name)}, seal {source.fingerprint}"),
    )
    rows = tuple(
        ((f"{number}",), words, (place,), _FILL_IN, _FILL_IN)
        for number, (words, place) in enumerate(described, start=first)
    )
    paper = Paper(
        title="Disclosure schedule",
        subtitle="in the manner of form MG6C (Criminal Procedure and Investigations Act 1996)",
        running=source.running,
        wide=True,
        blocks=(
            PaperTable((25, 75), (), tuple(((label,), (said,)) for label, said in head)),
            PaperTable(
                (6, 46, 24, 12, 12),
                ("No.", "Description", "Location", "Relevance (officer)", "Decision (prosecutor)"),
                rows,
            ),
            PaperParagraph((f"{span}; the next schedule begins with number {following:,}.",)),
            PaperParagraph(("Signature of the disclosure officer: ", Blank("signature"), "   Date: ", Blank("date"))),
            *source.notes(
                "All that the bundle's captures hold is listed. What is relied upon, not relevant, or sensitive is for "
                "the disclosure officer to say: strike out what does not belong here.",
                "Numbers run on from one schedule to the next: --start-at N.",
            ),
        ),
    )
    return paper, following


def _described(source: PaperSource, capture: CaptureListing) -> Iterator[tuple[Words, str]]:
    """Yield a capture's items, and then every other file of it, each with where it is."""
    # Items first, as people look for them; then whatever else the captures hold. Nothing that was sealed is left
    # unlisted.
    told: Lookup[str, int] = Lookup(str)
    handed_in = capture.intake is not None
    browsers = {rendering.rendering: rendering.browser for rendering in capture.renderings}
    broken = {failure.ref: failure.reason for failure in capture.failed if failure.ref}
    for item in capture.items:
        told[item.path] = 1
        came = _taken_in(item) if handed_in else _came(item, browsers)
        yield (_item(item, came, broken.get(item.ref, "")),), f"{stated(item.ref)}: {stated(item.path)}"
        for copy in item.working_copies:
            told[copy.path] = 1
            said = f"Working copy made of {stated(item.ref)}: {stated(copy.how)}; {copy.size:,} bytes"
            yield (f"{said}{_sha256(copy.sha256)}",), stated(copy.path)
    folder = f"data/captures/{capture.capture}/"
    for path, sha256 in source.sha256.pairs(folder):
        if path not in told:
            name = path.removeprefix(folder)
            said = _RECORDS.get(name, "A file of the capture")
            if name.startswith("exchanges-"):
                said = f"{_EXCHANGES}{_LOGGED if browsers else ''}"
            elif name == "ledger.jsonl" and handed_in:
                said = _LEDGER_OF_INTAKE
            yield (f"{said}; exhibit {stated(capture.exhibit)}{_sha256(sha256)}",), stated(path)


def _came(item: ListedItem, browsers: Mapping[int, str]) -> str:
    """Say where the bytes are from: a server, the list that they were cut out of, or the browser that made them."""
    when, url = second(item.captured), stated(item.url)
    if item.excerpt is not None:
        return f"cut out, byte for byte, of {stated(item.excerpt.of)}, received {when}; by its own account at {url}"
    if item.rendering and not item.exchange:
        return f"made {when} by {stated(browsers.get(item.rendering, 'a browser'))}, which was shown {url}"
    logged = ", as the browser logged it" if item.response is not None and item.response.recorded else ""
    return f"received {when} from {url}{logged}"


def _taken_in(item: ListedItem) -> str:
    part = f", cut out, byte for byte, of {stated(item.excerpt.of)}" if item.excerpt is not None else ""
    return f"taken in {second(item.captured)} as {stated(item.url)}{part}"


def _item(item: ListedItem, came: str, broken: str) -> str:
    kind = item.kind[:1].upper() + item.kind[1:]
    words, author = first_words(item), item.author
    said = "it says" if item.post or item.title else "described, where it was found, as"
    parts = [
        f"{stated(kind)} ({stated(item.mime)}, {item_bytes(item)})",
        came,
        f"by its own account by {stated(author)}" if author else "",
        f"published {stated(item.published)} as claimed" if item.published else "",
        f"{said}: “{stated(words)}”" if words else "",
        f"not what was asked for: {stated(item.error_page)}" if item.error_page else "",
        f"NOT WHOLE: {stated(broken or item.partial)}" if item.partial or (broken and not item.error_page) else "",
        "the file itself is withheld" if item.withheld else "",
    ]
    return f"{'; '.join(filter(None, parts))}{_sha256(item.sha256)}"


def _sha256(sha256: str) -> str:
    return f"; SHA-256 {sha256}"
