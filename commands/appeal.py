"""`goldenhour appeal add`, `list` and `end`."""

from __future__ import annotations

from pathlib import Path

import click

from commands.confined import read_only
from commands.officer import officer_name
from commands.opening import open_own_case, signing_key, tell_unsigned
from commands.options import case_option, json_option, reason_option, signing_options
from commands.output import clean, complain, print_json
from commands.subcommands import Subcommands


@click.group(cls=Subcommands)
def appeal() -> None:
    """Record what the public is asked for in a case; goldenhour appeals makes a feed of it.

    \b
    goldenhour appeal add --case OP --text "Were you there" --link https://a.test
    goldenhour appeals a.xml --case OP --by Alder --published https://a.example/a
    """


@appeal.command(name="add")
@case_option
@click.option("--text", required=True, metavar="TEXT", help="What is asked for.")
@click.option("--link", required=True, metavar="URL", help="Where people find out what to do, such as your own page.")
@click.option("--headline", default="", metavar="TEXT", help="What stands above it.  [default: made for you]")
@signing_options
@json_option
def appeal_add(
    case: Path | None, text: str, link: str, headline: str, officer: str | None, key_path: Path | None, as_json: bool
) -> None:
    """Record an appeal. It is public from the next feed on, word for word.

    \b
    goldenhour appeal add --case OP --text "Were you there" --link https://a.test
    """
    from intelligence.appeals import add_appeal

    officer, key = officer_name(officer), signing_key(key_path)
    made = add_appeal(open_own_case(_named(case), key), text=text, link=link, title=headline, key=key, officer=officer)
    _print(made.number, made.title, made.link, made.time, as_json=as_json)


@appeal.command(name="list")
@case_option
@json_option
def appeal_list(case: Path | None, as_json: bool) -> None:
    """List the appeals of a case that are open.

    \b
    goldenhour appeal list --case OP-ALDER
    """
    from hashing.case.case import Case
    from intelligence.appeals import open_appeals

    read_only(_named(case))
    opened = Case.open(_named(case))
    tell_unsigned(opened)
    appeals = list(open_appeals(opened))
    for each in appeals:
        _print(each.made.number, each.made.title, each.made.link, each.made.time, as_json=as_json)
    if not appeals:
        complain("no appeal is open")


@appeal.command(name="end")
@click.argument("number", type=click.IntRange(1), metavar="NUMBER")
@case_option
@reason_option
@signing_options
def appeal_end(number: int, case: Path | None, reason: str, officer: str | None, key_path: Path | None) -> None:
    """Record that an appeal is over: the next feed does not have it any more.

    \b
    goldenhour appeal end 1 --case OP-ALDER --reason "the man was found"
    """
    from intelligence.appeals import end_appeal

    officer, key = officer_name(officer), signing_key(key_path)
    ended = end_appeal(open_own_case(_named(case), key), number, reason=reason, key=key, officer=officer)
    click.echo(clean(f"appeal {number} is over, {ended.time}, by {ended.officer}; make the feed anew"))


def _named(case: Path | None) -> Path:
    if case is None:
        raise click.UsageError("name the case that it is an appeal of: --case CASE")
    return case


def _print(number: int, title: str, link: str, time: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"number": number, "title": title, "link": link, "time": time})
    else:
        click.echo(clean(f"{number}  {title}  {link}  {time}"))
