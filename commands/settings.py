"""Options that may have a lasting value: each is taken from the first place that names it.

In this order: the command line, the environment (GOLDENHOUR_NAME), the user's own `goldenhour.toml`, the case's
`goldenhour.toml`, the program's default.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from capture.errors import BadSettings
from commands import COMMANDS, load_command
from commands.settings_file import case_file, read_settings, user_file

_PLACE = "goldenhour.place."
_WITHOUT_FILES = "goldenhour.without_files"
CASE_PARAMETERS = ("case", "case_path")
"""What commands call the case that they work on; it is read before the settings are looked up."""


class Setting(click.Option):
    """An option with a lasting value. `in_case` tells whether a case's own file may give it.

    A case can come from somebody else: what sends requests elsewhere, lends credentials, names the officer or the key
    is the user's own business, and a case's file that tries is refused. `names_files` is for values [HOST=]FILE.
    `check` raises BadSettings for what no command would take; what is typed, the commands refuse themselves.
    """

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - click's own
        in_case: bool = False,
        names_files: bool = False,
        check: Callable[[str], None] | None = None,
        **kwargs: Any,  # noqa: ANN401 - click's own
    ) -> None:
        super().__init__(*args, **kwargs)
        self.setting = max(self.opts, key=len).removeprefix("--")
        self.envvar = f"GOLDENHOUR_{self.setting.upper().replace('-', '_')}"
        self.in_case, self.names_files, self.check = in_case, names_files, check

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        """Return the value and where it is from; click knows of the files as of its map of defaults."""
        value, source = super().consume_value(ctx, opts)
        if source is not ParameterSource.DEFAULT or ctx.meta.get(_WITHOUT_FILES):
            return value, source
        given, path = self.in_files(_case_of(ctx))
        if path is None:
            return value, source
        ctx.meta[_place(self)] = path
        return given, ParameterSource.DEFAULT_MAP

    def process_value(self, ctx: click.Context, value: Any) -> Any:  # noqa: ANN401 - click's own
        """Convert the value; a wrong one from a file is an error that names the file.

        Raises click.BadParameter, click.UsageError, BadSettings.
        """
        path = ctx.meta.get(_place(self))
        if path is None:
            converted = super().process_value(ctx, value)
            if ctx.get_parameter_source(self.name or "") is ParameterSource.ENVIRONMENT:
                self._check(str(self.envvar), converted)
            return converted
        if wrong := _fault(self, value):
            raise click.UsageError(f"{path}: {self.setting}: {wrong}")
        try:
            converted = super().process_value(ctx, _placed(self, value, path.parent))
        except click.BadParameter as error:
            raise click.UsageError(f"{path}: {self.setting}: {error.message}") from error
        self._check(str(path), converted)
        return converted

    def _check(self, place: str, value: Any) -> None:  # noqa: ANN401 - whatever type the option has
        if self.check is None:
            return
        for each in value if isinstance(value, tuple) else [value]:
            try:
                self.check(each)
            except BadSettings as error:
                raise BadSettings(f"{place}: {error}", hint=error.hint) from error

    def in_files(self, case: Path | None) -> tuple[Any, Path | None]:
        """Return the value that a file gives, and which; None for the file where none does. Raises BadSettings."""
        own = user_file()
        given = load(own)
        if self.setting in given:
            return given[self.setting], own
        if case is not None and self.in_case:
            path = case_file(case)
            given = load(path, of_case=True)
            if self.setting in given:
                return given[self.setting], path
        return None, None


def setting(*names: str, **kwargs: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - click's own
    """Add an option with a lasting value to a command; `kwargs` are those of Setting and of click."""
    return click.option(*names, cls=Setting, **kwargs)


def leave_out_files(ctx: click.Context) -> None:
    """Have every option read from now on take its value as if there were no file."""
    for place in [name for name in ctx.meta if name.startswith(_PLACE)]:
        del ctx.meta[place]
    ctx.meta[_WITHOUT_FILES] = True


def came_from(ctx: click.Context, option: Setting) -> str:
    """Say where the value of an option is from: `command line`, a variable, a file or `default`."""
    if (path := ctx.meta.get(_place(option))) is not None:
        return str(path)
    source = ctx.get_parameter_source(option.name or "")
    words = {ParameterSource.COMMANDLINE: "command line", ParameterSource.ENVIRONMENT: str(option.envvar)}
    return words.get(source, "default") if source is not None else "default"


def is_of_case(name: str) -> bool:
    """Say whether the value of a setting, in the command that runs, is from the case's own file."""
    path = click.get_current_context().meta.get(f"{_PLACE}{name}")
    return path is not None and path != user_file()


def _place(option: Setting) -> str:
    return f"{_PLACE}{option.setting}"


def _case_of(ctx: click.Context) -> Path | None:
    named = (ctx.params.get(name) for name in CASE_PARAMETERS)
    return next((path for path in named if isinstance(path, Path)), None)


@cache
def load(path: Path, *, of_case: bool = False) -> dict[str, Any]:
    """Read a file of settings. Raises BadSettings also for a name that is none, or that a case's file may not set."""
    given = read_settings(path, through_links=not of_case)  # a case can be a stranger's
    for name in given:
        _check_name(path, name, of_case=of_case)
    return given


def _check_name(path: Path, name: str, *, of_case: bool) -> None:
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
    return {option.setting: option.in_case for option in all_settings()}


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


def _fault(option: Setting, value: Any) -> str:  # noqa: ANN401 - whatever TOML has
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


def _placed(option: Setting, value: Any, folder: Path) -> Any:  # noqa: ANN401 - whatever type the option has
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
