"""`goldenhour config`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from commands.options import PATH, json_option
from commands.output import clean, print_json
from commands.settings import Setting

# In what libpq takes for a database, as words or as an address; such a value is refused, and shown all the same.
_PASSWORD = re.compile(r"((?:^|[\s?&])\w*password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&]*)", re.IGNORECASE)


@click.command()
@click.argument("case", required=False, type=click.Path(path_type=Path), metavar="[CASE]")
@json_option
def config(case: Path | None, as_json: bool) -> None:
    """Show each setting with its value, and where it comes from: a variable, a file, or the program.

    \b
    goldenhour config
    goldenhour config OP-ALDER     (with the case's own goldenhour.toml)
    """
    from commands.settings import all_settings
    from commands.settings_file import user_file

    if case is not None and not case.is_dir():
        raise click.UsageError(clean(f"{case}: no such case folder; name it as `ls` shows it"))
    rows = [_row(option, case) for option in all_settings()]
    if as_json:
        for name, value, source in rows:
            print_json({"setting": name, "value": value, "from": source})
        return
    # A few values (lists of paths) are very long: they must not push the sources of all others off the screen.
    width, wide = max(len(name) for name, _, _ in rows), max(len(_shown(value)) for _, value, _ in rows)
    for name, value, source in rows:
        click.echo(clean(f"{name:{width}}  {_shown(value):{min(wide, 40)}}  {source}"))
    if not user_file().exists():
        click.echo(clean(f"no file of your own yet: {user_file()}"), err=True)


def _row(option: Setting, case: Path | None) -> tuple[str, Any, str]:
    """Return name, value and source. Raises BadSettings, or click.UsageError for a wrong value in a file."""
    from commands.settings import came_from

    named = click.Argument(["case"], required=False, is_eager=True, type=PATH)
    command = click.Command("config", params=[named, option])
    with command.make_context(
        "config", [str(case)] if case else [], parent=click.get_current_context().parent
    ) as context:
        value, source = context.params[option.name or ""], came_from(context, option)
    return option.setting, _safe(value if value not in (None, "") else None), source


def _safe(value: Any) -> Any:  # noqa: ANN401 - whatever type the option has
    """Return a value as it may be shown: without the login of an address or a database, and a path as text."""
    from capture.recorder.urls import without_login

    if isinstance(value, tuple | list):
        return [_safe(each) for each in value]
    if isinstance(value, str):
        return _PASSWORD.sub(r"\1…", without_login(value))
    return str(value) if isinstance(value, Path) else value


def _shown(value: Any) -> str:  # noqa: ANN401 - whatever type the option has
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, bool):
        return str(value).lower()  # as a file of settings has it
    return "-" if value is None else str(value)
