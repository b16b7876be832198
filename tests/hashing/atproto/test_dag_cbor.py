from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libipld
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashing.atproto import Cid, Malformed
from hashing.atproto.dag_cbor import DEEPEST, LARGEST_BLOCK, Value, decode, encode
from tests.steps import CountedBytes, demand_even_growth

if TYPE_CHECKING:
    from collections.abc import Callable

LINK = bytes.fromhex("d82a582500") + b"\x01\x71\x12\x20" + bytes(32)
CIDS = st.builds(Cid, st.binary(min_size=32, max_size=32).map(lambda digest: b"\x01\x71\x12\x20" + digest))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LEAVES: st.SearchStrategy[Value] = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 64), (1 << 64) - 1)
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)  # libipld has no negative zero
    | TEXTS
    | st.binary(max_size=30)
    | CIDS
)
VALUES: st.SearchStrategy[Value] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5), max_leaves=30
)


def _as_libipld(value: Value) -> Any:  # noqa: ANN401 (libipld takes and gives any value, links as bytes)
    match value:
        case Cid():
            return value.raw
        case list():
            return [_as_libipld(item) for item in value]
        case dict():
            return {key: _as_libipld(item) for key, item in value.items()}
        case _:
            return value


@given(value=VALUES)
def test_any_value(value: Value) -> None:
    """Any value reads back as it was written, byte for byte as libipld writes it, and libipld reads the same."""
    data = encode(value)
    assert decode(data) == value
    assert type(decode(data)) is type(value)
    assert data == libipld.encode_dag_cbor(_as_libipld(value))


@settings(max_examples=500)
@given(data=st.binary(max_size=40) | VALUES.map(encode), flip=st.integers(0, 319))
def test_one_form_only(data: bytes, flip: int) -> None:
    """Any bytes are refused, or are the one form of a value: written again they are the same."""
    altered = bytearray(data)
    if flip // 8 < len(altered):
        altered[flip // 8] ^= 1 << flip % 8
    for block in (data, bytes(altered)):
        try:
            value = decode(block)
        except Malformed:
            continue
        assert encode(value) == block


def test_links_are_not_bytes() -> None:
    """A link and a byte string with the same bytes stay apart."""
    raw = b"\x01\x71\x12\x20" + bytes(32)
    assert decode(LINK) == Cid(raw)
    assert decode(b"\x58\x24" + raw) == raw
    assert encode(raw) != encode(Cid(raw))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "too early"),
        ("1800", "longer than it need be"),
        ("1817", "longer than it need be"),
        ("1900ff", "longer than it need be"),
        ("1a0000ffff", "longer than it need be"),
        ("1b00000000ffffffff", "longer than it need be"),
        ("3800", "longer than it need be"),
        ("580100", "longer than it need be"),
        ("98018000", "longer than it need be"),
        ("b8016000", "longer than it need be"),
        ("a178016100", "longer than it need be"),
        ("1c", "left open"),
        ("5f4100ff", "left open"),
        ("7f6161ff", "left open"),
        ("9fff", "left open"),
        ("bfff", "left open"),
        ("a17f6161ff00", "left open"),
        ("a2616100616100", "out of order, or there twice"),
        ("a2616200616100", "out of order, or there twice"),
        ("a262616100616200", "out of order, or there twice"),
        ("a10000", "not text"),
        ("a1416100", "not text"),
        ("a1", "not text"),
        ("c000", "not a link"),
        ("d82b4100", "not a link"),
        ("d82a00", "holds no bytes"),
        ("d82a", "holds no bytes"),
        ("d82a6100", "holds no bytes"),
        ("d82a40", "not a CID in binary"),
        ("d82a582401711220" + "00" * 32, "not a CID in binary"),
        ("d82a5822001220" + "00" * 31, "version 0 or 1"),
        ("d82a58260001711220" + "00" * 33, "digest has not the length"),
        ("d9002a582500" + "01711220" + "00" * 32, "longer than it need be"),
        ("f7", "starts no value"),
        ("e0", "starts no value"),
        ("f8ff", "starts no value"),
        ("f97e00", "starts no value"),
        ("f93c00", "starts no value"),
        ("fa3f800000", "starts no value"),
        ("fb7ff8000000000000", "not finite"),
        ("fb7ff0000000000000", "not finite"),
        ("fbfff0000000000000", "not finite"),
        ("fb00", "too early"),
        ("ff", "starts no value"),
        ("61ff", "not UTF-8"),
        ("63eda080", "not UTF-8"),
        ("62c080", "not UTF-8"),
        ("6261", "too early"),
        ("19ff", "too early"),
        ("9bffffffffffffffff", "too early"),
        ("bbffffffffffffffff", "not text"),
        ("5bffffffffffffffff", "too early"),
        ("7bffffffffffffffff", "too early"),
        ("0000", "1 bytes too many"),
    ],
)
def test_other_forms(data: str, reason: str) -> None:
    """Whatever is not the one form of a value is refused, and the reason said."""
    with pytest.raises(Malformed, match=reason):
        decode(bytes.fromhex(data))


@pytest.mark.parametrize("value", [1 << 64, -(1 << 64) - 1, float("nan"), float("inf"), "\ud800", {"\ud800": 0}])
def test_values_without_a_form(value: Value) -> None:
    """What a block cannot carry is refused, not bent."""
    with pytest.raises(Malformed, match="cannot be written"):
        encode(value)


@pytest.mark.parametrize("opening", [b"\x81", b"\xa1\x61a"])
def test_depth(opening: bytes) -> None:
    """Lists and maps are read and written as deep as the limit; 100,000 of them are refused, not followed."""
    deepest = opening * DEEPEST + b"\0"
    value = decode(deepest)
    assert encode(value) == deepest
    for count in (DEEPEST + 1, 100_000):
        with pytest.raises(Malformed, match="nested deeper"):
            decode(opening * count + b"\0")
    with pytest.raises(Malformed, match="nested deeper"):
        encode([value])


@pytest.mark.sample(1)
@pytest.mark.parametrize("item", [0, [], Cid(LINK[5:])], ids=["numbers", "lists", "links"])
def test_largest_block(item: Value) -> None:
    """The largest block is read in one pass whatever it holds; a larger one is refused unread."""
    items = [item] * ((LARGEST_BLOCK - 5) // len(encode(item)))
    data = CountedBytes(encode(items))
    assert decode(data) == items
    assert data.copied <= len(data)
    larger = CountedBytes(LARGEST_BLOCK + 1)
    with pytest.raises(Malformed, match="larger than"):
        decode(larger)
    assert larger.copied == 0


@pytest.mark.parametrize("item", [0, [], Cid(LINK[5:]), {"a": 0}], ids=["numbers", "lists", "links", "maps"])
def test_work_grows_with_the_block(item: Value) -> None:
    """Four times as many values take four times the steps to read."""

    def _reading(count: int) -> Callable[[], object]:
        data = encode([item] * count)
        return lambda: decode(data)

    demand_even_growth(_reading, 2_000)
