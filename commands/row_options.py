"""The options of what works off a file of rows: on one machine, or on many."""

from __future__ import annotations

import click

from commands.options import Seconds
from commands.settings import setting

form_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "jsonl"]),
    help="How the rows are written.  [default: by the name's ending, or by looking]",
)
scenes_option = click.option(
    "--scenes", type=click.IntRange(1, 64), default=4, show_default=True, metavar="N", help="Scenes side by side."
)
per_host_option = setting(
    "--per-host",
    in_case=True,
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    metavar="N",
    help="Scenes of one host side by side.",
)
delay_option = setting(
    "--delay",
    in_case=True,
    type=Seconds(0, 86_400),
    default=0.0,
    show_default=True,
    metavar="S",
    help="From the beginning of one scene of a host to the next, in seconds.",
)
retries_option = setting(
    "--retries",
    in_case=True,
    type=click.IntRange(0, 100),
    default=2,
    show_default=True,
    metavar="N",
    help="How often to try again what failed for a while, or a host that refuses.",
)
pause_option = setting(
    "--pause",
    in_case=True,
    type=Seconds(0, 86_400),
    default=30.0,
    show_default=True,
    metavar="S",
    help="Before trying again, in seconds; doubled for each further time.",
)
skip_bad_option = click.option("--skip-bad", is_flag=True, help="Leave out rows that are wrong, and take the others.")
