"""The intelligence report: what is graded in a bundle, in the manner of the 3x5x2 and 5x5x5 forms.

It is made of the ledgers alone. Who sends it to whom, and what it comes to, is for a person to say: these are blanks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from exports.errors import TooMuch
from exports.format.bundle_listing import CaptureListing
from exports.format.disclosure_form import WITHHELD
from exports.format.manifest import CustodyRecord, GradeRecord, ListedItem
from exports.format.moment import second
from exports.format.outside import demand_outside
from exports.format.phrases import exhibit_ranges
from exports.forms.derived_file import ConvertedFile, write_derived
from exports.forms.pdf import demand_printer
from exports.papers.paper import Blank, Paper, PaperBlock, PaperHeading, PaperParagraph, PaperTable, Words, stated
from exports.papers.printing import paper_page, print_paper
from exports.papers.source import PaperSource, paper_source
from exports.report.words import counted, first_words
from hashing.case.grade import PARTS, SCHEMES
from hashing.case.redaction import AUTHOR
from hashing.times import Clock, system_clock

_MOST_ROWS = 5_000  # Items that are laid out at once: memory has a bound.
_HEAD = ("Item", "What it is and says, as claimed", "Source", "Information", "Handling")
_WIDTHS = (14, 49, 11, 14, 12)


def write_intelligence_report(
    bundle: Path,
    page: Path | None,
    pdf: Path | None,
    progress: Callable[[int, int], None] | None = None,
    clock: Clock = system_clock,
) -> list[ConvertedFile]:
    """Verify a bundle, and write its intelligence report as a page, as PDF, or as both; return what was written.

    `progress` is told bytes verified. Raises NotWhole, NotCheckable, TooMuch, ExportError, WouldOverwrite, Unwritable.
    """
    if pdf is not None:
        demand_printer()
    with paper_source(bundle, clock(), progress) as source:
        paper = intelligence_report(source)
        wanted = [(path, form) for path, form in ((page, paper_page), (pdf, print_paper)) if path is not None]
        for path, _ in wanted:
            demand_outside(path, bundle)
        return [write_derived(path, [form(paper)]) for path, form in wanted]


def intelligence_report(source: PaperSource) -> Paper:
    """Return the report: a form for each scheme that an item is graded by. Raises TooMuch."""
    items = [item for capture in source.listing.captures for item in capture.items]
    if len(items) > _MOST_ROWS:
        raise TooMuch(
            f"{stated(source.name)}: {len(items):,} items, and an intelligence report holds {_MOST_ROWS:,}",
            hint="export fewer exhibits, or the items that their grades allow, with --sanitised",
        )
    used = [scheme for scheme in SCHEMES if any(_scheme(item) == scheme for item in items)]
    ungraded = [item.ref for item in items if item.grade is None]
    return Paper(
        title=f"Intelligence report ({' and '.join(used) or 'nothing is graded'})",
        subtitle="in the manner of the National Intelligence Model's form",
        running=source.running,
        blocks=(
            _opening(source),
            *(block for scheme in used for block in _form(source, scheme)),
            *_not_graded(ungraded),
            *_regraded(source),
            PaperHeading("Dissemination"),
            PaperParagraph(("To whom, why, and with what risk assessment: ", Blank("recipient, purpose, risk"))),
            PaperParagraph(("Comes to: ", Blank("what it means, set apart from what it says"))),
            PaperParagraph(("Signature: ", Blank("signature"), "   Date: ", Blank("date"))),
            *source.notes("What an item says is its own claim. A grade is an officer's judgement, kept with its date."),
        ),
    )


def _opening(source: PaperSource) -> PaperTable:
    case, captures = source.listing.case, source.listing.captures
    withheld = source.listing.disclosure is not None and AUTHOR in source.listing.disclosure.redacted
    people = dict.fromkeys(capture.started.officer for capture in captures)
    officers: str | Blank = ", ".join(stated(name) for name in people if name != WITHHELD) or Blank("name; withheld")
    rows: tuple[tuple[str, str | Blank], ...] = (
        ("Organisation", Blank("force and unit")),
        ("Unique reference number", Blank("URN")),
        ("Case", stated(f"{case.reference} {case.title}") or Blank("reference of the case")),
        ("Secured by", officers),
        ("Report made", second(source.time)),
        ("Sources", "; ".join(_came_from(capture, withheld=withheld) for capture in captures)),
        ("Material", f"the bundle {stated(source.name)}, seal {source.fingerprint}"),
    )
    return PaperTable((25, 75), (), tuple(((label,), (said,)) for label, said in rows))


def _came_from(capture: CaptureListing, *, withheld: bool) -> str:
    """Say where an exhibit is from: a pseudonym, or a place that is open to all."""
    exhibit = stated(capture.exhibit)
    if capture.intake is None:
        return f"{exhibit}: captured from {stated(capture.scene)}"
    by = stated(capture.intake.received_from) or ("a source who is withheld" if withheld else "somebody not named")
    return f"{exhibit}: handed in by {by}{', who is protected' if capture.intake.protected else ''}"


def _scheme(item: ListedItem) -> str:
    return item.grade.grade.scheme if item.grade is not None else ""


def _form(source: PaperSource, scheme: str) -> Iterator[PaperBlock]:
    """Yield the items that are graded by a scheme, and what the codes that occur mean."""
    yield PaperHeading(f"Information, graded by {scheme}")
    rows: list[tuple[Words, ...]] = []
    meanings, conditions = dict[tuple[str, str], str](), dict[str, list[str]]()
    for item in source.listing.items:
        if item.grade is None or _scheme(item) != scheme:
            continue
        given = item.grade.grade
        codes = (given.source, given.information, given.handling)
        rows.append(((stated(item.ref),), (_said(item),), *((code,) for code in codes)))
        # The meanings as the officer read them when grading: a table that a force changes later changes nothing here.
        meanings |= dict(zip(zip(PARTS, codes, strict=True), given.means, strict=False))
        if given.conditions:
            conditions.setdefault(given.conditions, []).append(item.ref)
    yield PaperTable(_WIDTHS, _HEAD, tuple(rows))
    yield PaperHeading("What the codes mean")
    worded = dict.fromkeys(item.grade.grade.wording for item in source.listing.items if item.grade is not None)
    meaning_rows = sorted(meanings.items(), key=lambda each: (PARTS.index(each[0][0]), each[0][1]))
    yield PaperTable(
        (20, 10, 70), (), tuple(((part,), (code,), (stated(says),)) for (part, code), says in meaning_rows)
    )
    if named := ", ".join(stated(each) for each in worded if each):
        yield PaperParagraph((f"In the words of: {named}.",))
    for condition, refs in conditions.items():
        yield PaperParagraph((f"Condition for {', '.join(map(stated, refs))}: {stated(condition)}",))


def _said(item: ListedItem) -> str:
    grade, words = item.grade, (item.post.text if item.post else "") or first_words(item)
    copies = [copy.path.rpartition("/")[2] for copy in item.working_copies if copy.redacted]
    parts = [
        f"{item.kind.capitalize()}, {item.size:,} bytes, secured {second(item.captured)}",
        f"as {stated(item.url)}",
        f"by its own account by {stated(item.author)}" if item.author else "",
        f"published {stated(item.published)} as claimed" if item.published else "",
        f"it says: “{stated(words)}”" if words else "",
        f"redacted copy: {', '.join(map(stated, copies))}" if copies else "",
        f"graded by {_graded_by(grade)}" if grade is not None else "",
    ]
    return "; ".join(filter(None, parts))


def _graded_by(grade: GradeRecord) -> str:
    elsewhere = f", as stated in case {stated(grade.elsewhere)}" if grade.elsewhere else ""
    return f"{stated(grade.officer)}, {second(grade.time)}, as {stated(grade.ref)}{elsewhere}"


def _not_graded(refs: list[str]) -> Iterator[PaperBlock]:
    if refs:
        yield PaperHeading("Not graded")
        named = stated(exhibit_ranges(refs))
        yield PaperParagraph((f"{counted(len(refs), 'item')} of the bundle: {named}. Nothing is said of them here.",))


def _regraded(source: PaperSource) -> Iterator[PaperBlock]:
    """Yield every grade that was followed by another, with the reason of the later one."""
    # A grade that was changed is shown with all before it: a reader may have acted on an earlier one.
    given: dict[str, list[CustodyRecord]] = {}
    for capture in source.listing.captures:
        for entry in capture.custody:
            if entry.grade is not None:
                given.setdefault(entry.ref, []).append(entry)
    changed = [entry for entries in given.values() if len(entries) > 1 for entry in entries]
    if not changed:
        return
    yield PaperHeading("Grades that were changed")
    rows = tuple(
        (
            (stated(entry.ref),),
            (second(entry.time),),
            (str(entry.grade),),
            (stated(entry.officer),),
            (stated(entry.reason),),
        )
        for entry in changed
    )
    yield PaperTable((14, 22, 18, 18, 28), ("Of", "When", "Grade", "By", "Why"), rows)
