from __future__ import annotations

import copy
from pathlib import Path

import pytest

from capture.browser.session import (
    Session,
    SessionCookie,
    forget_session,
    keep_session,
    lay_into,
    load_session,
    session_names,
    sessions_folder,
)
from capture.errors import BadSettings
from hashing.files.run_folder import runs_folders


def made(*hosts: str) -> Session:
    """Return a session with a cookie of each host."""
    cookies = tuple(SessionCookie(name="sid", value="C4NARY", domain=f".{host}", path="/") for host in hosts)
    return Session(name="unit-7", hosts=hosts, logged_in="2026-11-30T10:00:00Z", browser="Chrome/1", cookies=cookies)


@pytest.mark.parametrize(
    ("url", "lent"),
    [
        ("https://www.forum.example/a", True),
        ("https://WWW.forum.example:8443/", True),
        ("https://m.www.forum.example/", True),
        ("https://forum.example/", False),
        ("https://evilwww.forum.example/", False),
        ("https://www.forum.example.evil.example/", False),
        ("https://www.forum.example@evil.example/", False),
        ("http://[::1/", False),
        ("#tag", False),
    ],
)
def test_to_whom_a_session_is_lent(url: str, lent: bool) -> None:
    """To its own hosts and what is below them."""
    assert made("www.forum.example").is_for(url) is lent


def test_only_its_own_cookies_are_taken() -> None:
    """A cookie of its hosts is taken, and one for a domain above them; nobody else's is."""
    session = made("x.com", "www.forum.example")
    assert [session.takes(each) for each in (".x.com", "forum.example", "google.com", "example")] == [
        True, True, False, True,
    ]  # fmt: skip


def test_a_session_is_kept_for_its_user_alone(tmp_path: Path) -> None:
    """Cookies and what scripts store are kept and nothing else; nobody else may look; what is forgotten is gone."""
    profile = tmp_path / "profile"
    for name in ("Local Storage/leveldb/1.log", "IndexedDB/a/1.log", "History", "Cookies", "Cache/x"):
        (profile / "Default" / name).parent.mkdir(parents=True, exist_ok=True)
        (profile / "Default" / name).write_text("token")
    keep_session(made("x.com"), profile)
    keep_session(made("x.com"), profile)
    folder = sessions_folder()
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {
        ".lock", "unit-7/session.json", "unit-7/Local Storage/leveldb/1.log", "unit-7/IndexedDB/a/1.log",
    }  # fmt: skip
    assert {each.stat().st_mode & 0o777 for each in (folder, folder / "unit-7")} == {0o700}
    assert (load_session("unit-7"), session_names()) == (made("x.com"), ["unit-7"])
    lay_into(load_session("unit-7"), tmp_path / "copy")
    assert (tmp_path / "copy/Default/IndexedDB/a/1.log").read_text() == "token"
    forget_session("unit-7")
    assert session_names() == []
    with pytest.raises(BadSettings, match="no such session"):
        load_session("unit-7")


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".lock", "-x", "a" * 101])
def test_a_name_that_leads_elsewhere(name: str) -> None:
    """It is refused by every way in."""
    for use in (load_session, forget_session):
        with pytest.raises(BadSettings, match="not a name"):
            use(name)


def test_what_is_given_besides_goes_before_a_session() -> None:
    """A cookie of `--cookies` takes the place of the session's of the same name, host and path."""
    own = next(iter(made("x.com").jar()))
    given = copy.copy(own)
    given.value = "given"
    assert [each.value for each in made("x.com").jar([given])] == ["given"]


def test_a_session_outlives_a_kill_while_its_successor_is_kept(tmp_path: Path) -> None:
    """Killed between the two renames, a log-in leaves the session that was there before."""
    keep_session(made("x.com"), tmp_path)
    folder = sessions_folder()
    (folder / "unit-7").rename(folder / ".unit-7.old")
    (folder / ".unit-7.new").mkdir()
    assert session_names() == ["unit-7"]
    assert load_session("unit-7").hosts == ("x.com",)


@pytest.mark.parametrize("left", [".unit-7.new", ".unit-7.old"])
def test_what_a_killed_process_left_of_a_session_is_forgotten_too(left: str) -> None:
    """A log-in that was being kept, or lent to a capture, when its process was killed does not stay behind."""
    copied = runs_folders()[0] / "tmp1"
    for each in (sessions_folder() / left, copied):
        each.mkdir(parents=True)
    (copied / "lock").touch()
    forget_session("unit-7")
    assert session_names() == []
    assert not (sessions_folder() / left).exists()
    assert not copied.exists()
    with pytest.raises(BadSettings, match="no such session"):
        forget_session("unit-7")
