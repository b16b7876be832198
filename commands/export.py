"""`goldenhour export`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.completing import complete_exhibits, complete_words
from commands.convert import derived_json, print_derived
from commands.interrupt import terminating_like_ctrl_c
from commands.officer import officer_name
from commands.opening import open_case, opened_basemap, signing_key
from commands.options import (
    PATH,
    basemap_option,
    existing_case,
    output_options,
    reason_option,
    receiver_option,
    signing_options,
)
from commands.output import clean, counted, print_json
from commands.print_pdf import pdf_beside, print_pdf, show_pdf
from commands.progress import byte_progress
from commands.view import show_pages
from exports.forms.conversion import FORMS, convert
from hashing.files.as_typed import as_typed

if TYPE_CHECKING:
    from exports.bundle import Bundle
    from exports.disclosure.making.request import DisclosureRequest
    from hashing.case.case import Case


def _fields() -> Sequence[str]:
    from hashing.case.redaction import WORDS

    return list(WORDS)


def _recipients() -> Sequence[str]:
    from intelligence.grading.sharing import RECIPIENTS

    return list(RECIPIENTS)


def _form_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add a flag for each form that a bundle can be written in."""
    for name, form in reversed(list(FORMS.items())):
        command = click.option(f"--{name}", is_flag=True, help=f"Beside the bundle, {form.what}.")(command)
    return command


@click.command()
@existing_case
@click.option(
    "--exhibit",
    "exhibits",
    multiple=True,
    metavar="MP/1",
    shell_complete=complete_exhibits,
    help="Only this exhibit, or all of MP/1..MP/9 (may be repeated).",
)
@click.option(
    "--only",
    multiple=True,
    metavar="ITEMS",
    help="Disclose only these items, MP/1-0003,MP/1-0007, each proven to be part of the sealed whole.",
)
@click.option(
    "--redact",
    multiple=True,
    metavar="WORDS",
    shell_complete=complete_words(_fields),
    help="With --only: withhold url, author, text, description, facts, place, network, officer or content.",
)
@click.option(
    "--sanitised",
    is_flag=True,
    help="Only the items that their grades let the recipient have, and not who handed them in.",
)
@click.option(
    "--for",
    "recipient",
    default="law-enforcement",
    show_default=True,
    metavar="CLASS",
    shell_complete=complete_words(_recipients),
    help="With --sanitised: own-agency, law-enforcement, uk-partner, foreign-law-enforcement.",
)
@click.option("--conditions-met", is_flag=True, help="With --sanitised: the conditions of handling code C are met.")
@click.option("--with-source-material", is_flag=True, help="Whole exhibits, also those of protected sources.")
@receiver_option
@reason_option
@click.option("--output", type=PATH, metavar="PATH", help="The bundle.  [default: named for the case]")
@click.option("--zip", "zipped", is_flag=True, help="One zip file instead of a folder.")
@click.option("--pdf", "printed", is_flag=True, help="Print the report as well, as PDF beside the bundle.")
@_form_options
@basemap_option
@click.option("--open", "opened", is_flag=True, help="Then open its pages in a browser, as goldenhour view does.")
@signing_options
@output_options
def export(
    case: Path,
    exhibits: tuple[str, ...],
    only: tuple[str, ...],
    redact: tuple[str, ...],
    sanitised: bool,
    recipient: str,
    conditions_met: bool,
    with_source_material: bool,
    receiver: str,
    reason: str,
    output: Path | None,
    zipped: bool,
    printed: bool,
    basemap_path: Path | None,
    opened: bool,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
    quiet: bool,
    **asked: bool,
) -> None:
    """Write an evidence bundle: a BagIt bag with a manifest, a report and the seal, checked before it is called done.

    \b
    goldenhour export OP-ALDER --zip --pdf
    goldenhour export OP-ALDER --exhibit MP/1 --output /media/stick/OP-ALDER_MP-1
    goldenhour export OP-ALDER --zip --wacz --csv   (as goldenhour convert does)
    goldenhour export OP-ALDER --only MP/1-0003,MP/1-0007 --to "Ada Cole" --zip
    goldenhour export OP-ALDER --only MP/1-0003 --redact url,network
    goldenhour export OP-ALDER --sanitised --for uk-partner --to "Fire service"
    """
    from exports.bundle import export_bundle
    from exports.disclosure.making.request import DisclosureRequest, parse_items

    # 1. Options that contradict each other, and a printer that is not there, before the case is opened.
    _demand_sense(
        only,
        exhibits,
        sanitised=sanitised,
        with_source_material=with_source_material,
        alone=bool(receiver or reason or redact),
    )
    words = _words(redact)
    request = None
    if only:
        request = DisclosureRequest(items=parse_items(only), redact=words, receiver=receiver, reason=reason)
    if printed:
        from exports.forms.pdf import demand_printer

        demand_printer()
    # 2. What goes out: the exhibits, single items, or what the grades allow a recipient.
    key, officer = signing_key(key_path), officer_name(officer)
    own = open_case(case, key)
    kept_back: tuple[str, ...] = ()
    if sanitised:
        request, kept_back = _sanitised(own, exhibits, recipient, words, receiver, reason, met=conditions_met)
        exhibits = ()
    # 3. The bundle is verified by the export itself; other forms are made of it, so they come after it.
    forms = [form for form in FORMS if asked[form.replace("-", "_")]]
    exporting = byte_progress(f"exporting {case}", quiet=quiet)
    with opened_basemap(basemap_path) as basemap, terminating_like_ctrl_c(), exporting as progress:
        bundle = export_bundle(
            own,
            key=key,
            officer=officer,
            output=output,
            exhibits=exhibits,
            only=request,
            zipped=zipped,
            beside=[*(FORMS[form].ending for form in forms), *([".pdf"] if printed else [])],
            basemap=basemap,
            progress=progress,
            source_material=with_source_material,
        )
    # 4. Tell. With --json what is kept back goes to standard error, so that standard output is one object.
    for leftover in bundle.cleared:
        click.echo(clean(f"removed what a killed export had left: {bundle.path.with_name(leftover)}"), err=True)
    for sentence in kept_back:
        click.echo(clean(f"{'' if as_json else 'withheld '}{sentence}"), err=as_json)
    if not as_json:
        _show(bundle)
    _write_beside(bundle, forms, printed=printed, as_json=as_json, quiet=quiet)
    if opened:
        show_pages(bundle.path, browser=True, quiet=quiet, verified=True)


