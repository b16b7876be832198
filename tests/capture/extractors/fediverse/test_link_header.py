from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.extractors.fediverse.timeline import next_page

HERE = "https://host.example/api/v1/timelines/tag/fire?limit=40"


@pytest.mark.parametrize(
    ("field", "url"),
    [
        ('<https://host.example/a?max_id=x>; rel="next", <https://host.example/b>; rel="prev"', "/a?max_id=x"),
        ('<https://host.example/b>; rel="prev", <https://host.example/a?max_id=x>; rel="next"', "/a?max_id=x"),
        ("<https://host.example/a>;rel=next", "/a"),
        ("<https://host.example/a>; REL=NEXT", "/a"),
        ('<https://host.example/a>; rel="last next"', "/a"),
        ('<https://host.example/a>; title="a, \\"b\\"; <c>"; rel="next"', "/a"),
        ('<https://host.example/a>; rel="prev"; rel="next"', ""),
        ("</a?max_id=x>; rel=next", "/a?max_id=x"),
        ("<https://host.example/a,b>; rel=next", "/a,b"),
        ("<javascript:alert(1)>; rel=next", ""),
        ("<http://[>; rel=next", ""),
        ("https://host.example/a; rel=next", ""),
        ("<https://host.example/a>", ""),
        ("<https://host.example/a", ""),
        ("", ""),
    ],
)
def test_the_next_page_is_what_the_field_names(field: str, url: str) -> None:
    """Order, quotes, commas in targets and relative targets are read as RFC 8288 says; the first `rel` counts."""
    assert next_page(field, HERE) == (f"https://host.example{url}" if url else "")


def test_a_server_behind_a_proxy_is_reached_as_before() -> None:
    """A next page by http on a host that was reached by https is asked for by https; another port is another host."""
    assert next_page("<http://host.example/a?x=1>; rel=next", HERE) == "https://host.example/a?x=1"
    assert next_page("<http://host.example:81/a>; rel=next", HERE) == "http://host.example:81/a"


@given(st.text(alphabet='<>;,="\\ relnxtprvhtps:/.a\t'))
def test_any_field_gives_an_address_or_none(field: str) -> None:
    """No field, however broken, is more than an address that can be fetched, or nothing."""
    assert next_page(field, HERE).startswith(("http://", "https://")) or not next_page(field, HERE)


def test_a_long_field_takes_no_time() -> None:
    """A field of white space and semicolons as long as a header can be is read at once."""
    assert next_page("<a>" + " ;" * 30_000, HERE) == ""


@pytest.mark.parametrize("part", ["<", '\\"', '"\\', ';"'])
def test_what_does_not_end_takes_no_time(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target or a quoted text that is begun again and again and never ended costs one look at each character.

    The field is so long here that a look at all that follows, for each character, would be a hang of hours.
    """
    monkeypatch.setattr("capture.extractors.fediverse.timeline._LONGEST", 1 << 40)
    assert next_page('<a>; rel="' + part * 1_500_000, HERE) in {"", "https://host.example/api/v1/timelines/tag/a"}
