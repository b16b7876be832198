"""A window in which the officer logs in: an ordinary browser with a profile of its own, of which a session is kept.

What is done in it is the officer's own doing and is not recorded. The profile goes when the window is closed.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from capture.browser.devtools import Browser
from capture.browser.session import Session, SessionCookie, keep_session, lay_into
from capture.errors import NotRendered
from capture.recorder.stopping import Stop
from hashing.files.run_folder import RunFolder
from hashing.times import Clock, time_text

if TYPE_CHECKING:
    from capture.browser.program import BrowserProgram

# Seconds between two looks at the cookies: a window that is closed takes those with it that end with the browser.
_LOOK = 0.5


def demand_display() -> None:
    """See to it that a window can be seen here. Raises NotRendered."""
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise NotRendered(
            "no window can be opened: this computer has no display, or it is not known here",
            hint="run it at the desktop; or lend cookies of a browser elsewhere with --cookies FILE",
        )


def log_in(program: BrowserProgram, url: str, session: Session, *, proxy: str, stop: Stop, clock: Clock) -> Session:
    """Open a window at an address, wait until it is closed or `stop` is asked, and keep the session; return it.

    `session` is what is known before: its cookies and what is stored for it are there again. Raises NotRendered,
    BadSettings, Unwritable, StorageFull.
    """
    with RunFolder() as run:
        profile = run.path / "profile"
        lay_into(session, profile)
        browser = Browser(program.window(profile, proxy), run.path, lambda _: None, Stop(), visible=True)
        try:
            for cookie in session.cookies:
                with suppress(NotRendered):  # what the browser takes no more costs no other
                    browser.call("Storage.setCookies", cookies=[_given(cookie)])
            _open(browser, url)
            found = _watched(browser, stop)
        finally:
            browser.close()
        cookies = tuple(cookie for cookie in found if session.takes(cookie.domain))
        session = msgspec.structs.replace(
            session, cookies=cookies, browser=browser.version, logged_in=time_text(clock())
        )
        keep_session(session, profile)
    return session


def _open(browser: Browser, url: str) -> None:
    """Open an address in the window's one tab."""
    tabs = [each for each in browser.call("Target.getTargets")["targetInfos"] if each["type"] == "page"]
    tab = tabs[0] if tabs else browser.call("Target.createTarget", url="about:blank")
    opened = browser.call("Target.attachToTarget", targetId=tab["targetId"], flatten=True)["sessionId"]
    browser.post("Page.navigate", opened, url=url)


def _watched(browser: Browser, stop: Stop) -> list[SessionCookie]:
    """Wait for the window's end; return the cookies as they were last seen."""
    cookies: list[SessionCookie] = []
    over = False
    try:
        while True:
            told = browser.call("Storage.getCookies")["cookies"]
            cookies = [msgspec.convert(each, SessionCookie) for each in told if "partitionKey" not in each]
            targets = browser.call("Target.getTargets")["targetInfos"]
            if over or not any(each["type"] == "page" for each in targets):
                return cookies
            over = stop.event.wait(_LOOK)  # and one last look
    except NotRendered:
        browser.ended.wait(_LOOK)
        if not browser.ended.is_set():
            raise
    return cookies


def _given(cookie: SessionCookie) -> dict[str, object]:
    """Return a cookie as the browser takes it: without what it does not know."""
    unknown = {"expires": -1, "sameSite": ""}
    return {name: value for name, value in msgspec.to_builtins(cookie).items() if value != unknown.get(name)}
