from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.atproto import Cid, Malformed, blob_cid, record_as_json
from hashing.atproto.dag_cbor import encode
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
