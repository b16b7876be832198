from __future__ import annotations

import pytest

from capture.page import ReadPage
from capture.page.read_page import read_page

_ROOT = "https://example.org/"


def _read(html: str) -> ReadPage:
    return read_page(html.encode(), url=f"{_ROOT}index.html")


def _found(html: str) -> list[tuple[str, str, str]]:
    return [(link.kind, link.url.removeprefix(_ROOT), link.found_in) for link in _read(html).media]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<img src=a.jpg>", [("photo", "a.jpg", "img src")]),
        ("<img srcset='a.jpg 400w, b.jpg 800w' src=c.jpg>", [("photo", "b.jpg", "img srcset")]),
        ("<img srcset='a.jpg 1x, b.jpg 2x' src=c.jpg>", [("photo", "b.jpg", "img srcset")]),
        ("<img srcset='a.jpg 0.5x' src=c.jpg>", [("photo", "c.jpg", "img src")]),
        ("<img srcset='x:y 800w, a.jpg 400w' src=c.jpg>", [("photo", "a.jpg", "img srcset")]),
        ("<img srcset='http://[:: 800w' src=c.jpg>", [("photo", "c.jpg", "img src")]),
        ("<img data-src=a.jpg>", [("photo", "a.jpg", "img data-src")]),
        ("<img src=p.gif data-src=a.jpg>", [("photo", "a.jpg", "img data-src"), ("photo", "p.gif", "img src")]),
        ("<img src=p.gif data-srcset='a.jpg 1w, b.jpg 2w'>", [("photo", "b.jpg", "img data-srcset")]),
        ("<img src='' data-original=a.jpg>", [("photo", "a.jpg", "img data-original")]),
        ("<img>", []),
        ("<amp-img src=a.jpg></amp-img>", [("photo", "a.jpg", "amp-img src")]),
        ("<image src=a.jpg>", [("photo", "a.jpg", "img src")]),
        ("<svg><image href=a.png /></svg>", [("photo", "a.png", "svg image")]),
        ("<input type=IMAGE src=a.gif><input type=text src=b.gif>", [("photo", "a.gif", "input image")]),
        ("<picture><source srcset=a.webp><img src=a.jpg></picture>", [("photo", "a.jpg", "img src")]),
        ("<picture><source srcset=a.webp></picture>", [("photo", "a.webp", "picture source")]),
        ("<picture><source srcset='a.webp 9w'>", [("photo", "a.webp", "picture source")]),
        (
            "<picture><source srcset='a.webp 9w'><img src=a.jpg><p><img src=b.jpg><img src=c.jpg>",
            [("photo", "a.webp", "picture source"), ("photo", "b.jpg", "img src"), ("photo", "c.jpg", "img src")],
        ),
        ("<a href=a.jpg><img src=t.jpg></a>", [("photo", "a.jpg", "link to image"), ("photo", "t.jpg", "img src")]),
        ("<a href='a.JPG?w=9#x'>a</a>", [("photo", "a.JPG?w=9", "link to image")]),
        (
            "<a href='/a.jpg:large'>a</a><a href='b.png;v=2'>b</a>",
            [("photo", "a.jpg:large", "link to image"), ("photo", "b.png;v=2", "link to image")],
        ),
        ("<a href='/get?file=a.jpg'>a</a><a href=https://photo.mov>b</a><a href=a.html>c</a><a href=jpg>d</a>", []),
        (
            "<a href=a.mp4></a><a href=a.m4a></a><a href=a.pdf></a>",
            [
                ("video", "a.mp4", "link to video"),
                ("audio", "a.m4a", "link to audio"),
                ("document", "a.pdf", "link to PDF"),
            ],
        ),
        ("<map><area href=a.png></map>", [("photo", "a.png", "link to image")]),
        (
            "<video src=a.mp4 poster=p.jpg></video>",
            [("video", "a.mp4", "video src"), ("photo", "p.jpg", "video poster")],
        ),
        (
            "<video><source src=a><source src=b></video><source src=c.mp4><source src=d>",
            [("video", "a", "video source"), ("video", "b", "video source"), ("video", "c.mp4", "source")],
        ),
        (
            "<audio src=a></audio><audio><source src=b></audio>",
            [("audio", "a", "audio src"), ("audio", "b", "audio source")],
        ),
        (
            "<audio><source src=a><video><source src=b></video><source src=c></audio>",
            [("audio", "a", "audio source"), ("video", "b", "video source"), ("audio", "c", "audio source")],
        ),
        (
            "<embed src=a type=application/pdf><object data=b.pdf></object><iframe src=c.pdf></iframe>",
            [("document", "a", "embed"), ("document", "b.pdf", "object"), ("document", "c.pdf", "iframe")],
        ),
        ("<embed src=a.swf><object data=b></object>", []),
        ("<link rel=icon href=a.ico><link rel='shortcut icon' href=b.png><link rel=apple-touch-icon href=c.png>", []),
        ("<link rel=image_src href=a.jpg>", [("photo", "a.jpg", "link rel=image_src")]),
        (
            "<link rel=preload as=image href=a.jpg><link rel=preload as=font href=b>",
            [("photo", "a.jpg", "link rel=preload as=image")],
        ),
        ("<link rel=preload as=video href=a>", [("video", "a", "link rel=preload as=video")]),
        ("<link itemprop=thumbnailUrl href=a>", [("photo", "a", "link itemprop=thumbnailurl")]),
        ("<meta itemprop=image content=a.jpg>", [("photo", "a.jpg", "meta itemprop=image")]),
        ("<meta name=twitter:image content=a>", [("photo", "a", "twitter:image")]),
        (
            "<meta property='og:image' content=a><meta property=og:image:secure_url content=b>",
            [("photo", "a", "og:image"), ("photo", "b", "og:image:secure_url")],
        ),
        (
            "<meta property=og:video content=a><meta property=og:video:type content=video/mp4>",
            [("video", "a", "og:video")],
        ),
        ("<meta property=og:video content=a><meta property=og:video:type content=text/html>", []),
        ("<meta property=og:video:width content=a.mp4><meta property=og:image>", []),
        ("<link rel=preload as=image><link rel=image_src><iframe></iframe><iframe src=about:blank></iframe>", []),
        ("<bgsound src=''><table background=''><p style='background:red' data-bg=''>", []),
        (f"<a href='{'a' * 9000}.jpg'>a</a>", []),
        (
            "<meta property=og:video content=a.mp4><meta property=og:video:secure_url content=b.mp4>",
            [("video", "a.mp4", "og:video"), ("video", "b.mp4", "og:video:secure_url")],
        ),
        (
            (
                "<meta property=og:video:url content=e><meta property=og:video:type content=text/html>"
                "<meta property=og:video:url content=v><meta property=og:video:type content=video/webm>"
                "<meta property=og:audio content=s><meta property=og:audio:type content=audio/mpeg>"
            ),
            [("video", "v", "og:video:url"), ("audio", "s", "og:audio")],
        ),
        (
            "<meta name=twitter:player:stream content=v><meta name=twitter:player content=e.mp4>",
            [("video", "v", "twitter:player:stream")],
        ),
        (
            "<style>b{background:url(a.png)}</style><p style='background:url(b.png)'>",
            [("photo", "a.png", "css background"), ("photo", "b.png", "css background")],
        ),
        ("<table background=a.gif></table>", [("photo", "a.gif", "table background")]),
        ("<div data-bg='url(a.jpg)'></div><div data-bg=dark></div>", [("photo", "a.jpg", "css background")]),
        ("<noscript><img src=a.jpg></noscript>", [("photo", "a.jpg", "img src")]),
        ("<head><noscript><img src=a.jpg></noscript></head>", [("photo", "a.jpg", "img src")]),
        ("<template shadowrootmode=open><img src=a.jpg></template>", [("photo", "a.jpg", "img src")]),
        ("<iframe srcdoc=\"<img src='a.jpg'>\"></iframe>", [("photo", "a.jpg", "img src")]),
        ("<script>'<img src=a.jpg>'</script><!-- <img src=b.jpg> --><textarea><img src=c.jpg></textarea>", []),
        ("<img src=' a\n b.jpg '>", [("photo", "a%20b.jpg", "img src")]),
        ("<img src=javascript:x><img src=blob:x><img src=about:blank><img src=#><img src='index.html'>", []),
        ("</body></html><img src=a.jpg>", [("photo", "a.jpg", "img src")]),
        ("<IMG SRC=a.jpg", []),
    ],
)
def test_each_way_to_show_or_name_a_medium_is_found(html: str, found: list[tuple[str, str, str]]) -> None:
    """One line for each way, and for what looks like one and is not."""
    assert _found(html) == found


