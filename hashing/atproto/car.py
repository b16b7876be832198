"""CAR files (https://ipld.io/specs/transport/car/carv1/): blocks, each under its CID, in one stream.

`com.atproto.sync.getRecord` answers one with the signed commit, the path through the tree and the record, if there is
one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hashing.atproto.cid import CID_BYTES, Cid, read_varint
from hashing.atproto.dag_cbor import decode
from hashing.atproto.errors import Malformed, NotProven

LARGEST_CAR = 8 << 20  # Bytes. A proof has a few thousand, and one record of 1 MB at the most.


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """The blocks of a CAR file, each of which hashes to its CID, and the root that comes first."""

    root: Cid
    blocks: Mapping[Cid, bytes]

    def block(self, cid: Cid, what: str) -> bytes:
        """Return the bytes that `cid` names. Raises NotProven where they are not in the file."""
        if cid not in self.blocks:
            raise NotProven(f"{what} {cid} is missing from the CAR file")
        return self.blocks[cid]


def read_car(data: bytes) -> Car:
    """Read a CAR file of version 1 and hash every block.

    Blocks that lead nowhere and blocks that are there twice are allowed, as the standard has it. Of several roots the
    first counts: the AT Protocol gives the others no meaning. Raises Malformed for bytes that are no such file, for one
    over LARGEST_CAR and for CIDs of other than the blessed forms, NotProven for a block that does not hash to its CID.
    """
    if len(data) > LARGEST_CAR:
        raise Malformed(f"a CAR file of {len(data)} bytes is larger than {LARGEST_CAR}")
    sections = _sections(data)
    root = read_header(next(sections, b""))
    blocks: dict[Cid, bytes] = {}
    for section in sections:
        # Every block is hashed, also those that no way leads to: from here on a CID in `blocks` names its bytes, and
        # nothing that follows a link has to hash again.
        cid, block = Cid(section[:CID_BYTES]), section[CID_BYTES:]
        if not cid.is_blessed:
            raise Malformed(f"a block is named by {cid}, which is not of the forms that the AT Protocol uses")
        if hashlib.sha256(block).digest() != cid.digest:
            raise NotProven(f"a block does not hash to its CID {cid}")
        blocks[cid] = block
    return Car(root=root, blocks=blocks)


def _sections(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size, at = read_varint(data, at)
        if not 0 < size <= len(data) - at:
            raise Malformed(f"a section at byte {at} of a CAR file is empty or cut off")
        yield data[at : at + size]
        at += size


def read_header(section: bytes) -> Cid:
    """Return the first root that the first section of a CAR file names. Raises Malformed."""
    match decode(section):
        case {"version": int(version), "roots": [Cid() as root, *others], **rest} if (
            (version, type(version)) == (1, int) and not rest and all(isinstance(other, Cid) for other in others)
        ):
            return root
    raise Malformed("not the header of a CAR file of version 1 with a root")
