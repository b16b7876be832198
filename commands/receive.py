"""`goldenhour receive`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.capture_output import capture_exit, complain_of_end, print_capture, print_capture_json, print_case
from commands.exit import Exit
from commands.interrupt import interruptible, terminating_like_ctrl_c
from commands.officer import capturing_officer
from commands.opening import recover_begun, signing_key
from commands.options import (
    FILE,
    FOLDER,
    initials_option,
    json_option,
    made_case,
    officer_option,
    signing_key_option,
    sources_option,
    title_option,
)
from commands.output import clean, complain, counted, print_json
from commands.settings import checked_by, setting
from commands.source import recipients_option

if TYPE_CHECKING:
    from capture.run.run import CaptureResult
    from hashing.case.case import Case
    from intelligence.receiving.hand_in import HandInState
    from intelligence.receiving.receive import GivenLink, Receiving


@click.command()
@made_case(required=True)
@setting(
    "--listen",
    default="127.0.0.1:8418",
    show_default=True,
    metavar="ADDRESS",
    help="Where to listen: this computer alone, unless a proxy with TLS stands before it.",
)
@setting(
    "--address",
    default="",
    check=checked_by("intelligence.receiving.receive:checked_address"),
    metavar="URL",
    help="What people are given, where a proxy stands before it, such as https://hand-in.police.example.",
)
@click.option("--for", "length", default="24h", show_default=True, metavar="TIME", help="How long the links are good.")
@click.option(
    "--links",
    default=1,
    show_default=True,
    type=click.IntRange(0, 100),
    metavar="N",
    help="New links, one a person; 0 goes on with those that are open.",
)
@click.option("--received-from", default="", metavar="PSEUDONYM", help="Who handed it in, under a pseudonym.")
@click.option(
    "--most-files", default=100, show_default=True, type=click.IntRange(1, 1000), metavar="N", help="Files of one link."
)
@click.option("--most-bytes", default="20G", show_default=True, metavar="SIZE", help="Bytes of one link.")
@click.option("--qr", type=FILE, metavar="FILE", help="The QR code as .png or .svg.")
@setting(
    "--texts", type=FOLDER, metavar="DIR", help="Your force's own texts, such as the consent: TOML, a file a language."
)
@setting(
    "--inbox",
    type=FOLDER,
    metavar="DIR",
    help="Where files wait until they are in the case.  [default: in your data folder, by case]",
)
@recipients_option
@sources_option
@officer_option
@initials_option
@title_option
@signing_key_option
@json_option
def receive(
    case_path: Path,
    listen: str,
    address: str,
    length: str,
    links: int,
    received_from: str,
    most_files: int,
    most_bytes: str,
    qr: Path | None,
    texts: Path | None,
    inbox: Path | None,
    recipients: Path | None,
    sources: Path | None,
    officer: str | None,
    initials: str | None,
    title: str,
    key_path: Path | None,
    as_json: bool,
) -> None:
    """Receive what the public sends: a page for one person, behind a link that can be used once. Ctrl-C ends it.

    What is handed in becomes an exhibit of the case at once, as with intake. Who sends it is not recorded. Links that
    are open go on with the next run, and so does a file whose line was broken.

    \b
    goldenhour receive --case OP-ALDER --address https://hand-in.police.example
    goldenhour receive --case OP-ALDER --links 0
    """
    from importlib.util import find_spec

    from capture.errors import BadSettings
    from capture.request.amounts import size, span
    from capture.request.options import checked_initials, initials_of
    from hashing.case.case import Case
    from hashing.tool import installs

    if find_spec("multipart") is None:  # told before the page's modules are loaded, which all need it
        raise BadSettings(
            "what a page receives is read by multipart, which is not installed",
            hint=f"install it with: {installs('multipart>=1.2')}",
        )
    from intelligence.receiving.receive import ReceiveRequest, Receiving, checked_address, default_inbox
    from intelligence.receiving.texts import built_in_texts, read_texts
    from intelligence.sources import SourceRegister, default_folder, read_recipients

    if received_from and links != 1:
        raise click.UsageError("a pseudonym is of one person: --received-from goes with one link")
    chosen = {"initials": initials}
    officer = capturing_officer(officer, chosen)
    initials = checked_initials(chosen["initials"] or initials_of(officer))
    # 1. Everything about the page, checked before the case or a key is touched.
    request = ReceiveRequest(
        listen=listen,
        address=checked_address(address) if address else "",
        links=links,
        seconds=span(length, "--for"),
        most_files=most_files,
        most_bytes=size(most_bytes, "--most-bytes"),
        pseudonym=received_from,
        texts=read_texts(texts) if texts is not None else built_in_texts(),
        recipients=read_recipients(recipients) if recipients is not None else (),
    )
    # 2. Key and case stay in this process; the one that the public reaches has neither.
    key = signing_key(key_path)
    case = Case.open_or_create(case_path, key=key, officer=officer, title=title)
    recover_begun(case, key, officer)
    register = SourceRegister(sources or default_folder(case), case)
    results = []
    with (
        terminating_like_ctrl_c(),
        interruptible() as stop,
        Receiving(request, case, inbox or default_inbox(case), register) as receiving,
    ):
        _print_links(receiving, qr, as_json=as_json)
        # 3. Each hand-in is taken in and sealed when it is ready, so that nothing waits for the last sender.
        for state in receiving.changes(stop):
            if not receiving.ready(state):
                _print_state(receiving, state)
                continue
            result = receiving.take_in(state, key=key, officer=officer, initials=initials, stop=stop)
            if result is not None:
                results.append(result)
                complain_of_end(result)
                _print_sealed(case, state, result, as_json=as_json)
        _print_left(receiving, case)
    if not results:
        complain("nothing was handed in")
    sys.exit(capture_exit(results) if results else Exit.NOTHING)


def _print_links(receiving: Receiving, qr: Path | None, *, as_json: bool) -> None:
    """Print the links that were given out, and what earlier ones have left."""
    for state in receiving.kept:
        complain(f"{state.pseudonym}: an earlier link goes on, until {state.until}: {_so_far(receiving, state)}")
    for number, link in enumerate(receiving.links):
        if as_json:
            print_json({"link": link.url, "number": link.number, "pseudonym": link.pseudonym, "until": link.until})
        else:
            click.echo(f"link     {link.url}")
            click.echo(clean(f"         for {link.pseudonym}, until {link.until}; number {link.number}"))
        _draw(link, qr if number == 0 or qr is None else qr.with_stem(f"{qr.stem}-{number + 1}"), as_json=as_json)
    if not receiving.links and not receiving.kept:
        complain("no link is open", "give one out with --links 1")
    click.echo("Ctrl-C ends it; what has arrived by then is kept", err=True)


def _draw(link: GivenLink, qr: Path | None, *, as_json: bool) -> None:
    """Draw the link as a QR code: into the file that was named, and on a terminal."""
    import segno

    # Level M (15 % may be unreadable): a screen is photographed, not a worn label, and L's symbols are hardly smaller.
    code = segno.make_qr(link.url, error="m")
    if qr is not None:
        from io import BytesIO

        from hashing.files.storage import write_exclusively

        made = BytesIO()
        code.save(made, kind="svg" if qr.suffix.lower() == ".svg" else "png", scale=8)
        write_exclusively(qr, made.getvalue())
        click.echo(clean(f"         {qr}"), err=as_json)
    elif sys.stdout.isatty() and not as_json:
        code.terminal(compact=True)


def _print_state(receiving: Receiving, state: HandInState) -> None:
    """Say on stderr how far a hand-in has come."""
    if not state.finished:
        click.echo(clean(f"{state.pseudonym}  {_so_far(receiving, state)}"), err=True)


def _so_far(receiving: Receiving, state: HandInState) -> str:
    from hashing.printable import human_size

    if not state.session:
        return "not opened yet"
    whole = sum(bool(upload.sha256) for upload in state.kept())
    return f"{counted(whole, 'file')} of {len(state.kept())} whole, {human_size(receiving.arrived(state))}"


def _print_sealed(case: Case, state: HandInState, result: CaptureResult, *, as_json: bool) -> None:
    if as_json:
        print_capture_json(result, case)
        return
    click.echo(clean(f"{state.pseudonym}  handed in, number {state.number}"))
    print_capture(result)
    print_case(case)


def _print_left(receiving: Receiving, case: Case) -> None:
    """Say what is not in the case yet, and how it gets there."""
    from hashing.files.as_typed import as_typed

    for state in receiving.left():
        complain(
            f"{state.pseudonym}: not handed in: {_so_far(receiving, state)}; kept, and not in the case",
            f"go on with its link: goldenhour receive --case {as_typed(case.path)} --links 0",
        )
