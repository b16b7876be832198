"""Options that may have a lasting value: each is taken from the first place that names it.

In this order, which is click's: the command line, the environment (GOLDENHOUR_NAME), click's map of defaults, the
program's default. The map holds what the user's own `goldenhour.toml` says, and below that the case's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from capture.errors import BadSettings
from commands import COMMANDS, load_command
from commands.settings_file import case_file, read_settings, user_file

_LASTING = {ParameterSource.ENVIRONMENT, ParameterSource.DEFAULT_MAP}


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
        check: Callable[[str], object] = lambda _: None,
        **kwargs: Any,  # noqa: ANN401 - click's own
    ) -> None:
        super().__init__(*args, **kwargs)
        self.setting = max(self.opts, key=len).removeprefix("--")
        self.envvar = f"GOLDENHOUR_{self.setting.upper().replace('-', '_')}"
        self.in_case, self.names_files, self.check = in_case, names_files, check

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        """Return the value and where it is from. Raises BadSettings where a file cannot be read."""
        if ctx.default_map is None:  # the case is eager, so that it is known by now
            ctx.default_map = _defaults(ctx)
        return super().consume_value(ctx, opts)

    def process_value(self, ctx: click.Context, value: Any) -> Any:  # noqa: ANN401 - click's own
        """Convert the value; a wrong one from a file is an error that names the file.

        Raises click.BadParameter, click.UsageError, BadSettings.
        """
        source, place = ctx.get_parameter_source(self.name or ""), came_from(ctx, self)
        # 1. From a file: of the right type first, and paths relative to the file, not to the current folder.
        if source is ParameterSource.DEFAULT_MAP:
            if wrong := _fault(self, value):
                raise click.UsageError(f"{place}: {self.setting}: {wrong}")
            value = _placed(self, value, Path(place).parent)
        try:
            # 2. As click converts it. What was set for good is checked at once, so that the error names where it
            # stands; what is typed, the command checks with its own words.
            converted = super().process_value(ctx, value)
            if source in _LASTING:
                for each in filter(None, converted if isinstance(converted, tuple) else [converted]):
                    self.check(each)
        except click.BadParameter as error:
            if source not in _LASTING:
                raise
            said = f"{value!r}: {_types(self)[1]} is wanted" if "not a valid" in error.message else error.message
            raise click.UsageError(f"{place}: {self.setting}: {said}") from error
        except BadSettings as error:
            if source not in _LASTING:
                raise
            raise BadSettings(f"{place}: {error}", hint=error.hint) from error
        return converted


def setting(*names: str, **kwargs: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - click's own
    """Add an option with a lasting value to a command; `kwargs` are those of Setting and of click."""
    return click.option(*names, cls=Setting, **kwargs)


def checked_by(name: str, **more: str) -> Callable[[str], object]:
    """Return the check `module:function`, which is loaded when there is a value to check: `--help` needs none."""

    def _check(value: str) -> None:
        module, _, function = name.partition(":")
        getattr(import_module(module), function)(value, **more)

    return _check


def case_of(ctx: click.Context) -> Path | None:
    """Return the case that a command works on; None where it is not known (yet)."""
    named = (ctx.params.get(name) for name in ("case", "case_path"))
    return next((path for path in named if isinstance(path, Path)), None)


def _defaults(ctx: click.Context) -> dict[str, Any]:
    """Return what the files say of a command's settings, by the names of its parameters. Raises BadSettings."""
    settings = [option for option in ctx.command.params if isinstance(option, Setting)]
    given, case = load(user_file()), case_of(ctx)
    if case is not None and any(option.in_case for option in settings):
        given = load(case_file(case), of_case=True) | given
    return {option.name or "": given[option.setting] for option in settings if option.setting in given}


def came_from(ctx: click.Context, option: Setting) -> str:
    """Say where the value of an option is from: `command line`, a variable, a file or `default`."""
    match ctx.get_parameter_source(option.name or ""):
        case ParameterSource.COMMANDLINE:
            return "command line"
        case ParameterSource.ENVIRONMENT:
            return str(option.envvar)
        case ParameterSource.DEFAULT_MAP:
            case = None if option.setting in load(user_file()) else case_of(ctx)
            return str(user_file() if case is None else case_file(case))
        case _:
            return "default"


def is_of_case(ctx: click.Context, name: str) -> bool:
    """Say whether the value of a setting, whose parameter has the same name, is from the case's own file."""
    return ctx.get_parameter_source(name) is ParameterSource.DEFAULT_MAP and name not in load(user_file())


@cache
def load(path: Path, *, of_case: bool = False) -> dict[str, Any]:
    """Read a file of settings. Raises BadSettings also for a name that is none, or that a case's file may not set."""
    given = read_settings(path, through_links=not of_case)  # a case can be a stranger's
    known = {option.setting: option.in_case for option in all_settings()} if given else {}
    for name in given:
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
    return given


@cache
def all_settings() -> tuple[Setting, ...]:
    """Return every option that may have a lasting value, each name once, in the order in which commands name them."""
    found: dict[str, Setting] = {}
    for name in COMMANDS:
        for option in _options(load_command(name)):
            found.setdefault(option.setting, option)
    return tuple(found.values())


def _options(command: click.Command) -> Iterator[Setting]:
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from _options(each)
    yield from (each for each in command.params if isinstance(each, Setting))


def _fault(option: Setting, value: Any) -> str:  # noqa: ANN401 - whatever TOML has
    """Say what is wanted of a value that is not of the type that an option takes; "" for one that is."""
    if isinstance(value, list) != option.multiple:
        return f"{'a list' if option.multiple else 'one value'} is wanted"
    types, wanted = _types(option)
    for each in value if isinstance(value, list) else [value]:
        # In Python true is a number; in TOML it is none.
        if not isinstance(each, types) or (isinstance(each, bool) and not option.is_flag):
            return f"{wanted} is wanted"
        if not each and isinstance(option.type, click.Path):
            return "the path of a file is wanted"
    return ""


def _types(option: Setting) -> tuple[tuple[type, ...], str]:
    if option.is_flag:
        return (bool,), "true or false"
    if isinstance(option.type, click.IntRange):
        return (int,), "a whole number"
    if isinstance(option.type, click.FloatRange):
        return (int, float), "a number"
    return (str,), "text in quotes"


def _placed(option: Setting, value: Any, folder: Path) -> Any:  # noqa: ANN401 - whatever type the option has
    """Return a value with its paths from the folder of the file they stand in, not from wherever a command is run."""
    if isinstance(option.type, click.Path):
        return _path(value, folder)
    if option.names_files:
        parts = [each.rpartition("=") for each in value]
        return [f"{host}{sign}{_path(name, folder)}" for host, sign, name in parts]
    return value


def _path(name: str, folder: Path) -> str:
    # Not `Path.expanduser`, which raises where there is no such user.
    return str(folder / os.path.expanduser(name)) if name else name  # noqa: PTH111
