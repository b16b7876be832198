"""ReplayWeb.page in Chromium without a screen, as `goldenhour replay` serves it: what a reader of a WACZ is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exports.replay import ReplayServer, player_at
from tests.browser.chromium import Chromium, found
from tests.browser.tab import Tab
from tests.patience import wait_until

SCRIPTS = Path(__file__).parent / "node_modules" / "package"
"""The player, where `make test` has installed it."""
_FRAMES = """(() => {
  const found = (root, all = []) => {
    for (const each of root.querySelectorAll("*")) {
      if (each.shadowRoot) found(each.shadowRoot, all);
      if (each.tagName === "IFRAME" && each.contentDocument) {
        all.push(each.contentDocument);
        found(each.contentDocument, all);
      }
    }
    return all;
  };
  return found(document).map((one) => ({
    url: one.URL, title: one.title, text: one.body ? one.body.innerText : "",
    images: Object.fromEntries([...one.images].map((image) => [image.src, image.naturalWidth])),
  }));
})()"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A document in a frame: its address, title and text, and the width in pixels of each image by its address."""

    url: str
    title: str
    text: str
    images: dict[str, int]


def why_not() -> str:
    """Say what is missing for a replay; "" where nothing is."""
    if found() is None:
        return "chromium is not installed"
    return "" if (SCRIPTS / "sw.js").exists() else "ReplayWeb.page is not installed (make test does it)"


def replayed(wacz: Path, url: str, enough: Callable[[list[Shown]], bool]) -> list[Shown]:
    """Open an address in a WACZ; return what is shown once it is `enough`."""
    with ReplayServer(wacz, player_at(SCRIPTS), name=wacz.name, url=url) as server:
        return shown_at(server.address, enough)


def shown_at(address: str, enough: Callable[[list[Shown]], bool]) -> list[Shown]:
    """Open the address of a player; return what it shows once it is `enough`."""
    program = found()
    assert program is not None
    browser = Chromium(program, loopback=True)
    shown: list[Shown] = []

    def _is_enough() -> bool:
        shown[:] = [Shown(**each) for each in tab.js(_FRAMES)]
        return enough(shown)

    try:
        tab = Tab(browser)
        tab.call("Page.navigate", url=address)
        wait_until(_is_enough)
    finally:
        browser.close()
    return shown
