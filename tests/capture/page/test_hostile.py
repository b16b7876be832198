"""Pages made to crash, hang or mislead whoever reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from capture.page import PageUnreadable
from capture.page.content_media import ContentMedia
from capture.page.document import STEPS, parse
from capture.page.mentions import Mentions
from capture.page.read_page import read_page
from capture.page.text import VisibleText

if TYPE_CHECKING:
    from pathlib import Path

_URL = "https://example.org/"


@pytest.mark.parametrize(
    "body", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xff\xfe", b"\0\0\0", b"<!-- only -->", b"<!doctype html>"]
)
def test_a_page_with_nothing_in_it_is_unreadable(body: bytes) -> None:
    """The one thing that is an error and no note."""
    with pytest.raises(PageUnreadable, match=r"^(the page is empty|there is no element)"):
        read_page(body, url=_URL)


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000 + "<img src=a.jpg>",
        "<div>" * 100_000 + "<img src=a.jpg>" + "</div>" * 100_000,
        "<table><tr><td>" * 30_000 + "<img src=a.jpg>",
        "<a href=b><b><i>" * 30_000 + "<img src=a.jpg>",
        "<picture><video>" * 30_000 + "<img src=a.jpg>",
        "<svg><template shadowrootmode=open>" * 30_000 + "<img src=a.jpg>",
        "</div></p></table>" * 30_000 + "<img src=a.jpg>",
        "<time><h1>" * 30_000 + "<img src=a.jpg>",
        "<p " + " ".join(f"a{n}=1" for n in range(100_000)) + "><img src=a.jpg>",
        f"<p title='{'x' * 1_000_000}'><img src=a.jpg>",
        f"<img src='{'x' * 1_000_000}'><img src=a.jpg>",
        f"<img srcset='{'x 1w, ' * 150_000}'><img src=a.jpg>",
        f"<p style='background:{'url(' * 250_000}'><img src=a.jpg>",
        "<" * 1_000_000 + "><img src=a.jpg>",
        "&" * 1_000_000 + "<img src=a.jpg>",
        "a\0b" * 300_000 + "<img src=a.jpg>",
        "<!--" + "-" * 1_000_000 + "--><img src=a.jpg>",
        "<script>" + "<!--<script" * 50_000 + "--></script><img src=a.jpg>",
    ],
    ids=range(18),
)
def test_a_page_built_to_exhaust_its_reader_is_read_in_a_bounded_number_of_steps(html: str) -> None:
    """Depth, attributes, lengths: the photo behind it all is found, on any machine."""
    page = read_page(html.encode(), url=_URL)
    assert page.unread == ""
    assert f"{_URL}a.jpg" in {link.url for link in page.media}


@pytest.mark.parametrize(
    ("hostile", "steps"),
    [
        ("<span>" * 2_000 + "</b>" * 10_000, 12_000_000),
        ("<div>" * 2_000 + "<p></b>" * 10_000, 12_000_000),
        ("<div>" * 2_000 + "<div><i><i><i></div></b></b></b>" * 3_000, 12_000_000),
        ("<" * 100_000, 30_000_000),
        ("<i>" * 100_000, 30_000_000),
    ],
    ids=["ends that fit nothing", "behind a <p>", "hidden among others", "signs", "elements"],
)
def test_a_page_that_takes_too_many_steps_is_read_to_the_same_place_everywhere(hostile: str, steps: int) -> None:
    """End tags that fit nothing, deep inside a page, cost libxml2 a search through all open elements."""
    html = f"<p>seen<img src=a.jpg>{hostile}<img src=b.jpg>"
    whole, cut = Mentions(), Mentions()
    assert parse(html, VisibleText(), (ContentMedia(whole),)).unread == ""
    text = VisibleText()
    parsed = parse(html, text, (ContentMedia(cut),), steps=steps, piece=1000)
    assert [mention.places[0].raw for mention in whole.content] == ["a.jpg", "b.jpg"]
    assert [mention.places[0].raw for mention in cut.content] == ["a.jpg"]
    assert text.text().startswith("seen")
    assert parsed.notes == [parsed.unread]
    assert parsed.unread.startswith("read to character ")
    assert parsed.unread.endswith(f" of {len(html):,} only: it takes more than {steps:,} steps")
    assert steps < parsed.steps < 1.5 * steps
    again = parse(html, VisibleText(), (), steps=steps, piece=1000)
    assert (again.unread, again.steps) == (parsed.unread, parsed.steps)


def test_what_was_not_read_of_a_page_is_said() -> None:
    """A page that gives its reader up says so beside what it shows."""
    page = read_page(b"<img src=a.jpg>" + b"<iframe srcdoc='&lt;img src=b.jpg>'></iframe>" * 21, url=_URL)
    assert page.unread == "1 further frames with a page in themselves were not read"
    assert page.unread in page.notes


def test_twenty_megabytes_with_ten_thousand_photos_are_far_from_the_limit() -> None:
    """A large page of the common kind costs a hundredth of the steps that are allowed."""
    cards = (
        f"<div><a href=/p/{n}>"
        f"<img src=/i/{n}.jpg srcset='/i/{n}-2.jpg 800w, /i/{n}-3.jpg 1600w' alt='photo {n}'></a>"
        f"<p>{'word ' * 385}</p></div>\n"
        for n in range(10_000)
    )
    body = f"<html><body>{''.join(cards)}</body></html>".encode()
    assert len(body) > 20_000_000
    page = read_page(body, url=_URL)
    assert parse(body.decode(), VisibleText(), ()).steps < STEPS // 100
    assert len(page.media) == 10_000
    assert page.media[-1].url == "https://example.org/i/9999-3.jpg"


def test_more_media_than_anyone_can_fetch_are_counted() -> None:
    """The list is bounded; what is left out is said."""
    page = read_page("".join(f"<img src={n}.jpg>" for n in range(50_010)).encode(), url=_URL)
    assert len(page.media) == 50_000
    assert page.notes == ("more than 50,000 media, 10 left out",)


@pytest.mark.parametrize("head", ["", "<?xml version='1.0'?>\n"])
def test_entities_that_a_page_declares_are_neither_expanded_nor_fetched(head: str, tmp_path: Path) -> None:
    """No bomb, no file of ours, no address of theirs."""
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    html = (
        f'{head}<!DOCTYPE html [<!ENTITY a "BOMB"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "{secret.as_uri()}">'
        '<!ENTITY % d SYSTEM "http://127.0.0.1:9/x.dtd"> %d;]>'
        '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>&b; &c; &eacute;</p><img src="&c;.jpg"/></body></html>'
    )
    page = read_page(html.encode(), url=_URL, content_type="application/xhtml+xml")
    assert page.text.endswith("&b; &c; é")
    assert [link.url for link in page.media] == ["https://example.org/&c;.jpg"]
    assert "SECRET" not in repr(page)


def test_json_ld_of_ten_thousand_levels_is_noted() -> None:
    """And the page read all the same."""
    block = '{"a":' * 10_000 + "1" + "}" * 10_000
    page = read_page(f'<script type="application/ld+json">{block}</script><img src=a.jpg>'.encode(), url=_URL)
    assert page.notes == ("JSON-LD block 1: nested too deeply to be read",)
    assert len(page.media) == 1


def test_more_open_elements_than_are_listened_to_are_noted() -> None:
    """Their text may hold a claim that is not read."""
    page = read_page(b"<time>a" * 100, url=_URL)
    assert page.notes == ("36 elements nested too deeply in each other were not read",)


def test_utf_16_without_a_mark_is_read() -> None:
    """Every other byte of it is NUL."""
    html = "<html><title>Ünïcode</title><img src=a.jpg>"
    for encoding in ("utf-16-le", "utf-16-be"):
        page = read_page(html.encode(encoding), url=_URL)
        assert page.title == "Ünïcode"
        assert [link.url for link in page.media] == [f"{_URL}a.jpg"]


def test_a_photo_that_is_no_page_gives_a_page_without_media() -> None:
    """Whether a body is a page is for the caller to know."""
    page = read_page(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + bytes(range(1, 256)) * 50, url=_URL)
    assert page.media == ()