def test_each_address_is_given_once_where_the_page_shows_it_first() -> None:
    """What is shown comes before what metadata names, in the order of the page."""
    html = (
        "<meta property=og:image content=b.jpg><meta property=og:image content=d.jpg>"
        "<img src=a.jpg><img src=b.jpg alt=B><img src=a.jpg#x alt=A><p style='background:url(./c.jpg)'>"
    )
    assert [(link.url.removeprefix(_ROOT), link.found_in, link.alt) for link in _read(html).media] == [
        ("a.jpg", "img src", "A"),
        ("b.jpg", "img src", "B"),
        ("c.jpg", "css background", ""),
        ("d.jpg", "og:image", ""),
    ]


def test_the_element_that_shows_a_medium_knows_its_kind_better_than_the_address() -> None:
    """A link to x.jpg that a <video> plays is a video; the first place still stands."""
    assert _found("<a href=x.jpg>x</a><video src=x.jpg></video><img src=x.jpg>") == [
        ("video", "x.jpg", "link to image")
    ]


@pytest.mark.parametrize(
    ("html", "alt"),
    [
        ("<img src=a.jpg alt=' The  fire\n'>", "The fire"),
        ("<img src=a.jpg title=Fire>", "Fire"),
        ("<a href=a.jpg title=Fire><img src=b.jpg alt=x></a>", "Fire"),
        ("<a href=a.jpg><img src=b.jpg alt=Fire></a>", "Fire"),
        ("<a href=a.jpg>The <b>fire</b></a>", "The fire"),
        ("<a href=a.jpg>The fire", "The fire"),
        ("<a href=a.jpg></a><img src=b.jpg alt=Other>", ""),
        ("<video src=a.mp4 title=Fire></video>", "Fire"),
        (f"<img src=a.jpg alt={'x' * 600}>", f"{'x' * 500}… (cut here)"),
    ],
)
def test_a_medium_has_the_pages_own_words_for_it(html: str, alt: str) -> None:
    """Its alternative text or title; for a link what it leads by."""
    assert _read(html).media[0].alt == alt


