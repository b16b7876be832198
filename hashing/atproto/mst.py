"""The Merkle search tree of a repository: record paths to record CIDs.

https://atproto.com/specs/repository#mst-structure

The layer of a key is set by its own hash, so that the same records always give the same tree, and a key has one place
only where it can be.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hashing.atproto.cid import Cid
from hashing.atproto.dag_cbor import Value, decode
from hashing.atproto.errors import Malformed, NotProven

if TYPE_CHECKING:
    from hashing.atproto.car import Car

LONGEST_KEY = 1024  # Bytes; collection and record key have 830 at the most.


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a node with its record, and the subtree of the keys between it and the next one."""

    key: bytes
    record: Cid
    right: Cid | None


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its entries in the order of their keys, and the subtree of the keys before the first."""

    left: Cid | None
    entries: tuple[Entry, ...]

    @property
    def layer(self) -> int | None:
        """The layer of its keys; None where it has none."""
        return key_layer(self.entries[0].key) if self.entries else None

    @property
    def is_leaf(self) -> bool:
        """Whether it has no subtree."""
        return self.left is None and all(entry.right is None for entry in self.entries)


def key_layer(key: bytes) -> int:
    """Return the layer that a key belongs to: half the number of leading zero bits of its SHA-256, rounded down."""
    digest = int.from_bytes(hashlib.sha256(key).digest())
    return (256 - digest.bit_length()) // 2


def find_record(car: Car, root: Cid, key: bytes) -> Cid | None:
    """Walk from the root to where `key` is, or would be: return the CID of its record, or None where it has none.

    Every node on the way is checked: the order, the compression and the layer of its keys, that they lie in the range
    its parent gives it, that no layer is skipped. Nodes off the way are not looked at: their hashes stand in those that
    are. Raises Malformed for a node that is none, NotProven for one that is missing or is not where it belongs.
    """
    least, limit = b"", b""  # every key is greater than the empty one, which stands for "no limit" at the other end
    cid: Cid | None = root
    layer: int | None = None
    while cid is not None:
        # 1. The node is where its parent says, in the layer below, and all its keys lie between those beside the link
        # to it. Without this a server could hide a record by hanging its subtree in the wrong place.
        node = read_node(car.block(_node_link(cid), "tree node"))
        layer = _check_layer(node, cid, layer)
        if any(entry.key <= least or (limit and entry.key >= limit) for entry in node.entries):
            raise NotProven(f"tree node {cid} holds a key outside of its range")
        # 2. Go down between the last key that is smaller and the first that is greater: only there can `key` be.
        cid, layer = node.left, layer - 1
        for entry in node.entries:
            if entry.key == key:
                return entry.record
            if entry.key > key:
                limit = entry.key
                break
            cid, least = entry.right, entry.key
    return None


def _check_layer(node: Node, cid: Cid, expected: int | None) -> int:
    """Return the layer of a node, which is the one `expected`, or for the root (None) that of its keys."""
    # An empty node is the root of an empty tree, or leads down past a layer without keys; nothing else.
    if not node.entries and (expected is None) != (node.left is None):
        raise NotProven(f"tree node {cid} is empty where none may be")
    # Keys name their layer by their own hashes, so a node cannot claim to be in another one.
    layer = node.layer
    if layer is None:
        layer = expected or 0
    if expected not in (None, layer):
        raise NotProven(f"tree node {cid} holds keys of layer {layer}, not {expected}")
    if layer == 0 and not node.is_leaf:
        raise NotProven(f"tree node {cid} has a subtree below the lowest layer")
    return layer


def read_node(block: bytes) -> Node:
    """Read the block of a node, whose keys are in order and of one layer. Raises Malformed."""
    match decode(block):
        case {"l": (Cid() | None) as left, "e": list(items), **rest} if not rest:
            entries: list[Entry] = []
            for item in items:
                entries.append(_read_entry(item, entries[-1].key if entries else b""))
        case _:
            raise Malformed("a block is not a tree node")
    if len({key_layer(entry.key) for entry in entries}) > 1:
        raise Malformed("a tree node holds keys of several layers")
    return Node(left, tuple(entries))


def _read_entry(item: Value, last: bytes) -> Entry:
    match item:
        case {"p": int(shared), "k": bytes(suffix), "v": Cid() as record, "t": (Cid() | None) as right, **rest} if (
            not rest and not isinstance(shared, bool)
        ):
            pass
        case _:
            raise Malformed("a block is not a tree node: an entry has other fields than it must")
    if not 0 <= shared <= len(last) or shared + len(suffix) > LONGEST_KEY:
        raise Malformed("a key in a tree node shares more than there is, or is too long")
    # Keys are compressed against the one before. Each node has one encoding only: the same records must give the same
    # root.
    key = last[:shared] + suffix
    if key <= last:
        raise Malformed("a key in a tree node is empty, out of order, or there twice")
    if last[shared : shared + 1] == suffix[:1]:
        raise Malformed("a key in a tree node shares less with the one before than it could")
    return Entry(key, record, right)


def _node_link(cid: Cid) -> Cid:
    if not cid.is_dag_cbor:
        raise Malformed(f"a tree node is named by {cid}, which is not of the form that the AT Protocol uses")
    return cid
