"""Who captures: the officer's name and initials, as given, as the settings have them, or as asked for once."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import click

from commands.output import clean, complain
from commands.settings_file import add_settings, user_file


@dataclass(frozen=True, slots=True)
class Officer:
    """Who does something, and the initials for exhibit references: "" where none were given."""

    name: str
    initials: str = ""


def officer_name(name: str | None) -> str:
    """Return who does this, as `officer_of` does."""
    return officer_of(name).name


def capturing_officer(name: str | None, chosen: dict[str, Any]) -> str:
    """Return who captures, and put the initials that were asked for beside the other values of click."""
    officer = officer_of(name, chosen["initials"])
    chosen["initials"] = officer.initials
    return officer.name


def officer_of(name: str | None, initials: str | None = None) -> Officer:
    """Return who does this: as given, or as asked on a terminal. Raises click.UsageError where nobody can be asked.

    The account's name is never taken: what a court reads as a person's name must be one. One of characters that nobody
    sees is none.
    """
    if name is not None and any(map(str.isalnum, name)):
        return Officer(name.strip(), initials or "")
    # Both: the question goes to standard error, as the output may be a file or a pipe.
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError(
            'who does this is not known: add --officer "Mary Price", set GOLDENHOUR_OFFICER, '
            f'or write officer = "Mary Price" into {clean(str(user_file()))}'
        )
    return _asked(initials)


def _asked(given: str | None) -> Officer:
    """Ask for the name and the initials, and offer to remember them."""
    from capture.request.options import initials_of

    click.echo("Who captures? The name stands in the case, in reports and in the custody log.", err=True)
    name: str = click.prompt("Your name", value_proc=_name, err=True)
    initials: str = given or click.prompt(
        "Your initials, for exhibit references", default=initials_of(name), value_proc=_initials, err=True
    )
    if click.confirm(clean(f"Remember both in {user_file()}?"), default=True, err=True):
        _remember(name, initials)
    return Officer(name, initials)


def _remember(name: str, initials: str) -> None:
    from capture.errors import BadSettings

    try:
        path = add_settings({"officer": name, "initials": initials})
    except BadSettings as error:
        complain(f"not remembered: {error}", error.hint or 'give --officer "Mary Price" the next time')
        return
    click.echo(clean(f"remembered in {path}"), err=True)


def _name(typed: Any) -> str:  # noqa: ANN401 - click's own type
    name = str(typed).strip()
    if not _is_a_name(name):
        raise click.BadParameter("a name is wanted, such as Mary Price")
    return name


def _is_a_name(text: str) -> bool:
    """Say whether a text hides nothing and has something in it that can be read; joiners belong to some scripts."""
    from hashing.printable import printable

    return printable(text) == text and any(map(str.isalnum, text))


def _initials(typed: Any) -> str:  # noqa: ANN401 - click's own type
    from capture.errors import BadSettings
    from capture.request.options import checked_initials

    try:
        return checked_initials(str(typed))
    except BadSettings as error:
        raise click.BadParameter(error.hint) from error
