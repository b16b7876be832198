"""Browsers that go on from one page to the next: a start costs more than many a page.

Each page has a context of its own, off the record, and a guard of its own: a connection that came by another guard is
none of its exchanges. Between two pages the log is read up to a mark, so that no line of one page is taken for
another's. A browser in which anything went wrong is not used again.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from capture.browser.devtools import Browser
from capture.browser.guard import BrowserGuard
from capture.browser.netlog import NetLog
from capture.browser.session import Session, lay_into
from capture.errors import CaptureError, NotRendered
from capture.recorder.settings import NetworkSettings
from capture.recorder.stopping import Stop
from hashing.errors import HashingError
from hashing.files.run_folder import RunFolder

if TYPE_CHECKING:
    from capture.browser.program import BrowserProgram

_LOG_BEGINS = 10.0
_NOWHERE = "127.0.0.1:9"
_MARK = f"http://{_NOWHERE}/goldenhour/{{}}"
"""An address that no guard connects to: asking for it writes lines into the log, and says where they stand. It is
another each time: a page that knew it could ask for it first, and what it did after that would not be read."""
_MARKED = 30.0
_MARK_AGAIN = 1.0


class RunningBrowser:
    """A browser with its profile and its log, for one page at a time. Raises NotRendered, OSError."""

    def __init__(
        self,
        program: BrowserProgram,
        guard_port: int = 0,
        *,
        insecure: bool,
        stop: Stop,
        session: Session | None = None,
    ) -> None:
        self.profile = RunFolder()
        self.log = NetLog()
        self.pages = 0
        # What the browser asks for by itself comes here, where it has no other guard, and gets no further.
        self._guard = BrowserGuard(NetworkSettings(), Stop(), lambda *_: True)
        self._before: dict[tuple[str, str], int] = {}
        try:
            folder = self.profile.path / "profile"
            if session is not None:
                _lend(session, folder)
            command = program.command(folder, guard_port or self._guard.port, insecure=insecure)
            self.browser = Browser(command, self.profile.path, self.log.feed, stop)
        except BaseException:
            self._guard.close()
            self.profile.close()
            raise
        try:
            self._demand_log(stop)
        except BaseException:
            self.close()
            raise

    @property
    def refused(self) -> list[tuple[str, str, int]]:
        """What the browser asked for by itself while the page was shown."""
        found = ((host, why, count - self._before.get((host, why), 0)) for host, why, count in self._guard.refused)
        return [each for each in found if each[2] > 0 and each[0] != _NOWHERE]

    def begin_page(self, stop: Stop) -> None:
        """Hear that the next page is about to be shown."""
        self.pages += 1
        self.browser.heed(stop)
        self._before = {(host, why): count for host, why, count in self._guard.refused}

    def end_page(self) -> bool:
        """Have the log read up to here, and say whether it was: whether all of the page's exchanges are known."""
        self.browser.heed(Stop())
        mark, deadline = _MARK.format(token_hex(16)), time.monotonic() + _MARKED
        passed = self.log.mark(mark)
        with suppress(NotRendered):
            while not passed.is_set() and time.monotonic() < deadline and not self.browser.ended.is_set():
                target = self.browser.call("Target.createTarget", url=mark)["targetId"]
                passed.wait(_MARK_AGAIN)
                self.browser.post("Target.closeTarget", targetId=target)
        return passed.is_set()

    def close(self) -> None:
        """End it, have its log read to the end, and remove its profile."""
        self.browser.close()
        self._guard.close()
        self.profile.close()

    def _demand_log(self, stop: Stop) -> None:
        """See to it that the browser does write the log that is the record. Raises NotRendered."""
        deadline = time.monotonic() + _LOG_BEGINS
        while not self.log.begun and time.monotonic() < deadline and not self.browser.ended.is_set():
            stop.event.wait(0.02)
        if not self.log.begun:
            raise NotRendered("the browser writes no log of its network")
        if self.log.missing:
            raise NotRendered(f"{self.browser.version} logs no {', '.join(self.log.missing)}: it cannot be recorded")


def _lend(session: Session, profile: Path) -> None:
    try:
        lay_into(session, profile)
    except (CaptureError, HashingError) as error:
        raise NotRendered(f"the session could not be lent: {error}") from error
