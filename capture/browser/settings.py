"""How pages are shown, as the officer chose: light to load, since a scene is asked for before a browser is started."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from capture.errors import BadSettings

if TYPE_CHECKING:
    from capture.browser.browsers import Browsers
    from capture.browser.program import BrowserProgram

_WIDEST = 8000
_SECONDS = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """How large a page is shown, and as what."""

    width: int = 1280
    height: int = 800
    mobile: bool = False
    user_agent: str = ""  # What the officer wants servers to be told; "" for the browser's own words.
    service_workers: bool = False

    @property
    def size(self) -> str:
        """As people write it."""
        return f"{self.width}x{self.height}"


def parse_viewport(text: str, *, mobile: bool = False) -> tuple[int, int]:
    """Return width and height of `1280x800`; of nothing, what is usual. Raises BadSettings."""
    if not text:
        return (390, 844) if mobile else (1280, 800)
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and len(text) < 12 and min(int(width), int(height)) >= 100):  # noqa: PLR2004 - what a page can be seen in
        raise BadSettings(f"--viewport {text}: not a size", hint="write width and height in pixels, such as 1280x800")
    if max(int(width), int(height)) > _WIDEST:
        raise BadSettings(f"--viewport {text}: larger than {_WIDEST} pixels")
    return int(width), int(height)


def page_seconds(timeout: float | None, scroll: float) -> float:
    """Return the seconds for a page: what is given, or what serves for a busy computer and this much scrolling."""
    return _SECONDS + 2 * scroll if timeout is None else timeout


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderingSettings:
    """How pages are shown."""

    program: BrowserProgram
    # Browsers that go on from page to page; None for one of its own for each.
    browsers: Browsers | None = field(default=None, compare=False)
    view: PageView = field(default_factory=PageView)
    scroll: float = 30.0  # Seconds after which scrolling ends, whatever is still to come.
    seconds: float = 240.0  # Seconds after which a page ends: all that it is waited for, scrolled, and made of it.
    permalinks: bool = False  # Whether posts are shown too, at the addresses where people read them.
    # Whether consent banners are agreed to and more is asked for, once the first view is pictured.
    interact: bool = False
