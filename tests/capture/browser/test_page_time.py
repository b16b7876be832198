from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from capture.browser.page import RenderedPage
from capture.browser.page_time import PageTime
from capture.browser.settings import PageView, page_seconds
from capture.errors import BrowserSilent, NotRendered
from capture.recorder.stopping import Stop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from capture.browser.devtools import Browser


class Clock:
    """A clock that stands still until somebody waits for nothing."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.seconds


class Silent:
    """A browser that answers what is to be prepared, and then nothing: who asks waits to the end."""

    user_agent, version = "agent", "Chrome/1"

    def __init__(self, clock: Clock) -> None:
        self.ended, self.asked, self.silent = threading.Event(), list[str](), False
        self.slow = False
        """Whether it only takes long to make things."""
        self._clock = clock

    def listen(self, _: object) -> None:
        """Hear nothing."""

    def post(self, *_: object, **__: object) -> None:
        """Take a command."""

    def call(self, method: str, *_: object, timeout: float = 30.0, **__: object) -> dict[str, Any]:
        """Answer, or wait for as long as one waits for the answer."""
        self.asked.append(method)
        if not self.silent or (self.slow and method == "Runtime.evaluate"):
            return {"targetId": "1", "sessionId": "1", "browserContextId": "1"}
        self._clock.seconds += timeout
        raise BrowserSilent(f"no answer within {timeout:g} s ({method})")


@pytest.fixture
def page(tmp_path: Path) -> Callable[[float], tuple[RenderedPage, Silent, Clock]]:
    """Return a function that opens a page for so many seconds in a browser that then falls silent."""

    def _page(seconds: float) -> tuple[RenderedPage, Silent, Clock]:
        clock = Clock()
        browser = Silent(clock)
        made = RenderedPage(
            cast("Browser", browser), PageView(), tmp_path, Stop(), lambda: datetime.now(UTC), set, set(),
            PageTime(seconds, clock),
        )  # fmt: skip
        browser.silent = True
        return made, browser, clock

    return _page


@pytest.mark.parametrize("seconds", [1.0, 20.0, 240.0])
def test_a_page_that_answers_nothing_ends_in_its_time(
    page: Callable[[float], tuple[RenderedPage, Silent, Clock]], tmp_path: Path, seconds: float
) -> None:
    """Its scripts are ended once; whatever is asked of it after that adds nothing to the seconds that it has."""
    made, _, clock = page(seconds)
    begun = clock()
    with (tmp_path / "made").open("wb") as file:
        for _ in range(3):
            with pytest.raises(NotRendered):
                made.picture(file, whole=True)
            with pytest.raises(NotRendered):
                made.printed(file)
            with pytest.raises(NotRendered):
                made.document()
    assert clock() - begun <= seconds
    assert [action.did for action in made.actions] == ["ended its scripts"]
    assert made.is_over


def test_a_picture_that_takes_too_long_costs_that_alone(
    page: Callable[[float], tuple[RenderedPage, Silent, Clock]], tmp_path: Path
) -> None:
    """A page that answers meanwhile is not stuck: its scripts go on, and what comes next has half of what is left."""
    made, browser, clock = page(240)
    browser.slow = True
    begun = clock()
    with (tmp_path / "made").open("wb") as file:
        for spent in (120, 180):
            with pytest.raises(NotRendered, match="within"):
                made.picture(file, whole=False)
            assert clock() - begun == spent
    assert made.actions == []
    assert not made.is_over


def test_once_the_time_is_over_nothing_is_asked(
    page: Callable[[float], tuple[RenderedPage, Silent, Clock]], tmp_path: Path
) -> None:
    """The browser hears of no further command, and the page is not called stuck for that."""
    made, browser, clock = page(60)
    browser.asked.clear()
    clock.seconds += 60
    with (tmp_path / "made").open("wb") as file, pytest.raises(NotRendered, match=r"time .* over \(60 s\)"):
        made.saved(file)
    assert browser.asked == []
    assert not made.is_over


def test_what_each_may_take() -> None:
    """Waits have a quarter for all of them, and one thing half of what is left, so that something is left after it."""
    clock = Clock()
    most = PageTime(240, clock)
    assert (most.for_waits, most.for_one, most.patience) == (60, 120, 30)
    most.waited(50)
    clock.seconds += 50
    assert (most.for_waits, most.for_one, most.left) == (10, 95, 190)
    clock.seconds += 185
    assert (most.for_waits, most.for_one, most.left) == (5, 2.5, 5)
    clock.seconds += 5.5
    assert (most.for_waits, most.for_one, most.left) == (0, 0, 0)


def test_the_officers_time_is_the_pages_time() -> None:
    """What is given counts; else there is room for scrolling as long as it may take."""
    assert (page_seconds(20, 30), page_seconds(None, 30), page_seconds(None, 600)) == (20, 240, 1380)
