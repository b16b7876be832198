"""`goldenhour.toml`: lasting values of options, the user's own or a case's."""

from __future__ import annotations

import difflib
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import click

from capture.errors import BadSettings

FILE = "goldenhour.toml"
_LARGEST = 1 << 20


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
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise BadSettings(f"{path}: {str(error.strerror).lower()}") from error
    if len(data) > _LARGEST:
        raise BadSettings(f"{path}: larger than any such file")
    try:
        given = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadSettings(f"{path}: {error}", hint="see docs/configuration.md for what it may hold") from error
    for name, value in given.items():
        _check(path, name, of_case=of_case)
        if not all(isinstance(each, str | int | float) for each in (value if isinstance(value, list) else [value])):
            raise BadSettings(f"{path}: {name}: neither text nor a number, nor a list of such")
    return given


def _check(path: Path, name: str, *, of_case: bool) -> None:
    known = _known()
    if name not in known:
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


def demand_no_login(ctx: click.Context, option: click.Parameter, value: str) -> str:
    """Refuse a login in an address on the command line, which the shell would keep. A callback of click."""
    from click.core import ParameterSource

    from capture.recorder.urls import without_login

    typed = ctx.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
    if value and typed and without_login(value) != value:
        name = str(option.envvar or "the environment")
        raise click.UsageError(
            f"{option.opts[0]}: the shell's history would keep this password: set {name}, or write it in {user_file()}"
        )
    return value
