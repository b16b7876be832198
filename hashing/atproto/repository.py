"""A whole repository, as `com.atproto.sync.getRepo` serves it in one CAR file: which records it holds.

https://atproto.com/specs/repository. The file is read where it lies: what is held in memory is where each block stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from hashing.atproto.car import read_header
from hashing.atproto.cid import CID_BYTES, Cid, read_varint
from hashing.atproto.commit import read_commit
from hashing.atproto.dag_cbor import LARGEST_BLOCK
from hashing.atproto.errors import Malformed, NotProven
from hashing.atproto.mst import read_node
from hashing.atproto.record_json import read_record

MOST_BLOCKS = 500_000  # Blocks of one repository that are looked at; each takes about 200 bytes of memory.
# Bytes, as in `cid.py`.
_LONGEST_VARINT = 9


@dataclass(slots=True)
class Repository:
    """The records of a CAR file. Nothing in it is proven: no signature is checked, and a key may be withheld."""

    file: BinaryIO
    # Where each block begins in the file, and its length, by the SHA-256 in its CID.
    _places: dict[bytes, tuple[int, int]] = field(default_factory=dict)

    def records(self) -> Iterator[tuple[str, Cid]]:
        """Yield `collection/rkey` and the CID of each record, in the descending order of the keys.

        Raises Malformed for bytes that are no such file and where it has more than MOST_BLOCKS, NotProven for a block
        that is missing or does not hash to its CID; what was yielded before stands.
        """
        # 1. Where each block stands.
        root = self._index()
        # 2. The tree that the commit names, without recursion: what is on top of the stack comes next.
        waiting: list[Cid | tuple[bytes, Cid]] = [read_commit(self._block(root)).data]
        while waiting:
            top = waiting.pop()
            if isinstance(top, tuple):
                yield top[0].decode("ascii", "replace"), top[1]
                continue
            node = read_node(self._block(top))
            waiting += [node.left] if node.left is not None else []
            for entry in node.entries:
                waiting.append((entry.key, entry.record))
                waiting += [entry.right] if entry.right is not None else []

    def record(self, cid: Cid) -> object:
        """Return a record as JSON. Raises Malformed, NotProven."""
        return read_record(self._block(cid)).value

    def _index(self) -> Cid:
        """Note where each block stands; return the CID of the commit."""
        root, at = None, 0
        while head := self._read(at, _LONGEST_VARINT):
            # The first section is the header with the root; every other one is a CID and its block.
            size, length = read_varint(head, 0)
            at += length
            if root is None:
                root = read_header(self._read(at, size) if size <= LARGEST_BLOCK else b"")
            elif len(self._places) == MOST_BLOCKS:
                raise Malformed(f"a repository of more than {MOST_BLOCKS:,} blocks")
            else:
                cid = Cid(self._read(at, CID_BYTES))
                self._places[cid.digest] = (at + CID_BYTES, size - CID_BYTES)
            at += size
        if root is None:
            raise Malformed("an empty file is no repository")
        return root

    def _block(self, cid: Cid) -> bytes:
        at, size = self._places.get(cid.digest, (0, 0))
        if not 0 < size <= LARGEST_BLOCK:
            raise NotProven(f"block {cid} is missing from the CAR file, or larger than {LARGEST_BLOCK} bytes")
        block = self._read(at, size)
        if hashlib.sha256(block).digest() != cid.digest:
            raise NotProven(f"a block does not hash to its CID {cid}")
        return block

    def _read(self, at: int, size: int) -> bytes:
        self.file.seek(at)
        return self.file.read(size)
