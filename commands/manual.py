"""The manual pages, written from the commands' own help: man(7), so that `man` and `mandoc` show them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence

import click

SECTION = 1


def pages(group: click.Group, name: str) -> Iterator[tuple[str, str]]:
    """Yield the file name and the text of the page of a group and of every command below it."""
    context = click.Context(group, info_name=name)
    yield _page_of(group, context, name)
    for each in group.list_commands(context):
        command = group.get_command(context, each)
        if isinstance(command, click.Group):
            yield from pages(command, f"{name} {each}")
        elif command is not None:
            yield _page_of(command, click.Context(command, info_name=each, parent=context), f"{name} {each}")


def _page_of(command: click.Command, context: click.Context, name: str) -> tuple[str, str]:
    title = name.replace(" ", "-")
    usage = " ".join([f"\\fB{_line(name)}\\fR", *(_line(piece) for piece in command.collect_usage_pieces(context))])
    parts = [
        f'.TH "{title.upper()}" "{SECTION}" "" "goldenhour" "goldenhour manual"',
        f".SH NAME\n{_line(title)} \\- {_line(command.get_short_help_str(limit=200).rstrip('.'))}",
        f".SH SYNOPSIS\n{usage}",
        f".SH DESCRIPTION\n{_paragraphs(command.help or '')}",
    ]
    options = [each for each in command.get_params(context) if isinstance(each, click.Option)]
    records = [record for each in options if (record := each.get_help_record(context)) is not None]
    if records:
        parts.append(".SH OPTIONS\n" + _list(records))
    if isinstance(command, click.Group):
        parts.append(".SH COMMANDS\n" + _list(_below(command, context)))
    return f"{title}.{SECTION}", "\n".join(parts) + "\n"


def _below(group: click.Group, context: click.Context) -> list[tuple[str, str]]:
    commands = [(name, group.get_command(context, name)) for name in group.list_commands(context)]
    return [(name, command.get_short_help_str(limit=200)) for name, command in commands if command is not None]


def _list(entries: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f".TP\n\\fB{_line(name)}\\fR\n{_line(text)}" for name, text in entries)


def _paragraphs(text: str) -> str:
    r"""Write paragraphs; those that click is told not to wrap (\b in front) keep their lines."""
    made = []
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        if paragraph.startswith("\b"):
            lines = paragraph.removeprefix("\b").strip("\n").splitlines()
            made.append("\n".join([".PP\n.nf", *(_line(line.strip()) for line in lines), ".fi"]))
        else:
            made.append(f".PP\n{_line(' '.join(paragraph.split()))}")
    return "\n".join(made)


def _line(text: str) -> str:
    """Write text that means nothing to the formatter: its escape character, and what begins a request."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain
