"""All settings there are, of whatever command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator


def all_settings() -> list[Setting]:
    """Return every option that may have a lasting value, each name once, in the order in which commands name them."""
    from cli import main

    found: dict[str, Setting] = {}
    for option in _options(main):
        found.setdefault(option.setting, option)
    return list(found.values())


def _options(group: click.Group) -> Iterator[Setting]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _options(command)
        elif command is not None:
            yield from (each for each in command.params if isinstance(each, Setting))
