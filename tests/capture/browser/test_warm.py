from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, cast

from capture.browser.netlog import NetLog
from capture.browser.warm import RunningBrowser
from tests.capture.browser.logged_site import WrittenLog

if TYPE_CHECKING:
    from capture.browser.devtools import Browser
    from capture.recorder.stopping import Stop


class Logging:
    """What stands in a browser's place here: it logs what it is told to open, and opens nothing."""

    def __init__(self, log: NetLog) -> None:
        self.ended, self.urls, self._log = threading.Event(), list[str](), log

    def heed(self, _: Stop) -> None:
        """Hear of what may end it."""

    def post(self, *_: str, **__: str) -> None:
        """Close a tab."""

    def call(self, _: str, *, url: str) -> dict[str, Any]:
        """Open a tab."""
        self.urls.append(url)
        written = WrittenLog()
        written.event("URL_REQUEST_START_JOB", 90, 1, url=url, method="GET")
        self._log.feed(bytes(written))
        return {"targetId": "1"}


def test_no_page_knows_where_its_part_of_the_log_ends() -> None:
    """Each end is marked by an address of its own: a page that asked for one that it knew would hide what follows."""
    running = RunningBrowser.__new__(RunningBrowser)
    running.log, running.pages = NetLog(), 1
    browser = Logging(running.log)
    running.browser = cast("Browser", browser)
    assert [running.end_page() for _ in range(3)] == [True] * 3
    assert len({*browser.urls}) == 3