def test_embedded_media_are_counted_once_each() -> None:
    """The same placeholder a hundred times is one; a font in a style sheet is no medium."""
    html = (
        "<img src=data:image/gif;base64,AA><img src=data:image/gif;base64,AA><img srcset='data:,a 2x' src=b.jpg>"
        "<p style='background:url(data:image/png;base64,BB)'><style>@font-face{src:url(data:font/woff,x)}</style>"
    )
    page = _read(html)
    assert (page.embedded, page.media) == (3, ())


def test_media_in_a_template_are_left_out_with_a_note() -> None:
    """A script may fill it in later; the page does not show it."""
    page = _read("<template><img src={{src}}><img src=b.jpg></template><img src=c.jpg>")
    assert [link.url for link in page.media] == [f"{_ROOT}c.jpg"]
    assert page.notes == ("2 media in <template>, which the page does not show, left out",)


def test_the_first_base_counts_wherever_it_stands() -> None:
    """Also for what comes before it."""
    assert _found("<img src=a.jpg><base target=x><base href=/one/><base href=/two/>") == [
        ("photo", "one/a.jpg", "img src")
    ]


def test_a_bad_address_is_noted_once_and_the_rest_is_found() -> None:
    """Twenty notes at most, and the number of the others."""
    page = _read("<img src='http://[::'>" * 5 + "<img src=a.jpg>")
    assert len(page.notes) == 1
    assert page.notes[0].startswith("'http://[::': not a web address (")
    assert page.notes[0].endswith(" (img src)")
    assert len(page.media) == 1
    page = _read("".join(f"<img src=http://h:{port}/>" for port in range(70_000, 70_050)))
    assert len(page.notes) == 21
    assert page.notes[-1] == "and 30 more of this kind"


def test_frames_in_frames_are_read_up_to_a_bound() -> None:
    """A page inside a page inside a page is one line of HTML."""
    inner = "".join(f'<iframe srcdoc="<p>page {number}<img src={number}.jpg>"></iframe>' for number in range(30))
    page = _read(inner)
    assert len(page.media) == 20
    assert page.text.endswith("page 19")
    assert page.notes == ("10 further frames with a page in themselves were not read",)
