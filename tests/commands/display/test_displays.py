from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from capture.run.run import CaptureResult
from capture.run.watch import WatchRound
from commands.display.live_progress import LiveProgress
from commands.display.watch_display import RoundLines, WatchTable
from hashing.case.capture_folder import Seal
from hashing.case.events import Failed
from hashing.printable import printable

SCENE, SITE = "#FireWatch", "https://example.org/"
ROUND = WatchRound(
    number=1,
    scene=SCENE,
    result=CaptureResult(Path(), "20261124T101502Z-1", "MP/1", "complete", Seal(1, "", "", "")),
    exhibit="MP/1",
    path=Path(),
    posts=1,
    pages=0,
    media=2,
    edited=0,
    gone=0,
    otherwise=0,
    failed=0,
    bytes=10,
    last=False,
)
SECOND = replace(ROUND, scene=SITE, posts=1200, failed=1, last=True)


def drawn(thing: object, width: int) -> list[str]:
    """Return what a terminal of this width shows."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None, highlight=False)
    with console.capture() as capture:
        console.print(thing)
    return [line.rstrip() for line in capture.get().splitlines()]


@pytest.fixture
def table() -> WatchTable:
    """Return a table of two scenes, the second with a login."""
    return WatchTable([SCENE, "https://mary:secret@example.org/"], 60, printable)


def test_every_scene_is_shown_from_the_beginning(table: WatchTable) -> None:
    """Before the first seal the scenes stand there, none with its login, and how to stop is said."""
    wide = drawn(table, 120)
    assert [line.split()[0] for line in wide] == ["Scene", SCENE, SITE, "round"]
    assert wide[-1] == "round 1 is under way; Ctrl-C seals what has arrived"


@pytest.mark.parametrize("width", [40, 60, 80, 102, 103, 150])
def test_a_watch_can_be_read_at_every_width(table: WatchTable, width: int) -> None:
    """No heading and no number is cut: where the table has no room, a scene takes two lines or more."""
    table.sealed(ROUND)
    table.sealed(SECOND)
    lines = drawn(table, width)
    shown = " ".join(" ".join(lines).split())
    assert all(len(line) <= width for line in lines)
    for said in (SCENE, SITE, "1,200", "MP/1 complete", "UTC"):
        assert said in shown
    for heading in ("Rounds", "Edited", "Not got") if width >= 103 else ("1 post ", "2 media", "1 not captured"):
        assert heading in shown
    assert lines[-1].startswith("next round in ")


def test_the_next_round_counts_on() -> None:
    """After the last scene of a round there is a pause, counted down; what begins after it is round 2."""
    now = [1000.0]
    table = WatchTable([SCENE, SITE], 60, printable, monotonic=lambda: now[0])
    table.began()
    table.sealed(ROUND)
    assert not table.resting
    table.sealed(SECOND)
    assert table.resting
    now[0] += 20
    assert drawn(table, 120)[-1] == "next round in 40 s; Ctrl-C ends the watch"
    table.began()
    assert drawn(table, 120)[-1].startswith("round 2 is under way")


def test_rounds_as_lines() -> None:
    """In a pipe each round is a line that counts in words, and a failure and a wait are said as they come."""
    stream = io.StringIO()
    lines = RoundLines(stream, printable)
    lines.waiting("example.org", 90)
    lines.waiting("example.org", 90, "before try 2 of 3")
    lines.failed(Failed(time="", url=SITE, reason="connection refused"))
    lines.sealed(ROUND)
    lines.sealed(SECOND)
    lines.sealed(replace(ROUND, posts=0, media=0, edited=1, gone=1))
    lines.sealed(replace(ROUND, posts=0, media=0))
    assert stream.getvalue().splitlines() == [
        "example.org wants to be left alone: waiting 90 s",
        "example.org wants to be left alone: waiting 90 s before try 2 of 3",
        f"not captured: {SITE}: connection refused",
        "round 1  MP/1 complete  #FireWatch: 1 post, 2 media",
        f"round 1  MP/1 complete  {SITE}: 1,200 posts, 2 media, 1 not captured",
        "round 1  MP/1 complete  #FireWatch: 1 edited, 1 gone",
        "round 1  MP/1 complete  #FireWatch: nothing new",
    ]


def test_a_wait_is_shown_while_it_lasts() -> None:
    """A host that wants to be left alone stands there once, counted down, whatever is fetched, and then no more."""
    now = [1000.0]
    live = LiveProgress(Console(file=io.StringIO()), printable, monotonic=lambda: now[0])
    for number in range(6):
        live.fetching(f"https://example.org/{number}")
        live.waiting("example.org", 90, "before try 2 of 3")
    now[0] += 30
    shown = drawn(live._shown(), 80)
    assert shown.count("  example.org wants to be left alone: 60 s to wait before try 2 of 3") == 1
    assert "  https://example.org/5" in shown
    now[0] += 61
    assert not any("left alone" in line for line in drawn(live._shown(), 80))
