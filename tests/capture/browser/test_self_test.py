from __future__ import annotations

import pytest

from capture.browser import netlog
from capture.browser.program import find_browser
from capture.browser.self_test import self_test
from capture.errors import NotRendered
from tests.browser.chromium import found

pytestmark = pytest.mark.skipif(found() is None, reason="this system has no Chromium")


def test_a_browser_that_can_be_recorded() -> None:
    """The version of this system's is named once its record is what was sent."""
    assert self_test(find_browser(sandbox=False)).startswith(("Chrome/", "HeadlessChrome/", "Chromium/"))


def test_a_browser_whose_log_lacks_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that renamed an event is refused before anything relies on it, with the event's name."""
    monkeypatch.setattr(netlog, "NEEDED", (*netlog.NEEDED, "SOCKET_BYTES_OF_TOMORROW"))
    with pytest.raises(NotRendered, match="logs no SOCKET_BYTES_OF_TOMORROW"):
        self_test(find_browser(sandbox=False))