def _demand_sense(
    only: Sequence[str], exhibits: Sequence[str], *, sanitised: bool, with_source_material: bool, alone: bool
) -> None:
    """Refuse options that contradict each other; `alone` says whether one is given that belongs to a disclosure."""
    if only and exhibits:
        raise click.UsageError("--only names single items, --exhibit whole exhibits: give one of them")
    if only and sanitised:
        raise click.UsageError("--only names the items, --sanitised chooses them: give one of them")
    if with_source_material and (only or sanitised):
        raise click.UsageError(
            "--with-source-material hands over whole exhibits; single items come with redacted copies"
        )
    if alone and not (only or sanitised):
        raise click.UsageError(
            "--redact, --to and --reason go with --only or --sanitised; for whole exhibits there is `custody add`"
        )


def _words(redact: Sequence[str]) -> tuple[str, ...]:
    """Return what is to be withheld of the items, by words that there are."""
    from exports.disclosure.making.request import parse_words
    from hashing.case.redaction import WORDS

    words = parse_words(redact)
    if (unknown := [word for word in words if word not in WORDS]) or (redact and not words):
        raise click.UsageError(f"--redact {', '.join(unknown)}: not one of {', '.join(WORDS)}")
    return words


def _sanitised(
    case: Case,
    exhibits: tuple[str, ...],
    recipient: str,
    words: tuple[str, ...],
    receiver: str,
    reason: str,
    *,
    met: bool,
) -> tuple[DisclosureRequest, tuple[str, ...]]:
    """Return what a recipient may have, and in a sentence each what is kept back. Raises NotShareable."""
    from exports.disclosure.making.request import DisclosureRequest
    from intelligence.grading.sharing import RECIPIENTS, shared_with

    if recipient not in RECIPIENTS:
        raise click.UsageError(f"--for {recipient}: not one of {', '.join(RECIPIENTS)}")
    sharing = shared_with(case, recipient, conditions_met=met, exhibits=exhibits)
    why = f"sanitised for {RECIPIENTS[recipient]}" + (", conditions met" if met else "")
    request = DisclosureRequest(
        items=sharing.items,
        redact=tuple(dict.fromkeys((*words, *sharing.redact))),
        receiver=receiver,
        reason=f"{why}: {reason}" if reason else why,
    )
    return request, sharing.sentences


def _write_beside(bundle: Bundle, forms: Sequence[str], *, printed: bool, as_json: bool, quiet: bool) -> None:
    """Write the bundle in its other forms; it is made, and told, whatever becomes of these."""
    derived: list[dict[str, Any]] = []
    pdf: list[dict[str, str]] = []
    try:
        # The bundle stands by now: a form that fails is told, and takes nothing away from it.
        for form in forms:
            with terminating_like_ctrl_c():
                derived.append(derived_json(form, convert(bundle.path, form, verified=True)))
            if not as_json:
                print_derived(derived[-1])
        if printed:
            pdf = print_pdf(bundle.path, pdf_beside(bundle.path), quiet=quiet, verified=True)
            if not as_json:
                show_pdf(pdf)
    finally:
        if as_json:
            print_json({**bundle.to_json(), "derived": derived, "pdf": pdf})


def _show(bundle: Bundle) -> None:
    for line in _summary(bundle):
        click.echo(clean(line))


def _summary(bundle: Bundle) -> Iterator[str]:
    yield f"bundle   {bundle.path}"
    counts = f"{counted(bundle.items, 'item')} of {counted(len(bundle.captures), 'capture')}"
    yield f"         {counts}, read back and checked"
    if bundle.only:
        yield f"withheld {counted(bundle.withheld, 'item')} of the same captures"
    if bundle.redacted:
        yield f"without  {', '.join(bundle.redacted)}"
    if bundle.openings:
        yield f"openings {bundle.openings}: what is withheld of the items; it stays with you"
    yield f"seal     {bundle.fingerprint}"
    yield from (f"note     {sentence}" for sentence in bundle.remarks)
    yield from (f"left out {sentence}" for sentence in bundle.left_out)
    yield f"next     who receives it runs goldenhour verify {as_typed(bundle.path)}"
    yield "         tell them the seal by another way: it stands for all of that"
