"""Options that several commands share: the same names, the same words, everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from commands.settings import checked_by, setting
from commands.settings_file import user_file


def together(*options: Callable[[Any], Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return what adds several options to a command, in this order."""

    def _added(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return _added


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


class Seconds(click.FloatRange):
    """A number of seconds. click lets `nan` into every range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 - click's own type
        """Return the number, or fail as a wrong use."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value} is no number of seconds", param, ctx)
        return seconds


def _demand_time_server(ctx: click.Context, option: click.Parameter, value: str) -> str:
    """Refuse what names no time server, wherever it was set. A callback of click."""
    if value:
        from capture.clock import parse_time_server
        from capture.errors import BadSettings

        try:
            parse_time_server(value)
        except BadSettings as error:
            raise click.BadParameter(f"{value!r} names no time server: {error.hint}", ctx, option) from error
    return value


def _networks(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[Any, ...]:
    """Read the networks that are opened. A callback of click; raises BadSettings."""
    if not given:
        return ()
    from capture.recorder.address_guard import checked_network

    return tuple(map(checked_network, given))


PATH = click.Path(path_type=Path)
FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
_no_login = partial(checked_by, "capture.request.options:demand_no_login")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON Lines on stdout, for scripts.")
quiet_option = click.option("--quiet", "-q", is_flag=True, help="No progress; results and errors only.")
officer_option = setting(
    "--officer", metavar="NAME", help="Who does this; asked for once on a terminal, and then remembered."
)
signing_key_option = setting(
    "--key",
    "key_path",
    type=FILE,
    metavar="FILE",
    help="The key that signs.  [default: the user's own, made on first use]",
)
signing_options = together(officer_option, signing_key_option)
output_options = together(json_option, quiet_option)
basemap_option = click.option(
    "--basemap",
    "basemap_path",
    type=FILE,
    metavar="FILE",
    help="An offline map to lie under the report's: raster tiles as .mbtiles or .pmtiles.",
)
title_option = click.option("--title", default="", help="A title for the case or the capture.")
receiver_option = click.option("--to", "receiver", default="", metavar="NAME", help="Who received it.")
reason_option = click.option("--reason", default="", metavar="TEXT", help="Why it was done.")
at_option = click.option(
    "--at", default="", metavar="WHEN", help="When it was done, if earlier: 2026-11-24T10:15Z, or 2h back."
)
timestamp_option = setting(
    "--timestamp",
    "authorities",
    multiple=True,
    callback=demand_no_login,
    check=checked_by("commands.timestamps:checked_authority"),
    metavar="URL",
    help="Who confirms the time of a seal (RFC 3161; may be repeated: asked in turn).",
)
ntp_option = setting(
    "--ntp",
    default="",
    callback=_demand_time_server,
    metavar="HOST[:PORT]",
    help="Time server that this computer's clock is compared with (SNTP).",
)
on_option = setting(
    "--on",
    in_case=True,
    multiple=True,
    check=_no_login(option="--on"),
    metavar="SERVER",
    help="Where to look for a hashtag: a server, or bsky (may be repeated).",
)
proxy_option = setting(
    "--proxy",
    default="",
    callback=demand_no_login,
    check=checked_by("capture.recorder.settings:checked_proxy"),
    metavar="URL",
    help="Fetch through this HTTP proxy.",
)
appview_option = setting(
    "--appview",
    default="",
    check=_no_login(option="--appview"),
    metavar="URL",
    help="Server to ask for bsky.  [default: Bluesky's public one]",
)
plc_option = setting(
    "--plc",
    default="",
    check=_no_login(option="--plc"),
    metavar="URL",
    help="The directory of DIDs.  [default: plc.directory]",
)
allow_private_option = click.option(
    "--allow-private",
    is_flag=True,
    help="Fetch from private and loopback addresses too, but not what a public server names.",
)
allow_network_option = click.option(
    "--allow-network",
    "allow_networks",
    multiple=True,
    callback=_networks,
    metavar="NETWORK",
    help="Fetch from this private network too, as 10.1.0.0/16 (may be repeated).",
)
case_option = click.option("--case", is_eager=True, type=PATH, metavar="CASE", help="The case that it is in.")


def made_case(*, required: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option that names the case of a command that makes it where there is none."""
    return click.option(
        "--case",
        "case_path",
        is_eager=True,
        required=required,
        type=PATH,
        metavar="DIR",
        help="The case; made if need be.",
    )


initials_option = setting(
    "--initials",
    check=checked_by("capture.request.options:checked_initials"),
    metavar="MP",
    help="For exhibit references.  [default: of the officer's name]",
)
note_option = click.option("--note", default="", help="A note to keep with the capture.")
existing_case = click.argument("case", is_eager=True, type=PATH, metavar="CASE")
sources_option = setting(
    "--sources",
    type=FOLDER,
    metavar="DIR",
    help="Where the encrypted identities are.  [default: in your data folder, by case]",
)
browser_option = setting(
    "--browser", "browser_path", default="", metavar="PATH", help="The Chromium, Chrome or Edge to show it in."
)
no_browser_sandbox_option = click.option(
    "--no-browser-sandbox", is_flag=True, help="Start the browser without its own sandbox, as root must."
)


def moment_option(text: str, option: str) -> datetime | None:
    """Read a time that was stated in an option; None where there is none."""
    from capture.request.amounts import moment
    from hashing.times import system_clock

    return moment(text, option, system_clock()) if text else None
