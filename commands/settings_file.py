"""`goldenhour.toml`: lasting values of options, the user's own or a case's."""

from __future__ import annotations

import os
import stat
from functools import cache
from pathlib import Path
from typing import Any

import click

from capture.errors import BadSettings

FILE = "goldenhour.toml"
_FORM = "see docs/configuration.md for what it may hold"
_LARGEST = 1 << 20
_NUMBERS = range(-(1 << 63), 1 << 63)
"""The whole numbers that TOML has."""
_SPACE = 0x20
_DELETE = 0x7F


def user_file() -> Path:
    """Return where the user's own file is looked for."""
    from platformdirs import user_config_path

    return user_config_path("goldenhour", appauthor=False) / FILE


def case_file(case: Path) -> Path:
    """Return where a case's file is looked for. It is no evidence: no seal covers it, and no bundle takes it along."""
    return case / FILE


@cache
def load(path: Path, *, of_case: bool = False) -> dict[str, Any]:
    """Read a file, once; without one nothing is set. Raises BadSettings for what cannot be meant, or is not allowed."""
    try:
        data = _read(path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise BadSettings(f"{path}: {str(error.strerror).lower()}") from error
    import tomllib

    try:
        given = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadSettings(f"{path}: {error}", hint=_FORM) from error
    except ValueError as error:  # Python reads no number of thousands of digits
        raise BadSettings(f"{path}: holds a number that is too long", hint=_FORM) from error
    for name, value in given.items():
        _check(path, name, of_case=of_case)
        for each in value if isinstance(value, list) else [value]:
            _check_value(path, name, each)
    return given


def _read(path: Path) -> bytes:
    """Read what is a file, and no pipe or device that would be waited for. Raises OSError, BadSettings."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BadSettings(f"{path}: not a file")
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise BadSettings(f"{path}: larger than any such file")
    return data


def _check_value(path: Path, name: str, value: object) -> None:
    if not isinstance(value, str | int | float):
        raise BadSettings(f"{path}: {name}: neither text nor a number, nor a list of such")
    if isinstance(value, int) and value not in _NUMBERS:
        raise BadSettings(f"{path}: {name}: a number beyond those that TOML has")
    if isinstance(value, str) and any(ord(each) < _SPACE or ord(each) == _DELETE for each in value):
        raise BadSettings(f"{path}: {name}: holds a control character")


def _check(path: Path, name: str, *, of_case: bool) -> None:
    known = _known()
    if name not in known:
        import difflib

        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
        raise BadSettings(f"{path}: {name}: no such setting", hint=hint)
    if of_case and not known[name]:
        raise BadSettings(
            f"{path}: {name}: a case's file may not set this: a case can come from somebody else",
            hint=f"set it in {user_file()}, or on the command line",
        )


@cache
def _known() -> dict[str, bool]:
    """Return every setting, and whether a case's file may give it."""
    from commands.settings_list import all_settings

    return {option.setting: option.in_case for option in all_settings()}


def demand_no_login(ctx: click.Context, option: click.Parameter, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    """Refuse a login in an address on the command line, which the shell would keep. A callback of click."""
    from click.core import ParameterSource

    from capture.recorder.urls import without_login

    typed = ctx.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
    addresses = [value] if isinstance(value, str) else value
    if typed and any(without_login(each) != each for each in addresses):
        name = str(option.envvar or "the environment")
        raise click.UsageError(
            f"{option.opts[0]}: the shell's history would keep this password: set {name}, or write it in {user_file()}"
        )
    return value
