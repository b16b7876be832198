"""`goldenhour show`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.capture_output import STATUS_STYLES, print_clock, print_tables, print_verdicts
from commands.completing import complete_exhibits
from commands.confined import read_only
from commands.exit import Exit
from commands.opening import tell_unsigned
from commands.options import existing_case, json_option
from commands.output import clean, complain, counted, print_json, print_styled, print_things
from hashing.files.as_typed import as_typed

if TYPE_CHECKING:
    from exports.format.capture_view import CaptureView
    from exports.format.case_view import CaseView
    from exports.format.manifest import GradeRecord, ListedItem
    from hashing.case.case import Case

_PAGE = 12  # Captures that are listed at once: with what stands around them they fit a screen of 24 lines.
_LARGEST_TEXT = 64 << 20
_SHORT = 6  # Items of a case's only capture that are shown with it.


@click.command()
@existing_case
@click.argument("ref", required=False, default="", metavar="[MP/1 | MP/1-0003]", shell_complete=complete_exhibits)
@click.option("--find", "word", default="", metavar="WORD", help="Only items whose address or words hold this.")
@click.option("--all", "everything", is_flag=True, help="All captures of the case, not only the newest.")
@json_option
def show(case: Path, ref: str, word: str, everything: bool, as_json: bool) -> None:
    """Show what is in a case, in an exhibit or in an item. Never writes: what is not sealed stays as it is.

    \b
    goldenhour show OP-ALDER
    goldenhour show OP-ALDER MP/1
    goldenhour show OP-ALDER --find "market street"
    """
    from commands.display.tables import case_json
    from exports.format.case_view import read_case
    from hashing.case.case import Case

    read_only(case)
    opened = Case.open(case)
    tell_unsigned(opened)
    if word:
        _show_found(opened, ref, word, as_json=as_json)
    elif ref:
        _show_exhibit(opened, ref, as_json=as_json)
    elif as_json:
        for piece in case_json(read_case(case)):
            click.echo(piece, nl=False)
    else:
        _show_case(read_case(case), everything=everything)


def _show_case(view: CaseView, *, everything: bool) -> None:
    """Print a case as a page: what it is, its newest captures, its seal, and how to see more."""
    from commands.display.tables import case_head, case_remarks, case_table

    for line in case_head(view):
        click.echo(line)
    captures = len(view.captures)
    if not captures:
        complain("no captures yet", f"make one: goldenhour capture ADDRESS --case {as_typed(view.path)}")
    else:
        print_things(case_table(view, None if everything else _PAGE))
    name = as_typed(view.path)
    if not everything and captures > _PAGE:
        click.echo(clean(f"{counted(captures - _PAGE, 'earlier capture')}: goldenhour show {name} --all"))
    for line in case_remarks(view):
        click.echo(line)
    newest = next(view.captures.newest(1).summaries(), None)
    if newest is None:
        return
    if captures == 1 and newest.items + newest.failed <= _SHORT:
        click.echo()
        for capture in view.captures:
            _print_capture(capture, view.grades)
    else:
        click.echo(clean(f"more     goldenhour show {name} {as_typed(newest.started.exhibit)}"))


def _captures(case: Case, ref: str) -> list[Path]:
    """Return the folders of all captures, or of the exhibit's own, as far as they are there. Raises NoSuchExhibit."""
    from exports.format.continuity import exhibits_of

    there = {path.name: path for path in case.captures()}
    names = [each.registered.capture for each in exhibits_of(case, ref)]
    return [there[name] for name in names if name in there]


def _show_exhibit(case: Case, ref: str, *, as_json: bool) -> None:
    """Print an exhibit, one item of it, or what was sought under a reference and not got."""
    from hashing.errors import NoSuchExhibit, Unreadable

    try:
        paths = _captures(case, ref)
    except NoSuchExhibit:
        if not _show_failed(case, ref, as_json=as_json):
            raise
        return
    if not paths:
        raise Unreadable(f"{case.path}: the folder of {ref} is gone")
    _show_got(case, ref, paths, as_json=as_json)


