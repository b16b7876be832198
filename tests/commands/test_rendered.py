from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from tests.servers import SceneServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = b"<!doctype html><title>Fire</title><p>" + b"Somebody broke the window of the shop at ten past six. " * 10


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the address of a page, on a computer with a browser and with root at the keyboard."""
    program = tmp_path / "bin/chromium"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.chdir(tmp_path)
    with SceneServer({"/": PAGE}) as server:
        yield server.url("/")


def captured(scene: str, *words: str) -> tuple[int, str]:
    """Return the exit code of a capture, and what stands on stderr."""
    done = CliRunner().invoke(main, ["capture", scene, "--case", "OP", "--allow-private", "--quiet", *words])
    return done.exit_code, done.stderr


def test_where_the_browser_cannot_run_auto_says_so_in_a_line(scene: str) -> None:
    """The page is captured as served, and whole."""
    code, said = captured(scene, "--rendered", "auto")
    lines = [line for line in said.splitlines() if "signing key" not in line and "fingerprint" not in line]
    assert code == Exit.OK
    assert lines[0] == "goldenhour: not rendered: the browser's own sandbox does not run as root"
    assert lines[1].startswith("  hint: ")


def test_where_the_browser_cannot_run_always_refuses(scene: str, tmp_path: Path) -> None:
    """Nothing is made."""
    code, said = captured(scene, "--rendered", "always")
    assert code == Exit.REFUSED
    assert "does not run as root" in said
    assert not (tmp_path / "OP").exists()


def test_never_says_nothing(scene: str) -> None:
    """Who wants no browser hears of none."""
    code, said = captured(scene, "--rendered", "never")
    assert (code, "rendered" in said) == (Exit.OK, False)


def test_a_browser_that_does_not_start_is_a_failure(scene: str) -> None:
    """The page as served is kept, and what was to be shown and was not makes the capture partial."""
    code, _ = captured(scene, "--rendered", "auto", "--no-browser-sandbox")
    assert code == Exit.IN_PART
