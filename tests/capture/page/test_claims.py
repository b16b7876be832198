from __future__ import annotations

import pytest

from capture.page.read_page import read_page


def _claims(html: str) -> list[tuple[str, str, str]]:
    page = read_page(html.encode(), url="https://example.org/")
    return [(claim.name, claim.value, claim.tag) for claim in page.claims]


def _times(html: str) -> list[tuple[str, str, str]]:
    page = read_page(html.encode(), url="https://example.org/")
    return [(time.name, time.written, time.tag) for time in page.times]


@pytest.mark.parametrize(
    ("html", "claims"),
    [
        ("<title> A\n  B </title>", [("title", "A B", "title")]),
        ("<title>A &amp; <b>B</title>", [("title", "A & <b>B", "title")]),
        ("<title>A</title><title>B</title>", [("title", "A", "title")]),
        ("<svg><title>no</title></svg><title>A</title>", [("title", "A", "title")]),
        ("<h1>A <b>B</b></h1><h1>C</h1>", [("title", "A B", "h1")]),
        ("<title></title><h1> </h1>", []),
        ("<meta name=AUTHOR content=A>", [("author", "A", "meta name=author")]),
        ("<meta property=article:author content=A>", [("author", "A", "article:author")]),
        ("<meta name=og:title content=A>", [("title", "A", "og:title")]),
        (
            "<meta property='og:title twitter:title' content=A>",
            [("title", "A", "og:title"), ("title", "A", "twitter:title")],
        ),
        (
            "<meta name=twitter:title content=B><meta property=og:title content=A>",
            [("title", "A", "og:title"), ("title", "B", "twitter:title")],
        ),
        ("<a rel='nofollow author' href=/a>A</a>", [("author", "A", "a rel=author")]),
        ("<div itemprop=author><span itemprop=name>A</span></div>", [("author", "A", "itemprop=author")]),
        ("<meta itemprop=author content=A>", [("author", "A", "meta itemprop=author")]),
        ("<html lang=en-GB>", [("language", "en-GB", "html lang")]),
        ("<html xml:lang=de>", [("language", "de", "html lang")]),
        ("<meta http-equiv=Content-Language content=de>", [("language", "de", "meta http-equiv=content-language")]),
        ("<link rel='Canonical' href=/a>", [("canonical address", "/a", "link rel=canonical")]),
        ("<meta name=author><meta content=A><meta name=viewport content=x>", []),
        (f"<title>{'x' * 2000}</title>", [("title", f"{'x' * 1000}… (cut here)", "title")]),
    ],
)
def test_each_place_that_claims_something_is_read(html: str, claims: list[tuple[str, str, str]]) -> None:
    """One line for each place."""
    assert _claims(html) == claims


@pytest.mark.parametrize(
    ("html", "times"),
    [
        ("<time datetime=2026-03-14>x</time>", [("time", "2026-03-14", "time[datetime]")]),
        ("<time> 3\n hours ago </time>", [("time", "3 hours ago", "time")]),
        ("<time datetime='' >x</time><time></time>", [("time", "x", "time")]),
        ("<time pubdate datetime=2026>x</time>", [("published", "2026", "time[datetime]")]),
        ("<time itemprop=datePublished datetime=2026>x</time>", [("published", "2026", "time[datetime]")]),
        ("<time class='entry-date updated' datetime=2026>x</time>", [("published", "2026", "time[datetime]")]),
        ("<time class=updated datetime=2026>x</time>", [("modified", "2026", "time[datetime]")]),
        ("<span itemprop=dateModified content=2026>x</span>", [("modified", "2026", "itemprop=datemodified")]),
        ("<meta itemprop=uploadDate content=2026>", [("uploaded", "2026", "meta itemprop=uploaddate")]),
        ("<meta name=DC.date.issued content=2026>", [("published", "2026", "meta name=dc.date.issued")]),
        ("<meta property=og:updated_time content=2026>", [("modified", "2026", "og:updated_time")]),
        ("<meta http-equiv=Last-Modified content=2026>", [("modified", "2026", "meta http-equiv=last-modified")]),
        ("<meta name=date content=' 2026 '>", [("published", " 2026 ", "meta name=date")]),
        ("<time datetime=2026><time datetime=2026>", [("time", "2026", "time[datetime]")]),
    ],
)
def test_each_place_that_gives_a_time_is_read(html: str, times: list[tuple[str, str, str]]) -> None:
    """With what it is the time of, where the page says so, and exactly as it is written."""
    assert _times(html) == times


def test_claims_are_bounded_and_the_others_counted() -> None:
    """A long discussion has a <time> for every post."""
    html = "".join(f"<time datetime=2026-03-14T21:{n:05}></time><meta name=author content=a{n}>" for n in range(250))
    page = read_page(html.encode(), url="https://example.org/")
    assert (len(page.times), len(page.author)) == (200, 200)
    assert page.notes == ("50 further claims are not listed", "50 further times are not listed")


def test_a_page_that_claims_nothing_claims_nothing() -> None:
    """No title is made up from its address or its text."""
    page = read_page(b"<p>text", url="https://example.org/a-title.html")
    assert page.claims == ()
    assert (page.title, page.author, page.description, page.language) == ("", (), "", "")
    assert page.times == ()