def _show_got(case: Case, ref: str, paths: list[Path], *, as_json: bool) -> None:
    """Print an exhibit with all its items, or one item with all that is known of it."""
    from commands.display.tables import capture_json, item_lines, item_to_json
    from exports.format.capture_view import read_capture
    from exports.format.continuity import case_grades, grade_of
    from hashing.case.case import CAPTURES

    grades = case_grades(dict(enumerate(case.events())))
    for path in paths:
        view = read_capture(path)
        if ref == view.started.exhibit:
            if as_json:
                for piece in capture_json(view, case.path, grades):
                    click.echo(piece, nl=False)
                click.echo()
            else:
                _print_capture(view, grades)
            continue
        for entry in view.items:
            if entry.ref == ref and as_json:
                print_json(item_to_json(entry, f"{CAPTURES}/{path.name}", grades))
            elif entry.ref == ref:
                for line in item_lines(entry, path, grade_of(grades, ref)):
                    click.echo(line)


def _show_failed(case: Case, ref: str, *, as_json: bool) -> bool:
    """Print what was sought under a reference and not got; return whether there is any. Raises NoSuchExhibit."""
    from commands.display.tables import failure_lines, failure_to_json
    from exports.format.capture_view import read_capture
    from hashing.case.exhibit import exhibit_of

    there = False
    for path in _captures(case, exhibit_of(ref)):
        view = read_capture(path)
        failures = [each for each in view.failed if each.ref == ref]
        there = there or bool(failures)
        for line in [] if as_json else [line for each in failures for line in failure_lines(each)]:
            click.echo(line)
        for failure in failures if as_json else ():
            print_json(failure_to_json(failure))
    return there


def _show_found(case: Case, ref: str, word: str, *, as_json: bool) -> None:
    """Print the items in whose address, title, text, author or facts a word stands, in capitals or not."""
    from commands.display.tables import found_in, item_to_json, listed_items
    from exports.format.capture_view import read_capture
    from exports.format.continuity import case_grades
    from exports.format.found_words import found_words, joined_words
    from hashing.case.case import CAPTURES

    found, unread = 0, list[str]()
    events = list(case.events())
    grades, words = case_grades(dict(enumerate(events))), found_words(events)
    for path in _captures(case, ref):
        view = read_capture(path)
        asked = (entry for entry in view.items if ref in {"", view.started.exhibit, entry.ref})
        texts = ((entry, _page_text(entry, path, unread), words.get(entry.ref, ())) for entry in asked)
        entries = [entry for entry, text, read in texts if found_in(entry, word, f"{text}\n{joined_words(read)}")]
        found += len(entries)
        if as_json and entries:
            for entry in entries:
                print_json(item_to_json(entry, f"{CAPTURES}/{path.name}", grades))
        elif entries:
            print_things(listed_items(entries, grades))
    if not as_json:
        click.echo(
            clean(
                f"{counted(found, 'item')} with {word!r} in address, title, text, author, description, facts, "
                "or words that were read or heard in it"
            )
        )
    for reason in unread:
        complain(f"not searched: {reason}")
    if unread:
        sys.exit(Exit.UNCHECKED)


def _page_text(entry: ListedItem, capture: Path, unread: list[str]) -> str:
    """Return the visible text of a page, "" where there is none; add to `unread` why a text cannot be read."""
    from exports.format.bundle_files import TEXT_ENDING
    from hashing.case.capture_folder import case_folder
    from hashing.errors import Unreadable
    from hashing.files.storage import read_small

    names = [copy.path for copy in entry.working_copies if copy.path.endswith(TEXT_ENDING)]
    texts = list[str]()
    for name in names:
        try:
            texts.append(
                read_small(capture / name, _LARGEST_TEXT, root=case_folder(capture)).decode("utf-8", "replace")
            )
        except Unreadable as error:
            unread.append(str(error))
    return "\n".join(texts)


def _print_capture(view: CaptureView, grades: Mapping[str, GradeRecord] | None = None) -> None:
    """Print a capture: what it got and did not get, what its pages turned out to be, and its seal."""
    from commands.display.tables import unsealed_status
    from exports.format.moment import second

    click.echo(clean(f"{view.started.exhibit}  {view.started.scene}"))
    status = view.status if view.seal else unsealed_status(view)
    print_styled(
        f"{status}, begun {second(view.started.time)} by {view.started.officer}", STATUS_STYLES.get(view.status, "")
    )
    print_tables(view, grades)
    print_verdicts(view)
    print_clock(view)
    if view.seal is not None:
        click.echo(f"seal     {view.seal.fingerprint}")
