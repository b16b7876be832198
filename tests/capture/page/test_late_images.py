from __future__ import annotations

import pytest

from capture.page.read_page import read_page

URL = "https://news.example/fire"


def _media(html: str) -> list[str]:
    return [link.url.removeprefix("https://news.example") for link in read_page(html.encode(), url=URL).media]


@pytest.mark.parametrize(
    "name",
    ["data-lazy", "data-flickity-lazyload", "data-splide-lazy", "data-cfsrc", "nitro-lazy-src", "data-actualsrc",
     "data-ll-src", "data-lazyload", "data-original-src", "data-hi-res-src", "data-never-seen-before"],
)  # fmt: skip
def test_an_image_without_an_address_has_one_for_a_script(name: str) -> None:
    """Whatever an image calls the attribute that keeps its address, the photo is found."""
    assert _media(f"<img {name}='/a.jpg'>") == ["/a.jpg"]
    assert _media(f"<img src='data:image/gif;base64,R0' {name}='/a.jpg'>") == ["/a.jpg"]


def test_an_address_without_an_extension_counts_where_its_name_says_so() -> None:
    """An address that promises nothing is taken where the attribute is one for images."""
    assert _media("<img data-lazy-image='https://news.example/photo/17?w=900'>") == ["/photo/17?w=900"]


@pytest.mark.parametrize("name", ["data-bg-image", "data-image-src", "data-lazy-background"])
def test_a_background_that_is_loaded_late_is_found(name: str) -> None:
    """What is no image keeps its picture in the same way."""
    assert _media(f"<div {name}='/a.jpg'></div>") == ["/a.jpg"]


@pytest.mark.parametrize(
    "html",
    [
        "<img src='/b.jpg' data-id='5' data-action='/like/5'>",
        "<img src='/b.jpg' data-pin-url='https://news.example/fire-page/x'>",
        "<img src='/b.jpg'><div data-href='/page/2' data-json='{\"src\": \"/x.jpg\"}' data-src='/widget'></div>",
    ],
)
def test_what_is_no_address_of_an_image_is_left(html: str) -> None:
    """Numbers, actions and links of other elements are no photos."""
    assert _media(html) == ["/b.jpg"]


@pytest.mark.parametrize(
    "src", ["about:blank", "#", "", "javascript:void(0)", "data:,", "/img/blank.gif", "/theme/lazy_placeholder.svg?v=2"]
)
def test_what_stands_in_for_a_photo_is_no_address_of_it(src: str) -> None:
    """An image whose address is none, or that of a stand-in, has its own in an attribute of whatever name."""
    assert "/a.jpg" in _media(f"<img src='{src}' data-never-seen-before='/a.jpg'>")


@pytest.mark.parametrize(
    "value",
    [
        '{"src":"\\/a.jpg","w":900}',
        "[/a.jpg, small], [/a.jpg, large]",
        "[{&quot;url&quot;: &quot;/a.jpg&quot;}]",
    ],
)
def test_an_address_inside_of_a_value_is_found(value: str) -> None:
    """An image without an address may hold it in JSON, or in a list with sizes."""
    assert _media(f"<img data-anything='{value}'>") == ["/a.jpg"]


def test_a_set_of_sizes_is_one_by_whatever_name() -> None:
    """Of the sizes in an attribute that ends in srcset the largest is taken."""
    assert _media("<img data-any-srcset='/s.jpg 300w, /l.jpg 900w'>") == ["/l.jpg"]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<img srcset='data:image/gif;base64,R0 1w' data-any='/a.jpg'>", ["/a.jpg"]),
        ("<img file='/a.jpg' alt='b.jpg'>", ["/a.jpg"]),
        ("<img data-src='https%3A%2F%2Fnews.example%2Fa.jpg'>", ["/a.jpg"]),
        ("<img data-src='/a_{width}x.jpg' data-widths='[180, 360]'>", ["/a_360x.jpg"]),
        ("<picture><source data-lazy='/s.avif 1x, /l.avif 2x'><img></picture>", ["/l.avif"]),
        ("<div data-bgset='/s.jpg 300w, /l.jpg 900w'></div>", ["/l.jpg"]),
        ("<div data-style='background-image: url(/a.jpg)'></div>", ["/a.jpg"]),
        ("<video><source data-late='/v.mp4'></video>", ["/v.mp4"]),
        ("<iframe src='about:blank' data-src='/v.mp4'></iframe>", ["/v.mp4"]),
        ("<lazy-player src='/v.mp4' poster='/p.jpg'></lazy-player>", ["/v.mp4", "/p.jpg"]),
    ],
)
def test_an_address_is_found_however_a_script_wraps_it(html: str, found: list[str]) -> None:
    """Styles, encodings, widths left open, sets of sizes, players and a page's own elements keep addresses, too."""
    assert _media(html) == found


def test_a_template_that_no_script_has_filled_is_no_address() -> None:
    """What a script is still to put in is not asked for."""
    assert _media("<img src='/b.jpg' data-src='{{photo.url}}'>") == ["/b.jpg"]
