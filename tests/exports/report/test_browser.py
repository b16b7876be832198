from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.exports.report.bundles import CANARY
from tests.patience import wait_until

if TYPE_CHECKING:
    from tests.browser.chromium import Chromium
    from tests.browser.tab import Tab
    from tests.sampling import Sample

AXE = Path(__file__).parents[2] / "browser" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
KINDS = (
    "report", "report/capture-1", "report/capture-3", "report/appendix-1", "report/index-1", "report/gallery-1",
    "report/timeline-1", "report/timeline-unclear-1", "report/map", "report/threads-1", "report/custody",
    "report/items-1",
)  # fmt: skip


def pages_of(bundle: Path) -> list[Path]:
    """Return every page of a report."""
    return sorted([bundle / "data/report.html", *(bundle / "data/report").glob("*.html")])


def focused(tab: Tab) -> str:
    """Return what has the focus."""
    said: str = tab.js("(e => e.id || e.textContent.trim() || e.tagName)(document.activeElement)")
    return said


def shown(tab: Tab) -> int:
    """Return how many entries are seen."""
    count: int = tab.js("document.querySelectorAll('[data-kind]:not([hidden])').length")
    return count


def _shows(tab: Tab, count: int) -> bool:
    return shown(tab) == count


def test_the_browser_sees_what_a_report_must_not_do(tab: Tab, browser: Chromium, tmp_path: Path) -> None:
    """A page that runs a script, opens a dialog and loads from elsewhere is seen to do so: the tests below can fail."""
    page = tmp_path / "bad.html"
    later = f"onload = () => setTimeout(() => {{alert(1); new Image().src = 'http://{CANARY}/a'}})"
    page.write_text(f"<script>window.canary=1; {later}</script>")
    tab.open(page)
    wait_until(lambda: tab.js("window.canary") == 1 and f"http://{CANARY}/a" in tab.requests())
    assert any("javascriptDialogOpening" in problem for problem in tab.problems())
    wait_until(lambda: any(CANARY.encode() in said for said in browser.visitors()))


def test_hostile_material_runs_nothing_and_loads_nothing(tab: Tab, browser: Chromium, hostile: Path) -> None:
    """On no page does hostile text run, open, load or send anything, and nothing outside of the bundle is asked for."""
    browser.visitors()
    inside = (hostile / "data").resolve().as_uri() + "/"
    for page in pages_of(hostile):
        tab.open(page)
        tab.js(
            "(async () => {for (const e of document.images) {e.loading = 'eager'; await e.decode().catch(() => 0)}})()"
        )
        assert tab.js("[window.canary, document.querySelectorAll('iframe, script:not(body > script)').length]") == [
            None,
            0,
        ]
        assert tab.js("location.href") == page.resolve().as_uri()
        tab.js("document.querySelectorAll('a[href]').forEach(a => {if (a.protocol !== 'file:') throw a.href})")
    assert tab.problems() == []
    assert [url for url in tab.requests() if not url.startswith(inside)] == []
    assert not [said for said in browser.visitors() if b"example" in said]


def test_every_original_that_a_report_opens_is_harmless(tab: Tab, hostile: Path) -> None:
    """A click on an original opens a raster picture, never a page or a drawing that can run."""
    tab.open(hostile / "data/report/items-1.html")
    links = tab.js("[...document.querySelectorAll('a[href]')].map(a => a.href).filter(h => h.includes('/captures/'))")
    assert links
    assert {link.rpartition(".")[2] for link in links} == {"jpg"}


def test_hidden_characters_are_seen(tab: Tab, hostile: Path) -> None:
    """Characters that turn text around, or command a terminal, are written out."""
    tab.open(hostile / "data/report/items-1.html")
    text = tab.js("document.body.textContent")
    assert "photo\\u202egpj.exe\\u2066\\u200f\\x1b[31m" in text
    assert "\u202e" not in text


@pytest.mark.sample(2)
@pytest.mark.parametrize("width", [1280, 640, 320])
def test_nothing_is_cut_off(tab: Tab, ordinary: Path, hostile: Path, width: int) -> None:
    """On a screen, at 200 % zoom, on a narrow phone and on paper no page is wider than its place, whatever is on it."""
    tab.size(width, 800, 2)
    for bundle in (ordinary, hostile):
        for kind in KINDS:
            tab.open(bundle / f"data/{kind}.html")
            for media in ("screen", "print"):
                tab.media(media)
                wide = tab.js("document.documentElement.scrollWidth")
                assert wide <= width or (media == "print" and width < 640), (bundle.name, kind, media, wide)
    tab.media("screen")
    tab.open(ordinary / "data/report/items-1.html")
    beside = "[...document.querySelectorAll('.claims td')].filter(td => getComputedStyle(td).display === 'table-cell')"
    assert bool(tab.js(f"{beside}.length")) == (width > 736), "what is claimed stands as cards on a phone"


def test_a_photo_is_shown_whole(tab: Tab, ordinary: Path) -> None:
    """In the gallery nothing of a photo is cut off, however tall it is."""
    tab.open(ordinary / "data/report/gallery-1.html")
    beyond = (
        "[...document.querySelectorAll('.pane img')].filter(i => {const a = i.getBoundingClientRect(),"
        "b = i.parentElement.getBoundingClientRect(); return a.bottom > b.bottom + 1 || a.right > b.right + 1 ||"
        "getComputedStyle(i).objectFit !== 'contain'}).length"
    )
    assert tab.js("document.querySelectorAll('.pane img').length") >= 6
    assert tab.js(beyond) == 0


