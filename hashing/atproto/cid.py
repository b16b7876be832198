"""Content identifiers (https://github.com/multiformats/cid): a name for bytes that is made from their hash.

What the AT Protocol calls the blessed forms are those of version 1 with SHA-256 over raw bytes (a photo, a video) or
over DAG-CBOR (records, commits, tree nodes), written in base32. A record may link to others, also by version 0; they
are carried, never followed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from hashing.atproto.base58 import encode_base58
from hashing.atproto.errors import Malformed

# Unsigned varints (https://github.com/multiformats/unsigned-varint): seven bits a byte, nine bytes at the most.
_LONGEST = 9
_MORE = 0x80

CID_BYTES = 36  # Length of a blessed CID in bytes: four that say what it is, 32 of SHA-256.

# Version 1, the codec (0x55 raw, 0x71 dag-cbor), and a SHA-256 (0x12) of 32 bytes: the "blessed" forms of the AT
# Protocol. Version 0 is a bare SHA-256 multihash.
_RAW = bytes([0x01, 0x55, 0x12, 0x20])
_DAG_CBOR = bytes([0x01, 0x71, 0x12, 0x20])
_SHA_256 = bytes([0x12, 0x20])
_VERSION_0_BYTES = 34
_VERSION = 1
_LONGEST_DIGEST = 128
_BASE32 = "b"


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Read the number that starts at offset `at`; return it, and the offset after it.

    Raises Malformed where the bytes end in it, where it has more than nine bytes, and where fewer would have done.
    """
    number = 0
    for index, byte in enumerate(data[at : at + _LONGEST]):
        number |= (byte & ~_MORE) << (7 * index)
        if byte < _MORE:
            if byte == 0 and index > 0:
                raise Malformed(f"a varint at byte {at} is longer than it need be")
            return number, at + index + 1
    raise Malformed(f"a varint at byte {at} does not end")


@dataclass(frozen=True, slots=True)
class Cid:
    """One CID, in its binary form; prints in base32, one of version 0 in base58.

    Raises Malformed where the bytes are none.
    """

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != CID_BYTES or self.raw[:4] not in (_RAW, _DAG_CBOR):
            _check_structure(self.raw)

    def __str__(self) -> str:
        if _is_version_0(self.raw):
            return encode_base58(self.raw)
        return _BASE32 + base64.b32encode(self.raw).decode().rstrip("=").lower()

    @property
    def is_dag_cbor(self) -> bool:
        """Whether it names a record, a commit or a tree node in the blessed form."""
        return len(self.raw) == CID_BYTES and self.raw.startswith(_DAG_CBOR)

    @property
    def is_blessed(self) -> bool:
        """Whether it names raw bytes or DAG-CBOR by their SHA-256."""
        return len(self.raw) == CID_BYTES and self.raw[:4] in (_RAW, _DAG_CBOR)

    @property
    def digest(self) -> bytes:
        """The 32 bytes of SHA-256 in a blessed CID."""
        return self.raw[4:]

    @classmethod
    def of_dag_cbor(cls, block: bytes) -> Cid:
        """Name a record, a commit or a tree node."""
        return cls(_DAG_CBOR + hashlib.sha256(block).digest())

    @classmethod
    def parse(cls, text: str) -> Cid:
        """Read a blessed CID from base32, in lower case and without padding. Raises Malformed for any other form."""
        try:
            raw = base64.b32decode(text[1:].upper() + "=" * (-(len(text) - 1) % 8))
        except (binascii.Error, ValueError) as error:
            raise Malformed(f"{text[:140]!r} is not a CID in base32") from error
        cid = cls(raw)
        # Written again and compared: base32 has spare bits at its end, so several texts would decode to these bytes.
        if not cid.is_blessed or str(cid) != text:
            raise Malformed(f"{text[:140]!r} is not a CID of the forms that the AT Protocol uses")
        return cid


def blob_cid(sha256: bytes | str) -> str:
    """Return the CID of a blob (a photo, a video) whose SHA-256 is known, as 32 bytes or 64 hexadecimal digits.

    A record names its blobs by it, so a file that was hashed when it arrived is checked without being read again. It
    says nothing of who made the file: anyone can name any file in a record. Raises Malformed for what is no SHA-256.
    """
    try:
        digest = bytes.fromhex(sha256) if isinstance(sha256, str) else sha256
    except ValueError as error:
        raise Malformed(f"{sha256[:140]!r} is not a SHA-256 value in hexadecimal") from error
    if len(digest) != hashlib.sha256().digest_size:
        raise Malformed(f"a SHA-256 value has 32 bytes, not {len(digest)}")
    return str(Cid(_RAW + digest))


def _is_version_0(raw: bytes) -> bool:
    return len(raw) == _VERSION_0_BYTES and raw.startswith(_SHA_256)


def _check_structure(raw: bytes) -> None:
    if _is_version_0(raw):
        return
    version, at = read_varint(raw, 0)
    if version != _VERSION:
        raise Malformed(f"not a CID of version 0 or 1: {raw[:CID_BYTES].hex()}")
    _codec, at = read_varint(raw, at)
    _algorithm, at = read_varint(raw, at)
    length, at = read_varint(raw, at)
    if length > _LONGEST_DIGEST or len(raw) - at != length:
        raise Malformed(f"a CID whose digest has not the length it states: {raw[:CID_BYTES].hex()}")
