"""The commit: a signed statement of all that a repository holds.

https://atproto.com/specs/repository#commit-objects
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hashing.atproto.cid import Cid
from hashing.atproto.dag_cbor import decode, encode
from hashing.atproto.errors import Malformed

if TYPE_CHECKING:
    from hashing.atproto.multikey import AtprotoKey

REPOSITORY_VERSION = 3

_FIELDS = {"did", "version", "data", "rev", "prev", "sig"}
# https://atproto.com/specs/tid: base32-sortable, 64 bits, of which the highest is 0.
_TID = re.compile(r"[234567a-j][234567a-z]{12}")
# r and s of ECDSA side by side, 32 bytes each.
_SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit as read. Nothing in it can be trusted before `verify` has returned."""

    did: str
    rev: str  # The revision: the server's own clock, written as a TID. It is claimed.
    data: Cid  # The root of the tree.
    signature: bytes  # 64 bytes, r and s.
    signed: bytes  # The bytes that are signed: the commit without its signature.

    def verify(self, key: AtprotoKey) -> None:
        """Check the signature. Raises NotProven."""
        key.verify(self.signature, self.signed, "the commit")


def read_commit(block: bytes) -> Commit:
    """Read the block of a commit.

    Raises Malformed for one of another version, and for one with fields missing, added or of other types.
    """
    fields = decode(block)
    if not isinstance(fields, dict) or fields.keys() != _FIELDS:
        raise Malformed("a block is not a commit: it has other fields than it must")
    # Exactly these fields (checked above) of exactly these types: the signature is over all of them, so one that was
    # dropped here would be signed and unseen.
    match fields:
        case {
            "did": str(did),
            "version": int(version),
            "data": Cid() as data,
            "rev": str(rev),
            "prev": Cid() | None,
            "sig": bytes(signature),
        }:
            pass
        case _:
            raise Malformed("a block is not a commit: a field is of another type than it must be")
    if version != REPOSITORY_VERSION:
        raise Malformed(f"a commit of version {version}, not {REPOSITORY_VERSION}")
    if not _TID.fullmatch(rev):
        raise Malformed(f"a commit whose revision is no TID: {rev[:140]!r}")
    if len(signature) != _SIGNATURE_BYTES:
        raise Malformed(f"a commit whose signature has {len(signature)} bytes, not {_SIGNATURE_BYTES}")
    # Reading is strict, so writing the fields again gives the very bytes that were signed.
    signed = encode({name: value for name, value in fields.items() if name != "sig"})
    return Commit(did=did, rev=rev, data=data, signature=signature, signed=signed)
