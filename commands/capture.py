"""`goldenhour capture`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from capture.errors import NotAsked
from capture.request.progress import Progress
from commands.capture_output import (
    capture_exit,
    complain_of_end,
    print_capture,
    print_capture_json,
    print_case,
    print_safe,
    print_unasked,
)
from commands.exit import Exit
from commands.interrupt import interruptible, terminating_like_ctrl_c
from commands.officer import capturing_officer
from commands.opening import signing_key
from commands.output import complain, print_json
from commands.progress import capture_progress
from commands.scene_options import EverydayFirst, scene_options
from commands.scenes import capture_options, case_for
from commands.timestamps import asked_authorities, print_timestamp, timestamp_captures, timestamp_later
from hashing.case.kinds import CaptureStatus
from hashing.ledger.keys import SigningKey

if TYPE_CHECKING:
    from capture.recorder.stopping import Stop
    from capture.request.options import CaptureOptions
    from capture.run.run import CaptureResult
    from hashing.case.case import Case
    from hashing.case.timestamping import TimestampOutcome
    from hashing.sandbox import Readers


@click.command(cls=EverydayFirst)
@scene_options
@click.option("--for", "live", default="", metavar="TIME", help="Follow a live stream for so long, such as 10m.")
def capture(
    scenes: tuple[str, ...],
    case_path: Path | None,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
    quiet: bool,
    authorities: tuple[str, ...],
    **chosen: Any,  # noqa: ANN401 - click's values, named once in the options above
) -> None:
    """Capture scenes: pages, files, posts, accounts, videos, feeds by their address; or a #hashtag.

    \b
    goldenhour capture https://example.org/post/1 --case OP-ALDER --initials MP
    goldenhour capture https://mastodon.example/@alice/109 --thread
    goldenhour capture '#FireWatch' --on mastodon.example --on bsky --since 2h
    """
    from capture.errors import NotAsked

    # 1. What was typed is checked before there is a case: a mistyped option leaves nothing behind.
    officer = capturing_officer(officer, chosen)
    options, authorities = capture_options(officer, scenes, chosen), asked_authorities(authorities)
    key = signing_key(key_path)
    case = case_for(scenes, case_path, key, officer, chosen["title"], options)
    results: list[CaptureResult] = []
    unasked: list[NotAsked] = []
    # 2. Each scene is sealed before the next begins, and told at once: what comes later cannot take it away.
    with terminating_like_ctrl_c():
        with interruptible() as stop, capture_progress(quiet=quiet) as progress:
            for result in _captured(scenes, case, options, key, progress, stop):
                if isinstance(result, NotAsked):
                    unasked.append(result)
                    print_unasked(result, as_json=as_json)
                    continue
                results.append(result)
                complain_of_end(result)
                if as_json:
                    print_capture_json(result, case)
        # 3. Trusted times after all captures: an authority that is slow must not hold up what vanishes.
        try:
            timestamp_outcomes = timestamp_captures(case, authorities, key, results)
        except KeyboardInterrupt:  # what was captured is sealed, and told all the same
            timestamp_outcomes = []
            complain("not time-stamped: interrupted", timestamp_later(case, authorities))
    _print_end(case, results, timestamp_outcomes, as_json=as_json)
    # 4. Complete only if every scene that was named was captured.
    code = capture_exit(results, unasked)
    if len(results) + len(unasked) < len(scenes) and stop.reason:
        code = Exit.INTERRUPTED
    sys.exit(Exit.IN_PART if len(results) < len(scenes) and code == Exit.OK else code)


def _print_end(
    case: Case, results: Sequence[CaptureResult], timestamp_outcomes: Sequence[TimestampOutcome], *, as_json: bool
) -> None:
    """Print the captures and their trusted times, and as the last line what is safe."""
    if as_json:
        for outcome in timestamp_outcomes:
            print_json(outcome.to_json())
        return
    counts = [print_capture(result) for result in results]
    # The case's seal after its captures, as it covers them, and what is safe as the last line that is read.
    if results:
        print_case(case)
    for outcome in timestamp_outcomes:
        if outcome.timestamped is not None:
            print_timestamp(outcome)
    if results:
        safe, missing = map(sum, zip(*counts, strict=True))
        print_safe(case, [result.exhibit for result in results], safe, missing)


def _captured(
    scenes: Sequence[str], case: Case, options: CaptureOptions, key: SigningKey, progress: Progress, stop: Stop
) -> Iterator[CaptureResult | NotAsked]:
    """Capture one scene after the other, until the user or a disk without room ends it.

    A scene of which nothing can be asked makes no capture, and yields the reason.
    """
    from capture.recorder.reading import capture_readers

    with capture_readers() as readers:
        readers.start()  # beside what is loaded to capture
        yield from _captured_with(readers, scenes, case, options, key, progress, stop)


def _captured_with(
    readers: Readers,
    scenes: Sequence[str],
    case: Case,
    options: CaptureOptions,
    key: SigningKey,
    progress: Progress,
    stop: Stop,
) -> Iterator[CaptureResult | NotAsked]:
    from capture.errors import NotAsked
    from capture.request.scene import parse_scene
    from capture.run.askable import demand_askable
    from capture.run.run import capture as run_capture
    from hashing.errors import StorageFull

    for number, scene in enumerate(scenes):
        if stop.reason:
            return
        try:
            # Before the capture, and not in it: a scene of which nothing can be asked would leave an empty exhibit.
            demand_askable(scene, options, stop)
            if stop.reason:
                return
            result = run_capture(
                scene, case, options, key=key, progress=progress, stop=stop, readers=readers, reads_alone=True
            )
        except NotAsked as error:
            yield NotAsked(f"{parse_scene(scene).text}: {error}", refused=error.refused)
            continue
        except StorageFull as error:
            if number == 0:
                raise
            left_out = parse_scene(scene).text  # without a login
            complain(f"{left_out} and what follows it is not captured: {error}", error.hint)
            return
        yield result
        if result.status == CaptureStatus.INTERRUPTED:
            return
        if result.reason and number + 1 < len(scenes):
            complain(f"{parse_scene(scenes[number + 1]).text} and what follows it is not captured")
            return
