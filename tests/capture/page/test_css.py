from __future__ import annotations

import pytest

from capture.page.style_media import css_images


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("background:url(a.jpg)", [("a.jpg", "css background")]),
        ("background: #fff url( 'a b.jpg' ) no-repeat", [("a b.jpg", "css background")]),
        ('BACKGROUND-IMAGE:URL("a.jpg"), url(b.jpg)', [("a.jpg", "css background"), ("b.jpg", "css background")]),
        (r"background:url(a\28 1\29.jpg)", [("a(1).jpg", "css background")]),
        (r'background:url("a\"b\00005c c.jpg")', [('a"b\\c.jpg', "css background")]),
        ("background:url('a\\\nb.jpg')", [("ab.jpg", "css background")]),
        (r"background:url(\0\d800\110000 x)", [("\ufffd\ufffd\ufffdx", "css background")]),
        ("--hero: url(a.jpg)", [("a.jpg", "css background")]),
        (".a::before{content:url(a.jpg)}", [("a.jpg", "css content")]),
        ("a:hover{background:url(a.jpg)}", [("a.jpg", "css background")]),
        ("@media (min-width:9px){.a{background:url(a.jpg)}}", [("a.jpg", "css background")]),
        ("/* background:url(no.jpg) */ background:/**/url(a.jpg)", [("a.jpg", "css background")]),
        ("background:url(a.jpg", [("a.jpg", "css background")]),
        (
            "background:image-set(url(a.jpg) 1x, url(b.jpg) 2x)",
            [("a.jpg", "css background"), ("b.jpg", "css background")],
        ),
        ("background:url()", []),
        ("background:url(a(b).jpg)", []),
        ("background:url(a b.jpg)", []),
        ("@import url(x.css);", []),
        ("@font-face{font-family:x;src:url(x.woff2)}", []),
        ("cursor:url(c.cur);filter:url(#f);color:red", []),
        ("background:my-url(a.jpg)", []),
        ("--x:'url(no.jpg)'", []),
        ("background:none;x url(no.jpg)", []),
        ("/* url(a.jpg)", []),
    ],
)
def test_images_are_found_where_css_puts_them(text: str, found: list[tuple[str, str]]) -> None:
    """In backgrounds and content, quoted or not, with escapes; not in comments, strings, fonts or imports."""
    assert list(css_images(text)) == found


@pytest.mark.parametrize(
    "piece",
    ["url(", "url('", "'", '"', "\\", "a ", "a:", "/*", "@", "a\\", "url( ", "{", "-", "'\\", "a    ", "url(\\"],
)
def test_a_megabyte_of_broken_css_comes_to_an_end(piece: str) -> None:
    """No text makes the search start over and over again: that would take hours."""
    found = list(css_images("background:" + piece * (1_000_000 // len(piece)) + "}a{background:url(a.jpg)"))
    assert len(found) <= 1_000_000 // len(piece)
