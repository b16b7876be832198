from __future__ import annotations

import itertools
import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.extractors import served_json
from capture.extractors.served_json import NotJson, ServedJson
from tests.steps import CountedText

if TYPE_CHECKING:
    from random import Random

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.lists(VALUES), st.booleans(), st.sampled_from([None, 1]))
def test_every_element_is_found_with_its_bytes(values: list[object], ascii_only: bool, indent: int | None) -> None:
    """Each element of an array stands at the offset that is said, byte for byte, and says what it says."""
    body = json.dumps(values, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    served, place = ServedJson(body), 0
    for piece in served.elements(served.root):
        offset, data = served.served(piece)
        assert offset >= place
        assert body[offset : offset + len(data)] == data
        assert ServedJson(data).whole().value == piece.value
        place = offset + len(data)


@given(st.binary())
def test_any_bytes_give_pieces_or_say_that_they_are_no_json(body: bytes) -> None:
    """No body, whatever its bytes, raises anything but NotJson."""
    served = ServedJson(body)
    for pieces in (served.elements, served.members):
        with suppress(NotJson):
            assert list(pieces(served.root)) is not None


def test_one_bad_post_costs_no_other() -> None:
    """An unpaired surrogate, bytes that are no UTF-8, a number without end and a deep nest leave the rest readable."""
    deep = b"[" * 100_000 + b"]" * 100_000
    body = (
        b'\xef\xbb\xbf[{"a":"\\ud800"}, {"a":"\xff"}, {"a":' + b"9" * 100_000 + b'}, {"a":' + deep + b'}, {"a":"ok"}]'
    )
    served = ServedJson(body)
    values = [piece.value for piece in served.elements(served.root)]
    assert values[-1] == {"a": "ok"}
    assert values[3] == {"a": [[[None]]]}
    pieces = list(served.elements(served.root))
    offset, data = served.served(pieces[1])
    assert body[offset:].startswith(data) and data == b'{"a":"\xff"}'  # noqa: PT018 - one claim about one place


def test_what_is_nested_too_deeply_costs_no_other_field() -> None:
    """Beside a field that no reader follows, the fields of the same post and of its record are read."""
    deep = b"[" * 100_000 + b"]" * 100_000
    body = b'{"posts": [{"x": %s, "record": {"text": "said", "y": %s, "z": [1]}}, {"record": 2}]}' % (deep, deep)
    [(_, posts)] = ServedJson(body).members(ServedJson(body).root)
    assert isinstance(posts.value, list)
    assert posts.value[0]["record"] == {"text": "said", "y": [None], "z": [1]}
    assert posts.value[1] == {"record": 2}


def test_a_deep_nest_that_is_no_json_costs_no_neighbour() -> None:
    """Brackets that are even and closed in the wrong order stand beside elements that are read."""
    body = b"[1, " + b"[" * 5000 + b"{]" + b"]" * 4999 + b"}, 2]"
    served = ServedJson(body)
    values = [piece.value for piece in served.elements(served.root)]
    assert (values[0], values[-1], len(values)) == (1, 2, 3)


def test_what_stands_before_a_break_is_read() -> None:
    """A body that was cut gives the elements before the cut, and then says that it breaks off."""
    served = ServedJson(b'[{"a":1}, {"b":2}, {"c":')
    pieces = served.elements(served.root)
    found = [piece.value for piece in itertools.islice(pieces, 2)]
    with pytest.raises(NotJson, match="not JSON at character 19"):
        next(pieces)
    assert found == [{"a": 1}, {"b": 2}]


def test_a_member_of_what_is_no_object_is_none() -> None:
    """Asking a list or a broken object for a member gives none, or what stands before the break."""
    assert ServedJson(b"[1]").member(ServedJson(b"[1]").root, "a") is None
    served = ServedJson(b'{"a": 1, "b": ')
    piece = served.member(served.root, "a")
    assert piece is not None
    assert piece.value == 1


@given(st.lists(VALUES, min_size=1), st.randoms(use_true_random=False))
def test_pieces_may_be_asked_for_in_any_order(values: list[object], random: Random) -> None:
    """Where a piece stands does not depend on which was asked for before; beyond the first thousands as well."""
    body = json.dumps(["\u00fc" * 9000, *values], ensure_ascii=False).encode("utf-8", "surrogatepass")
    served = ServedJson(body)
    pieces = list(served.elements(served.root))
    random.shuffle(pieces)
    for piece in pieces:
        offset, data = served.served(piece)
        assert body[offset : offset + len(data)] == data
        assert ServedJson(data).whole().value == piece.value


def test_the_order_of_asking_costs_no_time() -> None:
    """Pieces are taken from the last to the first by no more reading than the other way round."""
    served = ServedJson(json.dumps(["\u00fc" + "x" * 1000] * 2_000, ensure_ascii=False).encode())
    pieces = list(served.elements(served.root))
    read = []
    for order in (pieces, pieces[::-1]):
        served._text = text = CountedText(served._text)
        assert {served.served(piece)[0] for piece in order} >= {1}
        read.append(text.copied)
    assert read[1] <= read[0] <= len(pieces) * (1003 + served_json._BLOCK) + len(text)


@pytest.mark.parametrize("part", [b'\\"', b'"\\'])
def test_a_deep_nest_with_a_text_that_does_not_end_takes_no_time(part: bytes) -> None:
    """Behind brackets that no reader follows, quotes are counted once: from each of them anew would be a hang."""
    served = ServedJson(b"[" * 100_000 + b'"' + part * 5_000_000)
    with pytest.raises(NotJson, match="breaks off"):
        list(served.elements(served.root))
