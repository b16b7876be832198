"""The cookies of the officer's browser, read by yt-dlp in a process of its own: it changes what is loaded beside it."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from http.cookiejar import CookieJar
from pathlib import Path

import msgspec

from capture.errors import BadSettings
from capture.recorder.given_cookie import given_cookie

_BROWSERS = ("brave", "chrome", "chromium", "edge", "firefox", "opera", "safari", "vivaldi", "whale")
# As yt-dlp's --cookies-from-browser: BROWSER[+KEYRING][:PROFILE][::CONTAINER].
_NAMED = re.compile(r"(?P<name>[^+:]+)(?:\+(?P<keyring>[^:]+))?(?::(?P<profile>(?!:).+?))?(?:::(?P<container>.+))?")
_ROOT = str(Path(__file__).resolve().parents[2])
_CHILD = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from capture.request.browser_cookies import tell_cookies; tell_cookies(sys.argv[2])"
)
_HINT = "name the browser's profile, firefox:PROFILE, or export its cookies to a file for --cookies"
_PATIENCE = 120  # Seconds: a keyring may ask the officer for its password.


class _BrowserCookie(msgspec.Struct):
    name: str
    value: str
    domain: str
    path: str
    secure: bool
    expires: int  # 0 where it ends with the session.


class _CookiesRead(msgspec.Struct):
    cookies: list[_BrowserCookie] = []
    trouble: str = ""  # In yt-dlp's words: why there are none, or not all.


def checked_browser(named: str) -> str:
    """Return `NAME[+KEYRING][:PROFILE][::CONTAINER]`, as yt-dlp writes it, of a known browser. Raises BadSettings."""
    _parts(named)
    return named


def _parts(named: str) -> dict[str, str]:
    found = _NAMED.fullmatch(named)
    if found is None or found["name"].lower() not in _BROWSERS:
        raise BadSettings(f"--cookies-from-browser {named}: no such browser", hint=f"known are {', '.join(_BROWSERS)}")
    return found.groupdict()


def load_browser_cookies(named: str) -> tuple[CookieJar, str]:
    """Read a browser's cookies, named as `checked_browser` takes it; return them with what could not be read of them.

    Nothing of them is written to disk. Raises BadSettings where there are none.
    """
    try:
        # yt-dlp changes its host's modules and its readers run system tools: neither belongs in the process that holds
        # the key. Cookies come back over a pipe, so that none is ever in a file.
        done = subprocess.run(  # noqa: S603 - our own interpreter, our own program
            [sys.executable, "-I", "-B", "-X", "utf8", "-c", _CHILD, _ROOT, checked_browser(named)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PATIENCE,
        )
        answer = msgspec.json.decode(done.stdout, type=_CookiesRead)
    except (OSError, subprocess.TimeoutExpired, msgspec.DecodeError) as error:
        raise BadSettings(f"the cookies of {named} could not be read", hint=_HINT) from error
    if not answer.cookies:
        raise BadSettings(f"no cookies of {named}: {answer.trouble or 'it has none'}", hint=_HINT)
    jar = CookieJar()
    for cookie in answer.cookies:
        jar.set_cookie(given_cookie(**msgspec.structs.asdict(cookie)))
    return jar, answer.trouble


def tell_cookies(named: str) -> None:
    """Be the process that reads: write the cookies of a browser to standard output."""
    out = sys.stdout.buffer
    with contextlib.redirect_stdout(sys.stderr):
        told = _read_cookies(named)
    out.write(msgspec.json.encode(told))


def _read_cookies(named: str) -> _CookiesRead:
    from yt_dlp.cookies import extract_cookies_from_browser  # type: ignore[import-untyped]  # it ships no types

    heard, parts = _Heard(), _parts(named)
    keyring = parts["keyring"].upper() if parts["keyring"] else None
    try:
        jar = extract_cookies_from_browser(
            parts["name"].lower(), parts["profile"], heard, keyring=keyring, container=parts["container"]
        )
    except Exception as error:  # noqa: BLE001 - whatever yt-dlp raises, there are no cookies
        return _CookiesRead(trouble=str(error))
    cookies = [
        _BrowserCookie(each.name, each.value or "", each.domain, each.path, bool(each.secure), int(each.expires or 0))
        for each in jar
    ]
    return _CookiesRead(cookies, "; ".join(dict.fromkeys(heard.troubles)))


class _Heard:
    """What yt-dlp says while it reads, in the form that it takes for a log."""

    def __init__(self) -> None:
        self.troubles: list[str] = []

    def debug(self, message: str) -> None:
        """Hear what is of no interest here."""

    def info(self, message: str) -> None:
        """Hear how many were read, and how many could not be."""
        if "could not" in message:
            self.troubles.append(message)

    def warning(self, message: str, only_once: bool = False) -> None:  # noqa: ARG002 - yt-dlp's own
        """Hear of a keyring that is not there and the like."""
        self.troubles.append(message)

    error = warning
