"""What commands print: results on stdout, all else on stderr; nothing in it can command a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


def complain(message: str, hint: str = "") -> None:
    """Print an error as a sentence on stderr, more lines below it, and a hint of what to do next."""
    from hashing.printable import printable

    first, *more = message.splitlines() or [""]
    click.echo(f"goldenhour: {printable(first)}", err=True)
    for line in more:
        click.echo(f"  {printable(line)}", err=True)
    if hint:
        click.echo(f"  hint: {printable(hint)}", err=True)


def counted(count: int, noun: str) -> str:
    """Write a count with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def clean(text: str) -> str:
    """Make text of any origin safe to print."""
    from hashing.printable import printable

    return printable(text)


def console() -> Console:
    """Return the console for progress, which is on stderr."""
    from commands.display.listing import plain_console

    return plain_console(sys.stderr)


def print_json(value: dict[str, Any]) -> None:
    """Print a line of JSON in ASCII, which no terminal takes for a command and no path can make invalid."""
    import json

    click.echo(json.dumps(value))


def verdict_style(verdict: str) -> str:
    """Return the colour of a verdict on evidence."""
    return {"ok": "green", "mismatch": "bold red"}.get(verdict, "yellow")


def print_styled(text: str, style: str = "") -> None:
    """Print a line on stdout, in colour where that is a terminal that has any and NO_COLOR does not forbid it.

    On a terminal a line that is too long goes on below, between words: a hash or a path is never broken.
    """
    line = clean(text)
    # Into a pipe a line stays a line, and rich is not loaded, which takes time.
    if not sys.stdout.isatty():
        click.echo(line)
        return
    from rich.text import Text

    from commands.display.listing import plain_console

    console = plain_console(sys.stdout)
    if console.is_terminal and len(line) > console.width:
        import textwrap

        line = textwrap.fill(
            line, console.width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
        )
    console.print(Text(line, style=style), soft_wrap=True)


def print_things(*things: RenderableType) -> None:
    """Print tables and styled text on stdout."""
    from commands.display.listing import Listing, plain_console

    console = plain_console(sys.stdout)
    for thing in things:
        for part in thing.parts() if isinstance(thing, Listing) else [thing]:
            console.print(part)
