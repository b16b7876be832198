from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.atproto import Cid, Malformed, blob_cid
from hashing.atproto.dag_cbor import decode, encode, without_deep_parts
from hashing.atproto.record_json import read_record, record_as_json
from tests.hashing.atproto.vectors import FOLDER, vector


@pytest.mark.parametrize("name", ["images", "reply"])
def test_recorded_records(name: str) -> None:
    """A proven record is the one that the server answered in JSON."""
    expected = vector(name)
    block = expected.verify(expected.car).record
    assert block is not None
    assert record_as_json(block) == json.loads((FOLDER / f"{name}.getRecord.json").read_text())["value"]


def test_photos_are_named() -> None:
    """The CID by which a recorded post names its photo is that of the photo's SHA-256."""
    value = json.loads((FOLDER / "images.getRecord.json").read_text())["value"]
    link = value["embed"]["images"][0]["image"]["ref"]["$link"]
    assert blob_cid(Cid.parse(link).digest) == link


def test_links_and_bytes() -> None:
    """Links and bytes, even those that look like links, have the JSON form of the specification."""
    cid, data = (
        "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",
        "nFERjvLLiw9qm45JrqH9QTzyC2Lu1Xb4ne6+sBrCzI0",
    )
    link, raw = Cid.parse(cid), base64.b64decode(f"{data}=")
    assert record_as_json(encode({"link": [link], "bytes": raw, "rest": [None, True, -1, 0.5, "ü"]})) == {
        "link": [{"$link": cid}],
        "bytes": {"$bytes": data},
        "rest": [None, True, -1, 0.5, "ü"],
    }
    assert "$bytes" in record_as_json(encode(link.raw))


@given(block=st.binary(max_size=60))
def test_hostile_bytes(block: bytes) -> None:
    """Any bytes give something that JSON can carry, or an error of ours."""
    try:
        value = record_as_json(block)
    except Malformed:
        return
    assert json.loads(json.dumps(value)) == value


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def trimmed(value: Any, deepest: int) -> Any:  # noqa: ANN401 - any value
    """Put None in the place of what is nested too deeply, by recursion."""
    if isinstance(value, dict):
        return {name: trimmed(each, deepest - 1) for name, each in value.items()} if deepest else None
    if isinstance(value, list):
        return [trimmed(each, deepest - 1) for each in value] if deepest else None
    return value


@given(VALUES, st.integers(0, 6))
def test_what_is_nested_too_deeply_alone_is_left_out(value: Any, deepest: int) -> None:  # noqa: ANN401 - any value
    """Null stands in the place of each list and map below a depth; all else is as it was."""
    assert decode(without_deep_parts(encode(value), deepest)) == trimmed(value, deepest)


@given(st.binary(max_size=100))
def test_any_bytes_lose_their_deep_parts_or_are_told_off(block: bytes) -> None:
    """No bytes raise anything but an error of ours, however deep they claim to go."""
    for data in (block, b"\x81" * 200 + block, b"\xa1\x61a" * 200 + block, b"\x9b" + b"\x7f" * 8 + block):
        with suppress(Malformed):
            without_deep_parts(data, 3)
        with suppress(Malformed):
            read_record(data)


def test_a_record_of_any_depth_is_read() -> None:
    """Half a million levels take no recursion; the fields beside them are read."""
    block = b"\xa2\x61x" + b"\x81" * 500_000 + b"\x01\x64text\x64said"
    record = read_record(block)
    assert (record.value["text"], record.whole) == ("said", False)
