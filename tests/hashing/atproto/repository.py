"""A small writer of repositories: commit, tree and proofs, with any key and any records.

It shares no code with what it tests: blocks are written by libipld, and the tree is built from the definition.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import libipld

from tests.hashing.atproto.signer import Signer

DID = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"
COLLECTION = "app.bsky.feed.post"
REV = "3n32la6s6fc2x"


def cid_of(block: bytes) -> bytes:
    """Return the binary CID of a block in DAG-CBOR."""
    return b"\x01\x71\x12\x20" + hashlib.sha256(block).digest()


def varint(number: int) -> bytes:
    """Write a varint."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def write_car(roots: list[bytes], blocks: list[bytes]) -> bytes:
    """Write a CAR file."""
    sections = [libipld.encode_dag_cbor({"roots": roots, "version": 1}), *(cid_of(block) + block for block in blocks)]
    return b"".join(varint(len(section)) + section for section in sections)


def layer_of(key: bytes) -> int:
    """Count pairs of leading zero bits."""
    bits = "".join(f"{byte:08b}" for byte in hashlib.sha256(key).digest())
    return (len(bits) - len(bits.lstrip("0"))) // 2


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree, as the block of its top node and the subtrees between its keys."""

    block: bytes
    keys: tuple[bytes, ...]
    subtrees: tuple[Tree | None, ...]

    @property
    def cid(self) -> bytes:
        """The CID of the top node."""
        return cid_of(self.block)

    @property
    def blocks(self) -> list[bytes]:
        """Return the blocks of every node."""
        return [self.block, *(block for tree in self.subtrees if tree for block in tree.blocks)]

    def path(self, key: bytes) -> list[bytes]:
        """Return the blocks on the way to a key, or to where it would be."""
        smaller = sum(own < key for own in self.keys)
        below = None if key in self.keys else self.subtrees[smaller]
        return [self.block, *(below.path(key) if below else [])]


def grow(records: dict[bytes, bytes], layer: int | None = None) -> Tree:
    """Build the tree of some keys and their record CIDs."""
    if layer is None:
        layer = max(map(layer_of, records), default=0)
    keys = sorted(key for key in records if layer_of(key) == layer)
    edges = [b"", *keys, b"\xff"]
    spans = [{key: records[key] for key in records if low < key < high} for low, high in pairwise(edges)]
    subtrees = tuple(grow(span, layer - 1) if span else None for span in spans)
    return Tree(write_node(keys, records, subtrees), tuple(keys), subtrees)


def write_node(keys: list[bytes], records: dict[bytes, bytes], subtrees: tuple[Tree | None, ...]) -> bytes:
    """Write a node with its keys compressed."""
    links = [subtree.cid if subtree else None for subtree in subtrees]
    entries: list[dict[str, Any]] = []
    for last, key, right in zip([b"", *keys], keys, links[1:], strict=False):
        shared = next((i for i, (a, b) in enumerate(zip(last, key, strict=False)) if a != b), min(len(last), len(key)))
        entries.append({"p": shared, "k": key[shared:], "v": records[key], "t": right})
    return libipld.encode_dag_cbor({"l": links[0], "e": entries})


def write_commit(signer: Signer, tree: bytes, *, high_s: bool = False, **changes: Any) -> bytes:  # noqa: ANN401 (any fault)
    """Sign a commit; `changes` replace fields before it is signed, and leave out those that are `...`."""
    fields = {"did": DID, "version": 3, "data": tree, "rev": REV, "prev": None} | changes
    fields = {name: value for name, value in fields.items() if value is not ...}
    unsigned = libipld.encode_dag_cbor(fields)
    signature = signer.sign(unsigned, high_s=high_s)
    while signature.startswith(b"\x01"):  # libipld would write it as a link: it takes such bytes for a CID
        signature = signer.sign(unsigned, high_s=high_s)
    return libipld.encode_dag_cbor(fields | {"sig": signature})


@dataclass(frozen=True, slots=True)
class Repository:
    """Records under their keys (`collection/rkey`), the tree over them and the signed commit."""

    records: dict[bytes, bytes]
    tree: Tree
    commit: bytes

    def proof(self, key: bytes) -> bytes:
        """Write what a server answers for one record, present or not."""
        record = [self.records[key]] if key in self.records else []
        return write_car([cid_of(self.commit)], [self.commit, *self.tree.path(key), *record])

    def car(self) -> bytes:
        """Write the whole repository."""
        return write_car([cid_of(self.commit)], [self.commit, *self.tree.blocks, *self.records.values()])


def write_repository(signer: Signer, rkeys: set[str]) -> Repository:
    """Make a repository that holds a post under each record key."""
    records = {
        f"{COLLECTION}/{rkey}".encode(): libipld.encode_dag_cbor({"$type": COLLECTION, "text": rkey}) for rkey in rkeys
    }
    tree = grow({key: cid_of(block) for key, block in records.items()})
    return Repository(records, tree, write_commit(signer, tree.cid))