def test_filters_by_mouse_and_keyboard(tab: Tab, ordinary: Path) -> None:
    """Words, kind, source and time narrow down a page as they are given, say how many are left, and are undone."""
    tab.open(ordinary / "data/report/index-1.html")
    whole = shown(tab)
    tab.click("#words")
    tab.type("MARKET hall")
    wait_until(lambda: shown(tab) == 1)
    assert tab.js("document.getElementById('counted').textContent") == f"1 of {whole} on this page"
    tab.press("Escape")
    assert shown(tab) == whole
    tab.press("Tab")
    assert focused(tab) == "kind"
    tab.type("p")
    for kind, count in (("video", 1), ("photo", 9), ("", whole)):
        tab.js(f"(k => {{k.value = '{kind}'; k.dispatchEvent(new Event('input'))}})(document.getElementById('kind'))")
        wait_until(partial(_shows, tab, count))
    tab.js(
        "(f => {f.value = '2099-01-01T00:00'; f.dispatchEvent(new Event('input'))})(document.getElementById('from'))"
    )
    wait_until(lambda: shown(tab) == 0)
    tab.click("#clear")
    assert (shown(tab), focused(tab)) == (whole, "words")
    assert tab.problems() == []


def test_the_timeline_hides_days_without_times(tab: Tab, ordinary: Path) -> None:
    """A day of which nothing is left is not shown."""
    tab.open(ordinary / "data/report/timeline-1.html")
    tab.click("#words")
    tab.type("EXIF DateTimeOriginal")
    wait_until(lambda: shown(tab) == 3)
    assert tab.js("[...document.querySelectorAll('tbody:not([hidden]) .day')].map(d => d.textContent)") == [
        "2026-11-24"
    ]


def test_order_of_the_keyboard(tab: Tab, ordinary: Path) -> None:
    """Tab goes over the link that skips the head, the parts of the report, and what is on the page; focus is seen."""
    tab.open(ordinary / "data/report/gallery-1.html")
    order = []
    for _ in range(11):
        tab.press("Tab")
        order.append(focused(tab))
    parts = ["Overview", "Exhibits", "All items", "Gallery", "Timeline", "Map", "Threads", "Custody", "Appendix"]
    assert order == ["Skip to the content", *parts, "words"]
    assert tab.js("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab.open(ordinary / "data/report/gallery-1.html")
    tab.press("Tab")
    assert tab.js("document.activeElement.getBoundingClientRect().top >= 0")
    tab.press("Enter")
    tab.press("Tab")
    assert focused(tab) == "words"


def test_without_scripts(tab: Tab, ordinary: Path) -> None:
    """Where no script runs, everything is shown, nothing offers what would not work, and every link leads on."""
    tab.open(ordinary / "data/report/index-1.html")
    whole = shown(tab)
    tab.scripts(run=False)
    tab.open(ordinary / "data/report/index-1.html")
    tab.scripts(run=True)  # so that the test can ask; the page was loaded without
    assert (shown(tab), tab.js("document.querySelector('.narrow').hidden")) == (whole, True)
    tab.follow("tbody a")
    assert tab.js("location.href").endswith("/items-1.html#item-MP-1-0001")


def test_light_and_dark(tab: Tab, ordinary: Path) -> None:
    """The pages follow the reader's choice of light or dark, and paper is always white."""
    tab.open(ordinary / "data/report.html")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    found = []
    for media, scheme in (("screen", "light"), ("screen", "dark"), ("print", "dark")):
        tab.media(media, scheme)
        found.append(tab.js(ground))
    assert found == ["rgb(243, 242, 238)", "rgb(20, 20, 18)", "rgb(255, 255, 255)"]


@pytest.mark.parametrize("kind", ["report", "report/gallery-1", "report/items-1", "report/timeline-1"])
def test_printed(tab: Tab, ordinary: Path, kind: str) -> None:
    """A page prints without its buttons and steps."""
    tab.open(ordinary / f"data/{kind}.html")
    printed = tab.print()
    assert printed.startswith(b"%PDF-")
    assert b"/Type /Page" in printed
    tab.media("print")
    assert tab.js("[...document.querySelectorAll('nav, .narrow, .skip')].every(e => !e.getClientRects().length)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(tab: Tab, ordinary: Path, scheme: str, sample: Sample) -> None:
    """By the rules of axe no kind of page has a serious or critical fault, light or dark."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make tests/browser/axe/node_modules/installed")
    tab.media(scheme=scheme)
    for kind in sample(KINDS, 4):
        tab.open(ordinary / f"data/{kind}.html")
        tab.js(AXE.read_text("utf-8") + "; 0")
        found: list[dict[str, Any]] = json.loads(
            tab.js("axe.run({resultTypes: ['violations']}).then(r => JSON.stringify(r.violations))")
        )
        faults = [
            (each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in {"serious", "critical"}
        ]
        assert not faults, (kind, faults)
