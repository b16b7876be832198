from __future__ import annotations

import pytest

from capture.page.images import Sized, parse_srcset


@pytest.mark.parametrize(
    ("value", "candidates"),
    [
        ("", []),
        (" , ,\n", []),
        ("a.jpg", [Sized("a.jpg")]),
        ("a.jpg 1x, b.jpg 2x", [Sized("a.jpg"), Sized("b.jpg", 0, 2.0)]),
        ("a.jpg 400w,b.jpg 800w", [Sized("a.jpg", 400), Sized("b.jpg", 800)]),
        ("a.jpg, b.jpg 1.5x", [Sized("a.jpg"), Sized("b.jpg", 0, 1.5)]),
        ("a.jpg,b.jpg 2x", [Sized("a.jpg,b.jpg", 0, 2.0)]),
        (
            "/w_400,h_300/a.jpg 400w, /w_800,h_600/a.jpg 800w",
            [Sized("/w_400,h_300/a.jpg", 400), Sized("/w_800,h_600/a.jpg", 800)],
        ),
        ("data:image/png;base64,AA== 1x, b.jpg 2x", [Sized("data:image/png;base64,AA=="), Sized("b.jpg", 0, 2.0)]),
        ("\n  a.jpg\t400w  ,\r\n b.jpg   800w\f", [Sized("a.jpg", 400), Sized("b.jpg", 800)]),
        ("a.jpg 400w 300h, b.jpg 300h", [Sized("a.jpg", 400)]),
        ("a.jpg 300h 400w", [Sized("a.jpg", 400)]),
        ("a.jpg .5x, b.jpg 1e1x", [Sized("a.jpg", 0, 0.5), Sized("b.jpg", 0, 10.0)]),
        ("a.jpg foo(1, 2), b.jpg 2x", [Sized("b.jpg", 0, 2.0)]),
        ("a.jpg (1, 2", []),
        ("a.jpg -1x, b.jpg 0w, c.jpg 1w 2x, d.jpg 2x 2x, e.jpg 99999999999w, f.jpg x", []),
        ("a.jpg,,, ,b.jpg", [Sized("a.jpg"), Sized("b.jpg")]),
    ],
)
def test_a_srcset_is_split_as_the_html_standard_says(value: str, candidates: list[Sized]) -> None:
    """Commas inside addresses stay; a candidate with a faulty descriptor is left out."""
    assert list(parse_srcset(value)) == candidates


@pytest.mark.parametrize("piece", ["a ", "a, ", "(", "a (", "a (,", ",", "a 1w ", "a\t(1)2x,"])
def test_a_srcset_of_a_megabyte_is_read_up_to_a_bound(piece: str) -> None:
    """Its length costs no more than reading it once."""
    assert len(list(parse_srcset(piece * (1_000_000 // len(piece))))) <= 1000
