"""`goldenhour doctor`."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.clock import asked_time_server
from commands.exit import Exit
from commands.options import (
    PATH,
    allow_network_option,
    allow_private_option,
    appview_option,
    json_option,
    ntp_option,
    on_option,
    plc_option,
    proxy_option,
    signing_key_option,
    timestamp_option,
)
from commands.output import clean, console, counted, print_json
from commands.settings_file import case_file, user_file

if TYPE_CHECKING:
    from capture.doctor import Finding, Setup

_COLOURS = {"ok": "green", "warning": "yellow", "fault": "red"}
_STATE, _CHECK = 7, 13
_PROBLEM = "goldenhour.doctor.problem"


class _Doctor(click.Command):
    """Goes on without the settings files where they cannot be used: that is one of its findings."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read what was typed; a second time without files where that fails, so that a wrong use fails again."""
        from capture.errors import BadSettings

        try:
            return super().parse_args(ctx, list(args))
        except (BadSettings, click.UsageError) as error:
            ctx.default_map = {}  # as if there were no file
            ctx.params.clear()
            parsed = super().parse_args(ctx, args)
            ctx.meta[_PROBLEM] = error.message if isinstance(error, click.UsageError) else str(error)
            return parsed


@click.command(cls=_Doctor)
@click.argument("case", required=False, is_eager=True, type=PATH, metavar="[CASE]")
@click.option("--probe", is_flag=True, help="Also ask each service that a capture would ask.")
@click.option(
    "--site",
    "sites",
    multiple=True,
    metavar="SITE",
    help="Also capture a known public post of this site, into nothing (may be repeated); or `all`.",
)
@click.option("--probe-list", type=PATH, metavar="FILE", help="Further posts for --site: a line each, `SITE ADDRESS`.")
@click.option("--record", type=PATH, metavar="FILE", help="Add what the sites gave to a file.")
@ntp_option
@on_option
@timestamp_option
@proxy_option
@appview_option
@plc_option
@allow_private_option
@allow_network_option
@signing_key_option
@json_option
def doctor(
    case: Path | None,
    key_path: Path | None,
    sites: tuple[str, ...],
    probe_list: Path | None,
    record: Path | None,
    as_json: bool,
    **chosen: Any,  # noqa: ANN401 - click's values, named once in the options above
) -> None:
    """Check whether this computer can capture now: programs, clock, key, settings, disk, network, certificates.

    Nothing is made or changed, but what --record names. Nobody is asked but the time server, where one is named; with
    --probe also each service that a capture would ask; with --site also sites where people post, for what they give
    today. Exit code 0: nothing is at fault; 3: something is, and captures would not be whole.

    \b
    goldenhour doctor OP-ALDER
    goldenhour doctor --probe --ntp ntp.example
    goldenhour doctor --site x.com --site t.me --record sites.jsonl
    """
    from capture.doctor import FAULT, examine

    setup = _setup(case or Path(), key_path, chosen)
    # Each finding is printed when it is there: the slow ones ask the network.
    states: Counter[str] = Counter()
    asked = _sites(sites, probe_list)
    findings = chain(examine(setup), _probed(setup, asked, record)) if asked else examine(setup)
    while (finding := _next(findings, quiet=as_json)) is not None:
        states[finding.state] += 1
        if as_json:
            print_json(finding.to_json())
        else:
            _print(finding)
    if not as_json:
        warned = f", {counted(states['warning'], 'warning')}" if states["warning"] else ""
        faults = counted(states[FAULT], FAULT) if states[FAULT] else "nothing at fault"
        click.echo(f"{faults}{warned}; {states.total():,} checked")
    sys.exit(Exit.IN_PART if states[FAULT] else Exit.OK)


def _sites(names: tuple[str, ...], probe_list: Path | None) -> dict[str, str]:
    """Return the sites that are to be asked, and what for. Raises BadSettings."""
    if not names:
        return {}
    from capture.doctor.site_probe import chosen_sites

    return chosen_sites(names, probe_list)


def _probed(setup: Setup, sites: dict[str, str], record: Path | None) -> Iterator[Finding]:
    """Ask each site, and add what came of it to the record. Raises Unwritable."""
    from capture.doctor.site_probe import probe_sites
    from hashing.files.storage import storing

    for probed in probe_sites(setup, sites):
        if record is not None:
            with storing(record), record.open("a", encoding="utf-8") as file:
                file.write(probed.line())
        yield probed.finding()


def _setup(folder: Path, key: Path | None, chosen: dict[str, Any]) -> Setup:
    """Put together what was typed and set; what is wrong with the settings files is for the table."""
    from capture.doctor import Setup
    from capture.errors import BadSettings
    from capture.recorder.address_guard import AddressGuard
    from capture.recorder.settings import checked_proxy
    from capture.request.options import BlueskyServices
    from hashing.ledger.keys import default_key_path

    # A wrong setting must not end the doctor before it could say so: it becomes a line of the table.
    problem, services = click.get_current_context().meta.get(_PROBLEM, ""), BlueskyServices()
    try:
        services = BlueskyServices(appview=chosen["appview"] or services.appview, plc=chosen["plc"] or services.plc)
    except BadSettings as error:
        problem = problem or str(error)
    return Setup(
        folder=folder,
        key=key or default_key_path(),
        key_named=key is not None,
        files=tuple(path for path in (user_file(), case_file(folder)) if os.path.exists(path)),  # noqa: PTH110 - Path raises where it may not look
        files_problem=problem,
        ntp=asked_time_server(chosen["ntp"]),
        on=tuple(chosen["on"]),
        authorities=tuple(chosen["authorities"]),
        bluesky=services,
        proxy=checked_proxy(chosen["proxy"]),
        guard=AddressGuard(chosen["allow_private"], chosen["allow_networks"]),
        probe=chosen["probe"],
    )


def _next(findings: Iterator[Finding], *, quiet: bool) -> Finding | None:
    """Wait for the next finding, and show on a terminal that something is under way; None after the last one."""
    waiting = nullcontext() if quiet or not sys.stderr.isatty() else console().status("looking")
    with waiting:
        return next(findings, None)


def _print(finding: Finding) -> None:
    took = f"  ({finding.seconds:.3f} s)" if finding.seconds is not None else ""
    state = click.style(f"{finding.state:<{_STATE}}", fg=_COLOURS[finding.state])
    click.echo(f"{state}  {clean(finding.check):<{_CHECK}}  {clean(finding.says)}{took}")
    if finding.hint:
        click.echo(f"{'':<{_STATE}}  {'':<{_CHECK}}  hint: {clean(finding.hint)}")
