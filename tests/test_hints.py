"""What an error or a last line says to type can be typed: click parses each such command that stands in the code."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from hashing.files.as_typed import as_typed
from tests.test_cli import typed

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
ROOMS = ("capture", "commands", "exports", "fleet", "hashing", "intelligence", "validation", "cli.py")
_SAMPLE = "SAMPLE"
"""What stands where a message names a path, an exhibit or the like."""
_COMMAND = re.compile(r"`goldenhour ([^`]*)`|(?:: |run |next +|more +)goldenhour (.*)")
_FROM_HERE = re.compile(r"[;,] |\s+\(|\)$| shows | and ")
"""What ends a command in a sentence."""


def _texts() -> Iterator[tuple[str, str, bool]]:
    """Yield every text of the product that is no docstring: its place, itself, and whether it is a hint."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")) if (ROOT / room).is_dir() else [ROOT / room]:
            source = path.read_text("utf-8")
            if "goldenhour " in source:
                for node, text, is_hint in _texts_below(ast.parse(source), is_hint=False):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", text, is_hint


def _texts_below(node: ast.AST, *, is_hint: bool) -> Iterator[tuple[ast.expr, str, bool]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node, node.value, is_hint
    elif isinstance(node, ast.JoinedStr):
        parts = (str(part.value) if isinstance(part, ast.Constant) else _placeholder(part) for part in node.values)
        yield node, "".join(parts), is_hint
    elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):  # which a docstring is
        inside = is_hint or (isinstance(node, ast.keyword) and node.arg == "hint")
        for child in ast.iter_child_nodes(node):
            yield from _texts_below(child, is_hint=inside)


def _placeholder(part: ast.expr) -> str:
    """Return a word for a value; nothing for one that is a choice, which may be empty."""
    value = part.value if isinstance(part, ast.FormattedValue) else part
    return "" if isinstance(value, ast.Name) and value.id == "one" else _SAMPLE


def _commands() -> list[tuple[str, str, bool]]:
    found = []
    for place, text, is_hint in _texts():
        for line in text.splitlines():
            for match in _COMMAND.finditer(line):
                command = match[1] or _FROM_HERE.split(match[2])[0]
                found.append((place, command.strip(), is_hint or match[2] is not None))
    return found


def parsed(command: str) -> click.Context:
    """Have click parse a command without running it. Raises click.UsageError where it cannot be carried out so."""
    context = main.make_context("goldenhour", shlex.split(command))
    name, found, rest = main.resolve_command(context, [*context._protected_args, *context.args])
    assert found is not None
    inner = found.make_context(name, rest, parent=context)
    if isinstance(found, click.Group):
        name, found, rest = found.resolve_command(inner, [*inner._protected_args, *inner.args])
        assert found is not None
        inner = found.make_context(name, rest, parent=inner)
    return inner


def test_a_command_in_a_message_can_be_typed() -> None:
    """What is told as a command is one, with options that it has; in a hint, with all that it needs."""
    commands = _commands()
    assert len(commands) > 20
    wrong = [
        f"{place}: goldenhour {command}: {fault}"
        for place, command, to_type in commands
        if (fault := _fault(command, to_type))
    ]
    assert not wrong, "\n".join(wrong)


def _fault(command: str, to_type: bool) -> str:
    """Return why a command cannot be typed, or nothing."""
    words = shlex.split(command)
    if words and (to_type or len(words) > 1):
        try:
            parsed(command)
        except click.UsageError as error:
            return error.format_message()
    elif words and words[0] not in main.list_commands(click.Context(main)):
        return "is no command"
    return ""


@pytest.mark.parametrize("name", ["OP ALDER", "-OP", "it's", "OP;true", "$HOME"])
def test_a_path_in_a_hint_survives_the_shell(name: str) -> None:
    """A path is quoted so that a shell hands it over as it is, and click takes it for no option."""
    [word] = shlex.split(as_typed(name))
    assert Path(word) == Path(name)
    assert not word.startswith("-")


def test_the_hints_of_a_day_work(tmp_path: Path) -> None:
    """A file of scenes, a case where a bundle is wanted, an unknown item: what each error says is typed, and works."""
    (tmp_path / "rows").write_text("https://scene.invalid/\n")
    told = typed("capture", "rows", cwd=tmp_path).stderr
    [command] = re.findall(r"`goldenhour (batch [^`]*)`", told)
    assert typed(*shlex.split(command), "--retries", "0", cwd=tmp_path).returncode == Exit.NOTHING
    assert typed("init", "OP 1", cwd=tmp_path).returncode == Exit.OK
    again = typed("init", "OP 1", cwd=tmp_path).stderr
    [command] = re.findall(r"goldenhour (show .*)", again)
    assert typed(*shlex.split(command), cwd=tmp_path).returncode == Exit.OK


def test_help_fits_a_terminal_of_80_columns() -> None:
    """No line of any help is longer than 80 columns, examples too: what is broken in the middle cannot be pasted."""
    waiting: list[tuple[click.Command, list[str]]] = [(main, [])]
    while waiting:
        command, words = waiting.pop()
        shown = CliRunner().invoke(main, [*words, "--help"], terminal_width=80).output
        assert [line for line in shown.splitlines() if len(line) > 80] == [], words
        if isinstance(command, click.Group):
            with click.Context(command) as context:
                names = command.list_commands(context)
                found = [(name, command.get_command(context, name)) for name in names]
            waiting += [(each, [*words, name]) for name, each in found if each is not None]
