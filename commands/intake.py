"""`goldenhour intake`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.capture_output import (
    capture_exit,
    complain_of_end,
    print_capture,
    print_capture_json,
    print_case,
    print_safe,
)
from commands.interrupt import interruptible, terminating_like_ctrl_c
from commands.officer import capturing_officer
from commands.opening import recover_begun, signing_key
from commands.options import (
    PATH,
    initials_option,
    json_option,
    made_case,
    note_option,
    officer_option,
    signing_key_option,
    sources_option,
    title_option,
)
from commands.output import clean, complain, counted
from hashing.files.as_typed import as_typed

if TYPE_CHECKING:
    from hashing.case.case import Case
    from intelligence.intake.protection import Protection

_LARGEST_CONSENT = 1 << 16
_NOT_PROTECTED = "no identity is kept here, so names of files and of people stand in the case as they are"


@click.command()
@click.argument("paths", nargs=-1, required=True, type=PATH, metavar="PATH...")
@made_case(required=True)
@click.option("--received-from", default="", metavar="PSEUDONYM", help="Who handed it in, under a pseudonym.")
@sources_option
@click.option("--consent", default="", metavar="TEXT|FILE", help="What that person has agreed to; or a file with it.")
@officer_option
@initials_option
@title_option
@note_option
@signing_key_option
@json_option
def intake(
    paths: tuple[Path, ...],
    case_path: Path,
    received_from: str,
    sources: Path | None,
    consent: str,
    officer: str | None,
    initials: str | None,
    title: str,
    note: str,
    key_path: Path | None,
    as_json: bool,
) -> None:
    """Take in what somebody hands in: files, folders, archives, mails, chat exports, saved pages. Nothing is fetched.

    Each file stays whole, as an item of an exhibit of its own. What a zip, a tar, a mail, a mailbox, a WhatsApp or
    Telegram export, an MHTML page, a WARC or a WACZ holds becomes items beside it. Names and times are kept as claims.
    A file that the case has already is taken in all the same, and says which item has the same bytes.
    Of a source whose identity is kept (goldenhour source add), names of files, headers of mails and serial numbers
    stand in no line of the case: they are encrypted beside the identity.

    \b
    goldenhour intake phone.zip --case OP-ALDER --received-from ALPHA-7
    goldenhour intake statement.eml photos/ --case OP-ALDER
    """
    from capture.request.options import checked_initials, initials_of
    from hashing.case.case import Case
    from intelligence.intake import IntakeRequest, take_in

    absent = [path for path in paths if not os.path.lexists(path)]
    if absent:  # nothing is made for the sake of a mistyped name
        from hashing.errors import Unreadable

        raise Unreadable(f"{absent[0]}: no such file or folder")
    chosen = {"initials": initials}
    officer = capturing_officer(officer, chosen)
    request = IntakeRequest(
        paths=paths,
        officer=officer,
        initials=checked_initials(chosen["initials"] or initials_of(officer)),
        received_from=received_from,
        consent=_consent(consent),
        title=title,
        note=note,
    )
    # The case first, then what keeps the source's identity: its register is named after the case, and must be there
    # before the first name of a file is read.
    key = signing_key(key_path)
    case = Case.open_or_create(case_path, key=key, officer=officer, title=title)
    recover_begun(case, key, officer)
    protection = _protection(case, received_from, sources)
    with terminating_like_ctrl_c(), interruptible() as stop:
        result = take_in(request, case, key=key, stop=stop, protection=protection)
    complain_of_end(result)
    if received_from and protection is None:
        first = f"goldenhour source add PSEUDONYM --case {as_typed(case.path)} --recipients FILE"
        complain(
            f"{received_from}: {_NOT_PROTECTED}", f"to protect a source, run this before its first intake: {first}"
        )
    if as_json:
        print_capture_json(result, case)
    else:
        items, missing = print_capture(result)
        _print_known(result.path)
        if protection is not None and protection.kinds:
            click.echo(
                clean(
                    f"kept     beside the identity of {received_from}, and not in the case: names of files; "
                    f"{', '.join(protection.kinds)}"
                )
            )
        print_case(case)
        print_safe(case, [result.exhibit], items, missing)
    sys.exit(capture_exit([result]))


def _protection(case: Case, pseudonym: str, sources: Path | None) -> Protection | None:
    """Return what keeps a source out of the case; None where no identity is kept. Raises BadUnitKey, Unreadable."""
    if not pseudonym:
        return None
    from intelligence.intake.protection import Protection
    from intelligence.sources import SourceRegister, default_folder

    if sources is not None and not sources.is_dir():
        from hashing.errors import Unreadable

        made = f"goldenhour source add {as_typed(pseudonym)} --case {as_typed(case.path)} --sources {as_typed(sources)}"
        raise Unreadable(
            f"{sources}: no such folder, so it is not known who is protected: nothing was taken in",
            hint=f"mount it, or make it with: {made} --recipients FILE",
        )
    keep = SourceRegister(sources or default_folder(case), case).protection(pseudonym)
    return Protection(keep) if keep is not None else None


def _print_known(capture: Path) -> None:
    """Print how many items have bytes that the case had already."""
    from exports.format.capture_view import read_capture

    entries = read_capture(capture).items
    known = sum(any(fact.name == "same bytes as" for fact in entry.facts) for entry in entries)
    if known:
        has = "has" if known == 1 else "have"
        click.echo(f"known    {counted(known, 'item')} {has} bytes that the case had already; their facts say which")


def _consent(said: str) -> str:
    """Return the text of a consent, of a file where it names one. Raises Unreadable, NotTakenIn."""
    from hashing.files.storage import read_named
    from intelligence.errors import NotTakenIn

    # A text longer than a name can be is no file's: asking for it would be an error (ENAMETOOLONG).
    if not said or len(said) > os.pathconf("/", "PC_NAME_MAX") or not Path(said).is_file():
        return said
    try:
        return read_named(Path(said), _LARGEST_CONSENT).decode().strip()
    except UnicodeDecodeError as error:
        raise NotTakenIn(
            f"{said}: a consent must be text in UTF-8",
            hint="hand a signed form in as a file, beside the others, and say in words what it agrees to",
        ) from error
