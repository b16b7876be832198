"""Cookies of the officer's own browser: those of Firefox, and of the Chromium that is here."""

from __future__ import annotations

import sqlite3
import subprocess
from pathlib import Path

import pytest

from capture.errors import BadSettings
from capture.request.browser_cookies import checked_browser, load_browser_cookies
from tests.browser.chromium import found
from tests.patience import PATIENCE
from tests.servers.scene import Body, SceneServer


def _firefox(folder: Path, *rows: tuple[str, str, str, int]) -> str:
    """Make a profile of Firefox with cookies (name, value, host, end), and return how it is named."""
    folder.mkdir()
    with sqlite3.connect(folder / "cookies.sqlite") as base:
        base.execute("PRAGMA user_version=15")
        base.execute(
            "CREATE TABLE moz_cookies (originAttributes TEXT DEFAULT '', name TEXT, value TEXT, host TEXT,"
            " path TEXT DEFAULT '/', expiry INTEGER, isSecure INTEGER DEFAULT 0)"
        )
        base.executemany("INSERT INTO moz_cookies (name, value, host, expiry) VALUES (?, ?, ?, ?)", rows)
    base.close()
    return f"firefox:{folder}"


def test_cookies_of_firefox(tmp_path: Path) -> None:
    """Name, value, host and end are as Firefox keeps them; one without an end ends with the session."""
    named = _firefox(tmp_path / "profile", ("a", "1", ".example.org", 4_102_444_800), ("b", "", "www.example.org", 0))
    jar, trouble = load_browser_cookies(named)
    kept = [(each.name, each.value, each.domain, each.expires, each.discard) for each in jar]
    assert sorted(kept) == [("a", "1", ".example.org", 4_102_444_800, False), ("b", "", "www.example.org", None, True)]
    assert trouble == ""


def test_cookies_of_chromium(tmp_path: Path) -> None:
    """What a server gave Chromium, which keeps it encrypted, is lent by us as well."""
    program = found()
    if program is None:
        pytest.skip("there is no Chromium here")
    with SceneServer({"/": Body(data=b"<p>hello", cookies=("session=s3cret; Max-Age=9999",))}) as server:
        subprocess.run(
            [
                program,
                "--headless=new",
                "--no-sandbox",
                "--password-store=basic",
                f"--user-data-dir={tmp_path}",
                "--dump-dom",
                server.url("/"),
            ],
            capture_output=True,
            check=True,
            timeout=PATIENCE,
        )
    jar, _ = load_browser_cookies(f"chromium+BASICTEXT:{tmp_path / 'Default'}")
    assert [(each.name, each.value, each.domain) for each in jar] == [("session", "s3cret", "127.0.0.1")]


@pytest.mark.parametrize("named", ["lynx", "", ":", "firefox:", "+BASICTEXT", "../firefox"])
def test_what_is_no_browser(named: str) -> None:
    """A browser that nobody reads is refused, with those that are known."""
    with pytest.raises(BadSettings) as raised:
        checked_browser(named)
    assert "firefox" in raised.value.hint


@pytest.mark.parametrize("made", ["", "not a database", "empty"])
def test_a_profile_without_cookies(made: str, tmp_path: Path) -> None:
    """A profile that is not there, is broken or has no cookies is an error that names it, and what to do."""
    named = f"firefox:{tmp_path / 'profile'}"
    if made == "empty":
        _firefox(tmp_path / "profile")
    elif made:
        (tmp_path / "profile").mkdir()
        (tmp_path / "profile" / "cookies.sqlite").write_text(made)
    with pytest.raises(BadSettings) as raised:
        load_browser_cookies(named)
    assert str(tmp_path / "profile") in str(raised.value)
    assert "--cookies" in raised.value.hint
