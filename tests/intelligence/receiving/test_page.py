"""The public's page in a real browser: by hand and by keyboard, narrow and wide, with scripts and without."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hashing.case.capture_folder import capture_events
from hashing.case.events import Item
from intelligence.receiving.texts import built_in_texts
from intelligence.sources import make_unit_key
from tests.exports.report.test_browser import AXE
from tests.intelligence.receiving.witness import Desk
from tests.patience import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.chromium import Chromium
    from tests.browser.tab import Tab
    from tests.intelligence.receiving.witness import Witness

pytest.importorskip("pyrage", reason="the extra `receive` is not installed")
pytest.importorskip("multipart", reason="the extra `receive` is not installed")
TEXTS = built_in_texts()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Make a case at which the public's uploads arrive."""
    return Desk(tmp_path)


@pytest.fixture
def witness(desk: Desk) -> Iterator[Witness]:
    """Serve a link whose page asks for a contact."""
    recipient = make_unit_key(desk.case.path.parent / "unit.key")
    with desk.receiving(recipients=(recipient,)) as [witness]:
        yield witness


def _file(folder: Path, name: str, size: int) -> Path:
    path = folder / name
    path.write_bytes(os.urandom(size))
    return path


def _digests(desk: Desk) -> set[str]:
    wait_until(lambda: desk.results)
    return {event.sha256 for event in capture_events(desk.results[0].path) if isinstance(event, Item)}


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _said(tab: Tab) -> str:
    text: str = tab.js("document.body?.innerText ?? ''")
    return text


def _loaded(tab: Tab, words: str) -> None:
    wait_until(lambda: words in _said(tab))


def _faults(tab: Tab) -> list[tuple[str, str]]:
    """Return what axe complains of, of any weight."""
    source = AXE.read_text("utf-8")
    world = tab.call("Page.createIsolatedWorld", frameId=tab.call("Page.getFrameTree")["frameTree"]["frame"]["id"])
    context = world["executionContextId"]
    tab.call("Runtime.evaluate", expression=f"{source}; 0", contextId=context)
    found = tab.call(
        "Runtime.evaluate",
        expression="axe.run({resultTypes: ['violations']}).then(r => JSON.stringify(r.violations))",
        contextId=context, awaitPromise=True, returnByValue=True,
    )  # fmt: skip
    faults: list[dict[str, Any]] = json.loads(found["result"]["value"])
    return [(each["id"], each["nodes"][0]["html"][:200]) for each in faults]


def test_by_keyboard_alone(tab: Tab, witness: Witness, desk: Desk, tmp_path: Path) -> None:
    """With Tab, Space and Enter somebody agrees, describes a file and hands in; focus is seen at each step."""
    path = _file(tmp_path, "the bridge.mp4", 3_000_000)
    tab.visit(f"{witness.url}en/")

    def _reach(selector: str) -> None:
        for _ in range(40):
            tab.press("Tab")
            if tab.js(f"document.activeElement.matches({selector!r})"):
                assert tab.js("getComputedStyle(document.activeElement).outlineStyle") != "none"
                return
        pytest.fail(f"no way to {selector} by keyboard")

    _reach("#agree")
    tab.press("Space")
    _reach("#contact")
    tab.type("Zoe Canary")
    _reach("button.main")
    tab.follow_focus()
    assert TEXTS["en"]["files_title"] in _said(tab)
    tab.choose("#choose", path)  # the system's own window for files is none of ours
    _loaded(tab, "Arrived: 3.0 MB.")
    _reach("#caption-1")
    tab.type("From the north")
    _reach("button.main")
    tab.follow_focus()
    assert TEXTS["en"]["receipt_title"] in _said(tab)
    assert _digest(path) in _said(tab)
    assert _digests(desk) == {_digest(path)}
    assert tab.problems() == []


def test_a_line_that_breaks(tab: Tab, witness: Witness, desk: Desk, tmp_path: Path) -> None:
    """Sending stops with the line and goes on by itself; after the page was closed it does when the file is chosen."""
    path = _file(tmp_path, "long film.mp4", 40 << 20)
    tab.visit(f"{witness.url}en/")
    tab.click("#agree")
    tab.follow("button.main")
    tab.line(up=True, most=8 << 20)
    tab.choose("#choose", path)
    _loaded(tab, "Sending: ")
    wait_until(lambda: tab.js("document.querySelector('progress').value") > (9 << 20))
    tab.line(up=False)
    _loaded(tab, TEXTS["en"]["broken"])
    tab.line(up=True, most=8 << 20)
    wait_until(lambda: tab.js("document.querySelector('progress').value") > (18 << 20))
    tab.begin_anew()
    tab.visit(f"{witness.url}en/")
    _loaded(tab, "Choose the same file again to go on")
    tab.line(up=True)
    tab.choose("#choose", path)
    _loaded(tab, "Arrived: 41.9 MB.")
    assert tab.js("document.querySelectorAll('#files > li').length") == 1
    tab.follow("button.main")
    assert _digests(desk) == {_digest(path)}


