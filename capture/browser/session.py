"""The officer's log-ins: what a browser holds once somebody has logged in at a site, lent to that site alone.

A session is a folder of this user's, outside of every case: cookies, and what a site's scripts keep beside them (Local
Storage, IndexedDB). It holds no password, no history and no cache. Whoever can read the folder has the log-in: nothing
in it is encrypted, and it is as safe as the user's account. A capture works in a copy, which goes with it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.cookiejar import Cookie, CookieJar
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from capture.errors import BadSettings
from capture.recorder.given_cookie import given_cookie
from hashing.case.verdict import SESSION_ENDED
from hashing.files.lock import wait_for_lock
from hashing.files.run_folder import remove_left, runs_folders
from hashing.files.storage import storing, write_new
from hashing.files.user_folders import data_folder

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_RECORD, _LOCK = "session.json", ".lock"
_STORES = ("Local Storage", "IndexedDB")  # Folders of a profile in which the scripts of a site keep who is logged in.
_PROFILE = "Default"
_PATIENCE = 30.0  # Seconds: whoever has the lock copies some files.


class SessionCookie(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A cookie as the browser tells it (https://chromedevtools.github.io/devtools-protocol/tot/Network/#type-Cookie)."""

    name: str
    value: str
    domain: str
    path: str
    expires: float = -1  # Seconds since 1970; -1 where it ends with the browser.
    secure: bool = False
    http_only: bool = False
    same_site: str = ""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A log-in that is kept, and the hosts that it is lent to."""

    name: str
    hosts: tuple[str, ...]  # Where somebody logged in, first, and the other hosts of the same site.
    logged_in: str  # When its window was closed the last time.
    browser: str
    cookies: tuple[SessionCookie, ...] = ()

    def is_for(self, url: str) -> bool:
        """Say whether a page at this address may be shown with it."""
        try:
            return self._owns(urlsplit(url).hostname or "")
        except ValueError:
            return False

    def takes(self, domain: str) -> bool:
        """Say whether a cookie of this domain belongs to it: of its hosts, or of a domain that one of them is in."""
        domain = domain.lower().lstrip(".")
        return self._owns(domain) or any(host.endswith(f".{domain}") for host in self.hosts)

    def jar(self, given: Iterable[Cookie] = ()) -> CookieJar:
        """Return its cookies; those that are `given` besides go before them."""
        jar = CookieJar()
        for cookie in (*map(_standard, self.cookies), *given):
            jar.set_cookie(cookie)
        return jar

    @property
    def ended(self) -> str:
        """What there is to say where a site asks for a log-in all the same."""
        return (
            f"{SESSION_ENDED} that was lent to {self.hosts[0]}, or its account may not see this: "
            f"lend a new one with `goldenhour login {self.hosts[0]}` and run this again"
        )

    def _owns(self, host: str) -> bool:
        host = host.lower()
        return any(host == own or host.endswith(f".{own}") for own in self.hosts)


def _standard(cookie: SessionCookie) -> Cookie:
    more = {"HttpOnly": ""} if cookie.http_only else {}
    return given_cookie(
        name=cookie.name,
        value=cookie.value,
        domain=cookie.domain,
        path=cookie.path,
        secure=cookie.secure,
        expires=max(0, int(cookie.expires)),
        rest=more | ({"SameSite": cookie.same_site} if cookie.same_site else {}),
    )


def sessions_folder() -> Path:
    """Return where sessions are kept: in goldenhour's folder among the user's data."""
    return data_folder() / "sessions"


def checked_name(name: str) -> str:
    """Return the name of a session. Raises BadSettings for what no folder of ours is called."""
    if not _NAME.fullmatch(name):
        raise BadSettings(f"--session {name}: not a name", hint="use letters, digits, dots and dashes, such as x.com")
    return name


def load_session(name: str) -> Session:
    """Return a session that is kept. Raises BadSettings where there is none."""
    _put_back()
    try:
        data = (sessions_folder() / checked_name(name) / _RECORD).read_bytes()
        return msgspec.json.decode(data, type=Session)
    except OSError as error:
        hint = f"log in first: goldenhour login HOST --session {name}; goldenhour login --list shows what there is"
        raise BadSettings(f"--session {name}: there is no such session", hint=hint) from error
    except msgspec.DecodeError as error:
        hint = f"run: goldenhour login --forget {name}, and log in again"
        raise BadSettings(f"--session {name}: cannot be read", hint=hint) from error


def session_names() -> list[str]:
    """Return the names of all sessions, in their order. Raises BadSettings as `load_session` does."""
    _put_back()
    try:
        return sorted(path.name for path in sessions_folder().iterdir() if _NAME.fullmatch(path.name))
    except FileNotFoundError:
        return []


def keep_session(session: Session, profile: Path) -> None:
    """Keep a session, with what sites have stored in a browser's profile, in the place of one of the same name.

    Raises StorageFull, Unwritable.
    """
    folder = sessions_folder() / checked_name(session.name)
    with _held(), storing(folder):
        making, old = _left_over(folder)
        for left in (making, old):
            shutil.rmtree(left, ignore_errors=True)
        making.mkdir(mode=0o700)
        _copy_stores(profile / _PROFILE, making)
        write_new(making / _RECORD, msgspec.json.encode(session))
        if folder.exists():
            folder.rename(old)
        making.rename(folder)
        shutil.rmtree(old, ignore_errors=True)


def _put_back() -> None:
    """Put a session back in its place whose process was killed before its successor took it."""
    if any(not sessions_folder().joinpath(left.name[1:-4]).exists() for left in sessions_folder().glob(".*.old")):
        with _held():
            pass


def _left_over(folder: Path) -> tuple[Path, Path]:
    """Return where a session is made, and where the one before it waits for its end."""
    return folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")


def forget_session(name: str) -> None:
    """Remove a session, and what processes that were killed left of it, such as the copy that a capture worked in.

    Raises BadSettings where there is none, Unwritable.
    """
    folder = sessions_folder() / checked_name(name)
    with _held(), storing(folder):
        there = [each for each in (*_left_over(folder), folder) if each.is_dir()]
        for each in there:
            shutil.rmtree(each)
        for runs in {*runs_folders()}:
            remove_left(runs)
    if not there:
        raise BadSettings(f"{name}: there is no such session", hint="goldenhour login --list shows what there is")


def lay_into(session: Session, profile: Path) -> None:
    """Copy what sites have stored into the profile of a browser that is not running. Raises Unwritable, StorageFull."""
    with _held(), storing(profile):
        _copy_stores(sessions_folder() / session.name, profile / _PROFILE)


def _copy_stores(source: Path, target: Path) -> None:
    for name in _STORES:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, symlinks=True)


@contextmanager
def _held() -> Iterator[None]:
    """Keep every other process of this user's from the sessions. Raises BadSettings where that takes too long."""
    folder = sessions_folder()
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if not wait_for_lock(lock, _PATIENCE):
            raise BadSettings(f"{folder}: in use by another command", hint="try again once it has ended")
        with storing(folder):
            for left in folder.glob(".*.old"):
                if not folder.joinpath(left.name[1:-4]).exists():
                    left.rename(folder / left.name[1:-4])
        yield
    finally:
        os.close(lock)
