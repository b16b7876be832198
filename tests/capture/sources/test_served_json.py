from __future__ import annotations

import itertools
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.sources.served_json import NotJson, ServedJson

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
    assert values[3] is None
    pieces = list(served.elements(served.root))
    offset, data = served.served(pieces[1])
    assert body[offset:].startswith(data) and data == b'{"a":"\xff"}'  # noqa: PT018 - one claim about one place


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
