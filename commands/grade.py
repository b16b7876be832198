"""`goldenhour grade`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.completing import complete_exhibits, complete_words
from commands.officer import officer_name
from commands.opening import open_own_case, signing_key
from commands.options import FILE, case_option, json_option, reason_option, signing_options
from commands.output import clean, print_json
from commands.settings import setting

if TYPE_CHECKING:
    from intelligence.grading import Wording


def _schemes() -> tuple[str, ...]:
    from hashing.case.grade import SCHEMES

    return tuple(SCHEMES)


def _codes(part: str) -> Callable[[], tuple[str, ...]]:
    def _all() -> tuple[str, ...]:
        from hashing.case.grade import SCHEMES

        return tuple(dict.fromkeys("".join(parts[part] for parts in SCHEMES.values())))

    return _all


@click.command()
@click.argument("refs", nargs=-1, metavar="[MP/1 | MP/1-0003]...", shell_complete=complete_exhibits)
@case_option
@click.option(
    "--scheme",
    default="3x5x2",
    show_default=True,
    metavar="SCHEME",
    shell_complete=complete_words(_schemes),
    help="3x5x2, or 5x5x5, which it has replaced.",
)
@click.option(
    "--source",
    default="",
    metavar="CODE",
    shell_complete=complete_words(_codes("source")),
    help="How far the source is to be relied on.",
)
@click.option(
    "--information",
    default="",
    metavar="CODE",
    shell_complete=complete_words(_codes("information")),
    help="How the source knows it, and whether it is corroborated.",
)
@click.option(
    "--handling", default="", metavar="CODE", shell_complete=complete_words(_codes("handling")), help="Who may be told."
)
@click.option("--conditions", default="", metavar="TEXT", help="On which conditions it may be shared.")
@reason_option
@setting("--wording", type=FILE, metavar="FILE", help="What the codes mean, in your force's own words (TOML).")
@click.option("--explain", is_flag=True, help="Show the codes of both schemes and what they mean; record nothing.")
@signing_options
@json_option
def grade(
    refs: tuple[str, ...],
    case: Path | None,
    scheme: str,
    source: str,
    information: str,
    handling: str,
    conditions: str,
    reason: str,
    wording: Path | None,
    explain: bool,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
) -> None:
    """Grade exhibits or items: the source, the information, and who may be told. Every grade stays on record.

    An item has the latest grade of its own, else that of its exhibit. Another one later needs a reason.

    \b
    goldenhour grade --explain
    goldenhour grade MP/1-0003 --case OP --source 2 --information B --handling P
    """
    from hashing.case.events import Grade
    from hashing.case.grade import record_grade
    from intelligence.grading import built_in_wording, read_wording

    words = read_wording(wording) if wording is not None else built_in_wording()
    if explain:
        _explain(words, as_json=as_json)
        return
    if not refs or case is None:
        raise click.UsageError("name what is graded, as MP/1-0003, and its --case; or --explain the codes")
    if not (source and information and handling):
        raise click.UsageError("a grade has a --source, an --information and a --handling; --explain shows the codes")
    # The words of the table are put into the grade: what "B" meant to the officer stays readable when the table
    # changes.
    given = Grade(
        scheme=scheme,
        source=source.upper(),
        information=information.upper(),
        handling=handling.upper(),
        conditions=conditions,
    )
    officer, key = officer_name(officer), signing_key(key_path)
    opened = open_own_case(case, key)
    for event in record_grade(opened, refs, words.worded(given), key=key, officer=officer, reason=reason):
        if as_json:
            print_json({"ref": event.ref, **_to_json(event.grade), "reason": event.reason, "officer": event.officer})
        else:
            click.echo(clean(f"{event.ref}  {event.grade}, {event.time}, by {event.officer}"))
            for part, meaning in zip(("source", "information", "handling"), event.grade.means, strict=False):
                click.echo(clean(f"    {part}: {meaning}"))


def _to_json(grade: object) -> dict[str, object]:
    import msgspec

    built: dict[str, object] = msgspec.to_builtins(grade)
    return built


def _explain(words: Wording, *, as_json: bool) -> None:
    """Print what each code means, and whose words these are."""
    from hashing.case.grade import SCHEMES

    # In the program's order of schemes: a wording's file may have them in any.
    for scheme, meanings in sorted(words.meanings.items(), key=lambda each: list(SCHEMES).index(each[0])):
        if as_json:
            print_json(
                {
                    "scheme": scheme,
                    "described": words.sources[scheme],
                    "wording": words.title,
                    **{part: dict(codes) for part, codes in meanings.items()},
                }
            )
            continue
        click.echo(clean(f"{scheme}  {words.sources[scheme]}"))
        for part, codes in meanings.items():
            click.echo(f"  --{part}")
            for code, meaning in codes.items():
                click.echo(clean(f"    {code}  {meaning}"))
        click.echo()
    if not as_json:
        click.echo(clean(f"wording: {words.title}"))
