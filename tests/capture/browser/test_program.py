from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from capture.browser.program import find_browser
from capture.browser.settings import parse_viewport
from capture.errors import BadSettings, NotRendered


@pytest.fixture
def program(tmp_path: Path) -> str:
    """Return a program that could be a browser."""
    path = tmp_path / "chromium"
    path.write_text("#!/bin/sh\n")
    path.chmod(stat.S_IRWXU)
    return str(path)


def test_the_browser_that_is_named(program: str) -> None:
    """It is taken as it is; its own sandbox is given up where that is asked for, and nowhere else."""
    found = find_browser(program, sandbox=False)
    command = found.command(Path(program).parent, 1080, insecure=False)
    assert (found.path, found.sandbox) == (program, False)
    assert {"--no-sandbox", "--disable-quic", "--proxy-server=socks5://127.0.0.1:1080"} <= set(command)
    assert "--ignore-certificate-errors" not in command


def test_root_is_refused_unless_the_sandbox_is_given_up(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser's own sandbox does not run as root: the reason says what to do."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(NotRendered, match="does not run as root"):
        find_browser(program)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert find_browser(program).sandbox


@pytest.mark.parametrize("named", ["/nowhere/chromium", ""])
def test_where_there_is_none(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence says how to get one."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotRendered) as error:
        find_browser(named)
    assert "install Chromium, Chrome or Edge" in error.value.hint


@pytest.mark.parametrize("text", ["1280", "x", "1280x", "9x9", "99999x800", "axb", "1280x800x1"])
def test_what_is_no_viewport(text: str) -> None:
    """It is refused before anything is made."""
    with pytest.raises(BadSettings):
        parse_viewport(text)
    assert (parse_viewport("800x600"), parse_viewport("", mobile=True)) == ((800, 600), (390, 844))
