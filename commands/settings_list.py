"""All settings there are, of whatever command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands import COMMANDS, load_command
from commands.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator


def all_settings() -> list[Setting]:
    """Return every option that may have a lasting value, each name once, in the order in which commands name them."""
    found: dict[str, Setting] = {}
    for name in COMMANDS:
        for option in _options(load_command(name)):
            found.setdefault(option.setting, option)
    return list(found.values())


def _options(command: click.Command) -> Iterator[Setting]:
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from _options(each)
    yield from (each for each in command.params if isinstance(each, Setting))
