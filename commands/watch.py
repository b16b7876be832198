"""`goldenhour watch`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from capture.errors import NotAsked
from commands.capture_output import NOTEBOOK, capture_exit, complain_of_end, print_capture_json
from commands.exit import Exit
from commands.interrupt import interruptible
from commands.officer import capturing_officer
from commands.opening import signing_key
from commands.output import complain, counted, print_json, print_styled
from commands.progress import watch_display
from commands.scene_options import EverydayFirst, scene_options
from commands.scenes import capture_options, case_for
from commands.timestamps import asked_authorities, timestamp_captures
from hashing.files.as_typed import as_typed

if TYPE_CHECKING:
    from capture.run.run import CaptureResult
    from capture.run.watch import WatchRound
    from hashing.case.case import Case
    from hashing.case.timestamping import TimestampOutcome


@click.command(cls=EverydayFirst)
@scene_options
@click.option(
    "--every", default="60s", show_default=True, metavar="TIME", help="From one round's beginning to the next."
)
@click.option("--for", "watched", default="", metavar="TIME", help="How long, such as 2h.  [default: until Ctrl-C]")
def watch(
    scenes: tuple[str, ...],
    case_path: Path | None,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
    quiet: bool,
    every: str,
    watched: str,
    authorities: tuple[str, ...],
    **chosen: Any,  # noqa: ANN401 - click's values, named once in the options above
) -> None:
    """Keep capturing what is new under scenes; what was edited or has gone is recorded with both versions.

    A round that brings something is sealed at once. One that brings nothing makes no exhibit, unless it is the last:
    the next goes on in its capture. A watch that is started again goes on where it was.

    \b
    goldenhour watch '#FireWatch' --on mastodon.example --for 2h --case OP-ALDER
    """
    from capture.request.amounts import span
    from capture.run.watch import Watch
    from exports.format.case_view import case_seal
    from hashing.times import system_clock

    # 1. As `capture`; a watch of a live stream would never come to its second round.
    officer = capturing_officer(officer, chosen)
    options, authorities = capture_options(officer, scenes, {**chosen, "live": ""}), asked_authorities(authorities)
    pause, length = span(every, "--every"), span(watched, "--for") if watched else None
    key = signing_key(key_path)
    case = case_for(scenes, case_path, key, officer, chosen["title"], options)
    results = []

    # 2. Nothing to ask in the very first round is a mistyped address; later it is a network that comes back.
    def _unasked(number: int, scene: str, error: NotAsked) -> None:
        if number == 1 and len(scenes) == 1:
            raise error
        complain(f"round {number}  nothing asked  {scene}: {error}")

    with interruptible() as stop, watch_display(scenes, quiet=quiet, every=pause) as (progress, display):
        watching = Watch(
            scenes, case, options, key=key, progress=progress, clock=system_clock, stop=stop, unasked=_unasked
        )
        try:
            # 3. Each round that brought something is sealed, told and time-stamped before the next.
            for done in watching.run(every=pause, length=length):
                display(done)
                if done.result is None:
                    _tell_nothing_new(done, as_json=as_json)
                    continue
                results.append(done.result)
                _tell_sealed(done.result, case, as_json=as_json)
                _tell_stamped(timestamp_captures(case, authorities, key, [done.result]), as_json=as_json)
        except KeyboardInterrupt:
            complain("ended at once: what is not sealed is sealed by the next command on this case")
    if not as_json:
        sealed = f"{counted(len(results), 'capture')} sealed in {case.path}"
        them = "it" if len(results) == 1 else "them"
        print_styled(f"{sealed}; see {them} with: goldenhour show {as_typed(case.path)}", "bold")
        if (seal := case_seal(case.path)) is not None:
            click.echo(f"seal     {seal.fingerprint}  case")
            click.echo(NOTEBOOK)
    sys.exit(Exit.INTERRUPTED if stop.reason else capture_exit(results))


def _tell_nothing_new(done: WatchRound, *, as_json: bool) -> None:
    """Print of a round that it sealed nothing: the next one goes on in its capture."""
    if as_json:
        status = "nothing" if done.failed else "nothing new"
        print_json({"round": done.number, "scene": done.scene, "exhibit": None, "status": status})


def _tell_sealed(result: CaptureResult, case: Case, *, as_json: bool) -> None:
    """Print of a round what it sealed."""
    if as_json:
        print_capture_json(result, case)
    complain_of_end(result)


def _tell_stamped(timestamp_outcomes: Sequence[TimestampOutcome], *, as_json: bool) -> None:
    """Print which authority confirmed a seal, and when."""
    for outcome in timestamp_outcomes if as_json else ():
        print_json(outcome.to_json())
