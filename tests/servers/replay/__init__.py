"""`goldenhour replay` as a user runs it, in Chromium without a screen, with the players that `make test` installs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.chromium import Devtools, found
from tests.browser.tab import Tab
from tests.patience import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE, _ROOT = Path(__file__).parent, Path(__file__).resolve().parents[3]
PLAYERS = {
    "ReplayWeb.page": _HERE / "node_modules" / "package",
    "pywb": _HERE / "pywb" / "bin" / "wayback",
}


def why_not(player: str) -> str:
    """Say what is missing for a replay by a player; "" where nothing is."""
    if found() is None:
        return "chromium is not installed"
    return "" if PLAYERS[player].exists() else f"{player} is not installed (make test does it)"


@dataclass
class Replay:
    """A running replay: the tab that it opened, and, once it has ended, what it told and how it ended."""

    tab: Tab
    process: subprocess.Popen[str]
    told: list[str] = field(default_factory=list)
    warned: str = ""

    @property
    def refused(self) -> set[str]:
        """The hosts that were asked and refused."""
        return {match[1] for line in self.told if (match := re.match(r"refused +(.+?)(?::443)?, ", line))}


@contextmanager
def replay(archive: Path, player: str, folder: Path, *more: str) -> Iterator[Replay]:
    """Replay an archive in a window of which only pipes are there; Ctrl-C ends it."""
    folder.mkdir()
    pipes = [folder / name for name in ("commands", "answers")]
    for pipe in pipes:
        os.mkfifo(pipe)
    window = folder / "window"
    flags = "--headless=new --disable-gpu --disable-dev-shm-usage --mute-audio --hide-scrollbars"
    as_root = "--no-sandbox" if os.geteuid() == 0 else ""  # the sandbox refuses root
    # Its socket in the temporary folder cannot have a path as long as those of tests are.
    window.write_text(
        f"#!/bin/sh\nTMPDIR=/tmp exec {found()} {flags} {as_root}"
        f' --remote-debugging-pipe "$@" 3<{pipes[0]} 4>{pipes[1]}\n'
    )
    window.chmod(0o700)
    (folder / "temporary").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "TMPDIR": str(folder / "temporary")}
    command = [sys.executable, "-u", "-m", "cli", "replay", str(archive), "--player", os.path.relpath(PLAYERS[player])]
    with subprocess.Popen(
        [*command, "--browser", str(window), *more],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        # Opened for both, so that neither side waits for the other; they end with the process.
        ends = [os.open(pipe, os.O_RDWR) for pipe in pipes]
        try:
            told = [process.stdout.readline() for _ in range(3)]
            assert all(told), process.communicate()
            browser = Devtools(*ends)
            open_pages: list[str] = []

            def _opened() -> bool:
                targets = browser.call("Target.getTargets")["targetInfos"]
                open_pages[:] = [each["targetId"] for each in targets if each["type"] == "page"]
                return bool(open_pages)

            wait_until(_opened)
            shown = Replay(Tab(browser, open_pages[0]), process, told)
            yield shown
            process.send_signal(signal.SIGINT)
            rest, shown.warned = process.communicate(timeout=PATIENCE)
            shown.told += rest.splitlines(keepends=True)
        finally:
            process.kill()
            for end in ends:
                os.close(end)
