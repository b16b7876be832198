"""What a value in a file must be: of the type that its option takes, and where a path in it leads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pathlib import Path

    from commands.settings import Setting


def fault(option: Setting, value: Any) -> str:  # noqa: ANN401 - whatever TOML has
    """Say what is wanted of a value that is not of the type that an option takes; "" for one that is."""
    if isinstance(value, list) != (option.multiple or option.nargs != 1):
        return f"{'a list' if option.multiple else 'one value'} is wanted"
    types, wanted = _types(option)
    for each in value if isinstance(value, list) else [value]:
        # In Python true is a number; in TOML it is none.
        if not isinstance(each, types) or (isinstance(each, bool) and not option.is_flag):
            return f"{wanted} is wanted"
        if not each and isinstance(option.type, click.Path):
            return "the path of a file is wanted"
    return ""


def placed(option: Setting, value: Any, folder: Path) -> Any:  # noqa: ANN401 - whatever type the option has
    """Return a value with its paths from the folder of the file they stand in, not from wherever a command is run."""
    if isinstance(option.type, click.Path):
        return _path(value, folder)
    if option.names_files:
        return [_after_host(each, folder) for each in value]
    return value


def _types(option: Setting) -> tuple[tuple[type, ...], str]:
    if option.is_flag:
        return (bool,), "true or false"
    if isinstance(option.type, click.IntRange):
        return (int,), "a whole number"
    if isinstance(option.type, click.FloatRange):
        return (int, float), "a number"
    return (str,), "text in quotes"


def _after_host(value: str, folder: Path) -> str:
    host, separator, name = value.rpartition("=")
    return f"{host}{separator}{_path(name, folder)}"


def _path(name: str, folder: Path) -> str:
    # Not `Path.expanduser`, which raises where there is no such user.
    return str(folder / os.path.expanduser(name)) if name else name  # noqa: PTH111
