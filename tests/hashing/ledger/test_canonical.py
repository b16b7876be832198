"""Canonical JSON is what RFC 8785 says, whichever encoder writes it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from hashing.errors import BadFormat
from hashing.ledger.canonical import canonical_json


class _Record(msgspec.Struct, tag_field="event", tag="record", kw_only=True):
    value: Any


_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_NUMBER = st.integers(-(1 << 53) + 1, (1 << 53) - 1) | st.floats(allow_nan=False, allow_infinity=False)
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBER | _TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(_TEXT, inner, max_size=4)
    ),
)


@given(_JSON)
def test_it_is_what_the_reference_writes(value: Any) -> None:  # noqa: ANN401 - any JSON
    """Whatever a record holds, its bytes are those of rfc8785, the reference implementation."""
    assert canonical_json(_Record(value=value)) == rfc8785.dumps({"event": "record", "value": value})


def test_control_characters_and_odd_names() -> None:
    """Each control character, and names that UTF-16 sorts otherwise than UTF-8, are written as the standard says."""
    value = {"".join(map(chr, range(256))): 1.0, "\U00010000": -0.0, "\uffff": 1e-7, "a": 1e21}
    assert canonical_json(_Record(value=value)) == rfc8785.dumps({"event": "record", "value": value})
    plain = {"text": "".join(map(chr, range(0x3000)))}
    assert canonical_json(_Record(value=plain)) == rfc8785.dumps({"event": "record", "value": plain})


def test_what_stands_in_tuples() -> None:
    """Numbers and names in a tuple, as the events' fields are, are written as anywhere else."""
    value = (1.0, (-0.0, 1e21), {"\U00010000": 1, "\uffff": 2}, _Record(value=2.0))
    assert canonical_json(_Record(value=value)) == (
        '{"event":"record","value":[1,[0,1e+21],{"\U00010000":1,"\uffff":2},{"event":"record","value":2}]}'.encode()
    )


@pytest.mark.parametrize(
    "value",
    [
        *(float("nan"), float("inf"), 1 << 53, -(1 << 60), "\ud800", {"\udfff": 1}, {1: 2}, {None: 1}),
        *((float("nan"),), (1 << 60,), {"a": ({True: 1},)}),
    ],
)
def test_what_json_cannot_carry(value: Any) -> None:  # noqa: ANN401 - any JSON
    """What would not come back as it was is refused."""
    with pytest.raises(BadFormat, match="canonical JSON"):
        canonical_json(_Record(value=value))
