"""What holds for any page."""

from __future__ import annotations

import json
import random
from urllib.parse import urlsplit

from hypothesis import example, given, settings
from hypothesis import strategies as st

from capture.page import PageUnreadable, ReadPage
from capture.page.document import parse
from capture.page.encoding import decode
from capture.page.errors import BadAddress
from capture.page.images import parse_srcset
from capture.page.json_ld import read_json_ld
from capture.page.read_page import read_page
from capture.page.style_media import css_images
from capture.page.text import LONGEST, VisibleText
from capture.page.times import parse_time
from capture.page.urls import Addresses

_URL = "https://example.org/a/b?c#d"

# Pieces of pages, put together at random: far more likely to go deep into the code than bytes are.
_PIECES = st.sampled_from(
    [
        "<html lang=en>",
        "<head>",
        "<title>",
        "</title>",
        "<base href='//b.example/'>",
        "<base href='http://['>",
        "<body>",
        "<meta charset=utf-16>",
        "<meta property=og:image content='",
        "<meta property=og:video:type content=video/mp4>",
        "<meta property=og:video content=v>",
        "<meta itemprop=datePublished content='2026-01-01'>",
        "<picture>",
        "</picture>",
        "<source srcset='",
        "<source src=s media='(min-width:9px)'>",
        "<img src=",
        "<img srcset='",
        "<img data-src='",
        "<a href=a.jpg>",
        "</a>",
        "<video src=v poster=p>",
        "</video>",
        "<audio>",
        "<svg>",
        "</svg>",
        "<template>",
        "<template shadowrootmode=open>",
        "</template>",
        "<noscript>",
        "</noscript>",
        "<style>",
        "</style>",
        "<pre>",
        "</pre>",
        "<script type=application/ld+json>",
        "</script>",
        '{"@type":"Article","image":[',
        '{"@id":"a","author":',
        "]}",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<p style=\"background:url('",
        "<time datetime='",
        "<time>",
        "</time>",
        "<iframe srcdoc='",
        "</iframe>",
        "<td>",
        "</table>",
        "<br>",
        "<h1>",
        "</h1>",
        "data:image/png;base64,AA",
        "http://[::",
        "//h:99999/",
        "a.jpg 2x, ",
        "b.jpg 100w,",
        "&amp;",
        "&#0;",
        "&#xD800;",
        "\\d800",
        "'",
        '"',
        ">",
        " ",
        "\n",
        "\0",
        "\ufeff",
        "é",
        "😀",
    ]
)
_HTML = st.lists(_PIECES | st.text(max_size=8), max_size=60).map("".join)


def _page_or_none(body: bytes, content_type: str = "") -> ReadPage | None:
    try:
        return read_page(body, url=_URL, content_type=content_type)
    except PageUnreadable:
        return None


def _check(page: ReadPage) -> None:
    repr(page).encode()  # no half characters anywhere
    for claim in page.claims:
        assert claim.name
        assert claim.value
        assert claim.tag
        claim.value.encode()
    for time in page.times:
        time.written.encode()
        assert time.tag
    page.text.encode()
    urls = [link.url for link in page.media]
    assert len(urls) == len(set(urls))
    for link in page.media:
        parts = urlsplit(link.url)
        assert parts.scheme in {"http", "https"}
        assert parts.hostname
        assert not parts.fragment
        assert parts.username is None
        assert not set(link.url) & set(' \t\r\n"<>')
        assert link.found_in
        link.url.encode()
        link.alt.encode()
    for note in page.notes:
        assert "\n" not in note
        note.encode()


@given(st.binary(max_size=400), st.text(max_size=40))
@example(b"\xff\xfe\x00\xd8", "")
@example(b"<", "text/html; charset=utf-16")
def test_any_bytes_are_a_page_or_unreadable(body: bytes, content_type: str) -> None:
    """Nothing else, whatever the server says they are."""
    if page := _page_or_none(body, content_type):
        _check(page)


@settings(max_examples=400)
@given(_HTML)
def test_any_mixture_of_markup_is_a_page_or_unreadable(html: str) -> None:
    """Every address can be fetched, every text can be stored, each medium stands there once."""
    if page := _page_or_none(html.encode("utf-8", "replace")):
        _check(page)


@given(_HTML, st.integers(1, 50))
def test_where_the_page_is_split_for_the_parser_changes_nothing(html: str, size: int) -> None:
    """A page is fed to libxml2 in pieces, and reads the same as in one."""
    text = decode(html.encode("utf-8", "replace")).text

    def _read(piece: int) -> tuple[str, int]:
        visible = VisibleText()
        parsed = parse(text, visible, (), piece=piece)
        return visible.text(), parsed.elements

    assert _read(size) == _read(1 << 16)


@given(st.text(), st.text(max_size=30))
def test_any_address_is_absolute_or_none_or_refused(raw: str, base: str) -> None:
    """And what is absolute stays as it is when it is read again."""
    addresses = Addresses(_URL, base)
    try:
        url = addresses.resolve(raw)
    except BadAddress:
        return
    if url is not None:
        assert url.startswith(("http://", "https://"))
        assert Addresses(_URL).resolve(url) == url or url == "https://example.org/a/b?c"


@given(st.text())
def test_any_text_is_read_as_srcset_css_time_and_json_ld(text: str) -> None:
    """None of them ever fails."""
    assert all(sized.url for sized in parse_srcset(text))
    assert all(found_in for _, found_in in css_images(f"background:{text}"))
    parse_time(text)
    read_json_ld([text])


_KEYS = st.sampled_from(
    ["@graph", "@type", "@id", "author", "name", "image", "url", "contentUrl", "video", "datePublished", "logo"]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(_KEYS, inner),
)


@given(_JSON)
def test_any_json_makes_a_page(value: object) -> None:
    """Whatever stands where a name, an image or a time is expected."""
    block = json.dumps(value).replace("<", "\\u003c")
    page = _page_or_none(f'<p>x<script type="application/ld+json">{block}</script>'.encode())
    assert page is not None
    _check(page)


@given(st.text(), st.randoms(use_true_random=False))
def test_text_is_never_longer_than_its_bound(text: str, chance: random.Random) -> None:
    """Nor does it ever hold more white space than a blank line."""
    visible = VisibleText()
    for _ in range(5):
        visible.start(chance.choice(["p", "td", "br", "div"]))
        visible.data(text)
    assert len(visible.text().encode("utf-8", "replace")) <= LONGEST
    assert "\n\n\n" not in visible.text()
