from __future__ import annotations

from typing import Any

import libipld
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.atproto import AtprotoError, Cid, Malformed, NotProven
from hashing.atproto.car import read_car
from tests.hashing.atproto.repository import cid_of, varint, write_car
from tests.hashing.atproto.vectors import FOLDER

BLOCK = libipld.encode_dag_cbor({"a": 1})
CID = cid_of(BLOCK)


def _section(data: bytes) -> bytes:
    return varint(len(data)) + data


def _header(**fields: Any) -> bytes:  # noqa: ANN401 (any fault)
    return _section(libipld.encode_dag_cbor(fields))


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.car")))
def test_recorded_files(name: str) -> None:
    """Recorded files hold the blocks that libipld finds in them."""
    data = (FOLDER / name).read_bytes()
    header, blocks = libipld.decode_car(data)
    car = read_car(data)
    assert car.root.raw == header["roots"][0]
    assert {cid.raw: libipld.decode_dag_cbor(block) for cid, block in car.blocks.items()} == blocks


@given(blocks=st.lists(st.binary(max_size=50)))
def test_any_blocks(blocks: list[bytes]) -> None:
    """Any blocks are found under their CIDs."""
    car = read_car(write_car([CID], blocks))
    assert dict(car.blocks) == {Cid(cid_of(block)): block for block in blocks}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "too early"),
        (_header(roots=[], version=1), "not the header"),
        (_header(roots=[CID], version=2), "not the header"),
        (_header(roots=[CID], version=True), "not the header"),
        (_header(roots=[CID], version=1.0), "not the header"),
        (_header(roots=[CID]), "not the header"),
        (_header(roots=CID, version=1), "not the header"),
        (_header(roots=["bafy"], version=1), "not the header"),
        (_header(roots=[CID, "bafy"], version=1), "not the header"),
        (_header(roots=[CID], version=1, extra=0), "not the header"),
        (_section(b"\xa0\0"), "too many"),
        (_section(b"\xa2\x65roots\x80\x65roots\x80"), "there twice"),
        (write_car([CID], []) + b"\0", "empty or cut off"),
        (write_car([CID], [BLOCK])[:-1], "empty or cut off"),
        (write_car([CID], []) + b"\xff" * 20, "does not end"),
        (write_car([CID], []) + b"\xff" * 8 + b"\x7f", "empty or cut off"),
        (write_car([CID], []) + b"\x81\x00", "longer than it need be"),
        (write_car([CID], []) + _section(CID[:35]), "digest has not the length"),
        (write_car([CID], []) + _section(b"\x12\x20" + CID[4:]), "forms|version 0 or 1|version 1"),
        (write_car([CID], []) + _section(b"\x01\x70" + CID[2:] + BLOCK), "digest|not of the forms"),
        (write_car([CID], []) + _section(b"\x01\x70\x12\x20" + CID[4:]), "not of the forms"),
    ],
)
def test_no_such_file(data: bytes, reason: str) -> None:
    """Bytes that are no CAR file of version 1 with blessed CIDs are refused as malformed."""
    with pytest.raises(Malformed, match=reason):
        read_car(data)


@pytest.mark.parametrize("codec", [0x55, 0x71])
def test_block_under_a_wrong_name(codec: int) -> None:
    """A block that does not hash to its CID is refused, whether anything leads to it or not."""
    cid = bytes([0x01, codec]) + CID[2:]
    assert read_car(write_car([CID], []) + _section(cid + BLOCK)).blocks == {Cid(cid): BLOCK}
    with pytest.raises(NotProven, match="does not hash to its CID"):
        read_car(write_car([CID], [BLOCK]) + _section(cid + BLOCK + b"\0"))


@given(data=st.binary(max_size=200), after=st.booleans())
def test_hostile_bytes(data: bytes, after: bool) -> None:
    """Any bytes, alone or after a good header, give blocks that hash to their CIDs or an error of ours."""
    try:
        car = read_car(write_car([CID], [BLOCK]) * after + data)
    except AtprotoError:
        return
    assert all(Cid(cid.raw[:4] + cid_of(block)[4:]) == cid for cid, block in car.blocks.items())
