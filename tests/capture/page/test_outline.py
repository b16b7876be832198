from __future__ import annotations

from capture.page.outline import Outline, OutlineReader
from capture.page.read_page import read_page


def _outline(html: str) -> Outline:
    return read_page(html.encode(), url="https://site.example/p", content_type="text/html; charset=utf-8").outline


def test_text_is_counted_by_the_place_where_it_stands() -> None:
    """Navigation, controls, hidden parts and links are no text of the page; Japanese counts three for a character."""
    outline = _outline(
        "<nav>Home News</nav><main><header><p>abc</p></header><p>de <a href=/x>link</a></p><p>火事</p>"
        "<button>Send</button>"
        "<p hidden>no</p><p style='display: none'>no</p></main><footer>imprint</footer>"
    )
    assert (outline.words, outline.linked, outline.links, outline.buttons) == (3 + 2 + 6, 4, 1, ("Send",))


def test_headings_are_those_of_the_highest_level_in_the_content() -> None:
    """What stands in a header around the page comes last, and lesser levels apart."""
    outline = _outline("<header><h1>Site</h1></header><main><h2>Fire</h2><h3>More</h3></main>")
    assert (outline.headings, outline.lesser_headings) == (("Fire",), ("More", "Site"))


def test_forms_of_navigation_ask_for_nothing() -> None:
    """A log-in box in a header is no form of the page."""
    box = "<form action=/login><input name=u><input type=password></form>"
    assert _outline(f"<header>{box}</header><p>x").passwords == 0
    assert _outline(f"<main>{box}</main>").passwords == 1
    assert _outline("<input type=password autocomplete=new-password>").passwords == 0


def test_refreshes_are_told_apart_by_whom_they_are_for() -> None:
    """What stands in a <noscript> is for browsers without scripts."""
    outline = _outline("<meta http-equiv=Refresh content='0;url=/a'><noscript><meta http-equiv=refresh content='0;/b'>")
    assert (outline.refreshes, outline.later_refreshes) == (("0;url=/a",), ("0;/b",))


def test_an_outline_stays_small_whatever_the_page() -> None:
    """Lists and texts are bounded, and so is the number of elements that are looked at."""
    reader = OutlineReader()
    for number in range(60_000):
        reader.start("p", {"id": f"a{number}", "class": "x" * 10_000})
        reader.data("word " * 10)
        reader.end("p")
    outline = reader.outline()
    assert (len(outline.marks), len(outline.blocks)) == (1000, 1)
    assert outline.words == 50_000 * 40


def test_ends_without_starts_do_no_harm() -> None:
    """A parser that closes more than was opened ends in an outline."""
    reader = OutlineReader()
    for _ in range(3):
        reader.end("div")
    assert reader.outline() == Outline()