def test_without_scripts(tab: Tab, witness: Witness, desk: Desk, tmp_path: Path) -> None:
    """A browser that runs no script sends files by the plain form, and hands in."""
    paths = [_file(tmp_path, "1.jpg", 5_000), _file(tmp_path, "2.jpg", 6_000)]
    tab.scripts(run=False)
    tab.visit(f"{witness.url}de/")
    tab.click("#agree")
    tab.follow("button.main")
    tab.choose("#choose", *paths)
    tab.follow("#send")
    tab.click("#caption-2")
    tab.type("Von Norden")
    tab.follow("button.main")
    assert TEXTS["de"]["receipt_title"] in _said(tab)
    assert _digests(desk) == {*map(_digest, paths)}


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_on_a_telephone(tab: Tab, witness: Witness, tmp_path: Path, language: str) -> None:
    """At 390 pixels, and at 320, nothing scrolls sideways; what is touched is large enough; it reads its way."""
    tab.size(390, 844)
    tab.visit(f"{witness.url}{language}/")
    _fits(tab)
    tab.click("#agree")
    tab.follow("button.main")
    tab.choose("#choose", _file(tmp_path, "a-name-without-a-break-" * 8 + ".jpg", 2_000))
    _loaded(tab, TEXTS[language]["arrived"].replace("{size}", "2.0 kB"))
    _fits(tab)
    assert tab.js("getComputedStyle(document.documentElement).direction") == TEXTS[language]["direction"]
    tab.follow("button.main")
    assert TEXTS[language]["receipt_title"] in _said(tab)
    _fits(tab)


def _fits(tab: Tab) -> None:
    for width in (390, 320):
        tab.size(width, 844)
        assert tab.js("document.documentElement.scrollWidth") <= width
        small = "[...document.querySelectorAll('button, input:not([type=checkbox]), nav a')].filter(e => !e.hidden &&"
        assert tab.js(f"{small} e.getClientRects().length && e.getBoundingClientRect().height < 40).length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(tab: Tab, witness: Witness, tmp_path: Path, scheme: str) -> None:
    """By the rules of axe no page has a fault, light or dark, from right to left or from left to right."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make tests/browser/axe/node_modules/installed")
    tab.media(scheme=scheme)
    tab.visit(f"{witness.url}ar/")
    assert _faults(tab) == []
    tab.visit(f"{witness.url}en/")
    assert _faults(tab) == []
    tab.click("#agree")
    tab.follow("button.main")
    tab.choose("#choose", _file(tmp_path, "1.jpg", 2_000))
    _loaded(tab, "Arrived")
    assert _faults(tab) == []
    tab.follow("button.main")
    assert _faults(tab) == []
    tab.visit(f"{witness.url[:-5]}/")
    assert _faults(tab) == []


def test_nothing_from_elsewhere(tab: Tab, browser: Chromium, witness: Witness, tmp_path: Path) -> None:
    """Every request goes to the page itself, a hostile file name stays text, and what is injected loads nothing."""
    browser.visitors()
    tab.visit(f"{witness.url}en/")
    tab.click("#agree")
    tab.follow("button.main")
    tab.choose("#choose", _file(tmp_path, "<img src=x onerror=canary=1>.jpg", 10))
    _loaded(tab, "Arrived")
    tab.visit(f"{witness.url}en/")
    assert "<img src=x onerror=canary=1>.jpg" in _said(tab)
    assert tab.js("[typeof canary, document.images.length]") == ["undefined", 0]
    assert [url for url in tab.requests() if not url.startswith((witness.url, "data:,", "about:"))] == []
    assert not [said for said in browser.visitors() if b"police" in said]
    assert tab.problems() == []
    tab.js("document.body.insertAdjacentHTML('beforeend', '<img src=https://police.example/x><p style=color:red>')")
    wait_until(lambda: any("Content Security Policy" in problem for problem in tab.problems()))
    assert not [said for said in browser.visitors() if b"police" in said]
