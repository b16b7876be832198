from __future__ import annotations

import hashlib

import libipld
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.atproto import Cid, Malformed, blob_cid

# Of the empty tree, as every implementation of the protocol has it.
EMPTY_TREE = bytes.fromhex("a2616580616cf6")
EMPTY_TREE_CID = "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm"


def test_empty_tree() -> None:
    """The CID of the empty tree is the one that is known for it."""
    assert str(Cid.of_dag_cbor(EMPTY_TREE)) == EMPTY_TREE_CID
    assert Cid.parse(EMPTY_TREE_CID) == Cid.of_dag_cbor(EMPTY_TREE)


@given(digest=st.binary(min_size=32, max_size=32))
def test_blob(digest: bytes) -> None:
    """A blob's CID is made from its SHA-256 in either form, reads back, and is the one that libipld writes."""
    text = blob_cid(digest)
    assert text == blob_cid(digest.hex()) == libipld.encode_cid(b"\x01\x55\x12\x20" + digest)
    cid = Cid.parse(text)
    assert (cid.digest, cid.is_blessed, cid.is_dag_cbor) == (digest, True, False)


@pytest.mark.parametrize("sha256", [b"", b"1" * 31, "00", "zz" * 32, "é", "0" * 63])
def test_no_sha256(sha256: bytes | str) -> None:
    """What is no SHA-256 has no CID."""
    with pytest.raises(Malformed, match="SHA-256"):
        blob_cid(sha256)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "b",
        EMPTY_TREE_CID.upper(),
        EMPTY_TREE_CID.replace("bafy", "bAfy"),
        EMPTY_TREE_CID + "=",
        EMPTY_TREE_CID + "a",
        EMPTY_TREE_CID[:-1],
        EMPTY_TREE_CID[:-1] + "n",
        "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n",
        "zdpuAyvkgEDQm9TenwGkd5eNaosSxjgEYd8QatfPetgB1CdEZ",
        "bafkqaaa",
        "bé",
        "b\ud800",
        libipld.encode_cid(b"\x01\x70\x12\x20" + bytes(32)),
        libipld.encode_cid(b"\x01\x55\x13\x40" + bytes(64)),
    ],
)
def test_other_forms(text: str) -> None:
    """Other versions, bases, codecs and hashes, and other ways to write the same CID are refused."""
    with pytest.raises(Malformed):
        Cid.parse(text)


@given(text=st.text(max_size=70))
def test_any_text(text: str) -> None:
    """Any text is refused, or is the one way to write a CID."""
    try:
        assert str(Cid.parse(text)) == text
    except Malformed:
        return


@pytest.mark.parametrize("size", [20, 64, 0])
def test_other_links_are_carried(size: int) -> None:
    """A link with another hash is kept as it is, and known as one that cannot be followed."""
    cid = Cid(bytes([0x01, 0x55, 0x00, size]) + bytes(size))
    assert (cid.is_blessed, cid.is_dag_cbor, str(cid)) == (False, False, libipld.encode_cid(cid.raw))


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x01", b"\x12\x20" + bytes(31), b"\x01\x55\x12\x20" + bytes(31), b"\x01\x55\x00\x81\x01" + bytes(129)],
)
def test_no_cid(raw: bytes) -> None:
    """Bytes that are no CID are refused."""
    with pytest.raises(Malformed):
        Cid(raw)


def test_hashes_what_it_names() -> None:
    """A CID carries the SHA-256 of the bytes that it names."""
    assert Cid.of_dag_cbor(b"x").digest == hashlib.sha256(b"x").digest()


def test_a_link_of_version_0_is_carried() -> None:
    """A link to a file of IPFS by its old name is written in base58, and is none of the blessed forms."""
    cid = Cid(b"\x12\x20" + hashlib.sha256(b"").digest())
    assert str(cid) == "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"
    assert not cid.is_blessed
