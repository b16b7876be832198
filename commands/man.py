"""`goldenhour man`: the manual pages, written from the commands' own help in man(7), for `man` and `mandoc`.

click-man (0.6) is no help: it finds no command that is loaded when asked for, and leaves what means something to the
formatter in the text (a line that begins with a quotation mark, a backslash, a paragraph that is not to be wrapped).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from commands.options import FOLDER


@click.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
def man(folder: Path) -> None:
    """Write a manual page for each command into a folder, for `man`.

    \b
    goldenhour man ~/.local/share/man/man1     (then: man goldenhour-capture)
    """
    from hashing.files.storage import make_folder, storing, write_exclusively

    if not folder.is_dir():
        make_folder(folder)
    main = click.get_current_context().find_root().command
    written = list(manual_pages(main, click.Context(main, info_name="goldenhour")))
    for name, text in written:
        with storing(folder / name):
            (folder / name).unlink(missing_ok=True)  # of an earlier version
        write_exclusively(folder / name, text.encode())
    click.echo(f"{len(written)} pages in {folder}")


def manual_pages(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """Yield the file name and the text of the page of a command and of every command below it."""
    title = context.command_path.replace(" ", "-")
    below = _below(command, context)
    yield f"{title}.1", _page(command, context, title, [(name, _summary(each)) for name, each in below])
    for name, each in below:
        yield from manual_pages(each, click.Context(each, info_name=name, parent=context))


def _below(command: click.Command, context: click.Context) -> list[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        return []
    commands = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [(name, each) for name, each in commands if each is not None]


def _page(command: click.Command, context: click.Context, title: str, below: Sequence[tuple[str, str]]) -> str:
    # Every text passes `_line`, which escapes what man(7) would take for a request.
    usage = " ".join(
        [f"\\fB{_line(context.command_path)}\\fR", *(_line(piece) for piece in command.collect_usage_pieces(context))]
    )
    options = [each for each in command.get_params(context) if isinstance(each, click.Option)]
    parts = [
        f'.TH "{title.upper()}" "1" "" "goldenhour" "goldenhour manual"',
        f".SH NAME\n{_line(title)} \\- {_line(_summary(command).rstrip('.'))}",
        f".SH SYNOPSIS\n{usage}",
        f".SH DESCRIPTION\n{_paragraphs(command.help or '')}",
    ]
    if records := [record for each in options if (record := each.get_help_record(context)) is not None]:
        parts.append(".SH OPTIONS\n" + _list(records))
    if below:
        parts.append(".SH COMMANDS\n" + _list(below))
    return "\n".join(parts) + "\n"


def _summary(command: click.Command) -> str:
    return command.get_short_help_str(limit=200)


def _list(entries: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f".TP\n\\fB{_line(name)}\\fR\n{_line(text)}" for name, text in entries)


def _paragraphs(text: str) -> str:
    r"""Write paragraphs; those that click is told not to wrap (\b in front) keep their lines."""
    written = []
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        if paragraph.startswith("\b"):
            lines = paragraph.removeprefix("\b").strip("\n").splitlines()
            written.append("\n".join([".PP\n.nf", *(_line(line.strip()) for line in lines), ".fi"]))
        else:
            written.append(f".PP\n{_line(' '.join(paragraph.split()))}")
    return "\n".join(written)


def _line(text: str) -> str:
    """Write text that means nothing to the formatter: its escape character, and what begins a request."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain
