from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.atproto import Malformed
from hashing.atproto.cid import read_varint
from tests.hashing.atproto.repository import varint


@given(number=st.integers(0, (1 << 63) - 1), before=st.binary(max_size=3), after=st.binary(max_size=3))
def test_any_number(number: int, before: bytes, after: bytes) -> None:
    """Any number of up to 63 bits is read from where it stands, and what follows is left."""
    assert read_varint(before + varint(number) + after, len(before)) == (number, len(before + varint(number)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "does not end"),
        (b"\x80", "does not end"),
        (b"\xff" * 9 + b"\x01", "does not end"),
        (b"\x81\x00", "longer"),
    ],
)
def test_other_forms(data: bytes, reason: str) -> None:
    """A number cut off, of more than nine bytes, or longer than it need be is refused."""
    with pytest.raises(Malformed, match=reason):
        read_varint(data, 0)
