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
