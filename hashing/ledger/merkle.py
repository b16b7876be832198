"""Merkle trees as in RFC 6962 and RFC 9162, section 2.1: roots, and proofs that need only a few hashes.

A leaf's hash is SHA-256(0x00 ‖ data), a node's is SHA-256(0x01 ‖ left ‖ right): no leaf can pass for a node.

An inclusion proof shows that one line belongs to a ledger; a consistency proof shows that a ledger only grew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()  # The root hash of a tree without leaves.

_HASH_BYTES = 32
# Sizes from here on are nobody's; it also bounds the length of a proof to 64 hashes and the work to check one.
_LARGEST = 1 << 64


def leaf_hash(data: bytes) -> bytes:
    """Hash one leaf's data: 32 bytes."""
    return sha256(b"\x00" + data).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class MerkleTree:
    """A tree that grows leaf by leaf and keeps only the roots of its full subtrees: at most one per doubling."""

    __slots__ = ("_peaks", "_size")

    def __init__(self) -> None:
        self._peaks: list[bytes] = []
        self._size = 0

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    def copy(self) -> MerkleTree:
        """Return a tree with the same leaves, which grows by itself."""
        tree = MerkleTree()
        tree._peaks, tree._size = list(self._peaks), self._size
        return tree

    def append(self, data: bytes) -> None:
        """Add a leaf with this data."""
        # As `_add`, without its calls: a large ledger has a million lines.
        node, position, peaks = sha256(b"\x00" + data).digest(), self._size, self._peaks
        while position & 1:
            node = sha256(b"\x01" + peaks.pop() + node).digest()
            position >>= 1
        peaks.append(node)
        self._size += 1

    def root(self) -> bytes:
        """Return the root hash over all leaves so far: 32 bytes. The tree can grow on afterwards."""
        return _join(self._peaks)


def _add(peaks: list[bytes], size: int, node: bytes) -> None:
    """Add leaf number `size`: each one bit at the end of that number is a full subtree to merge with."""
    while size & 1:
        node = _node_hash(peaks.pop(), node)
        size >>= 1
    peaks.append(node)


def _join(peaks: Sequence[bytes]) -> bytes:
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for left in reversed(peaks[:-1]):
        root = _node_hash(left, root)
    return root


class Levels:
    """Every node of the tree over these leaf hashes: for a caller who wants many proofs of one ledger.

    Takes twice the memory of the leaves, and each proof then no more than a look at each level.
    """

    __slots__ = ("_levels", "size")

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.size = len(leaves)
        self._levels: list[Sequence[bytes]] = [leaves]
        while len(below := self._levels[-1]) > 1:
            above = [_node_hash(below[left], below[left + 1]) for left in range(0, len(below) - 1, 2)]
            # A last node without a sibling rises as it is: so the full subtrees stand on the left, as the RFC has them.
            self._levels.append([*above, below[-1]] if len(below) & 1 else above)

    def inclusion_proof(self, index: int) -> tuple[bytes, ...]:
        """Prove that leaf number `index` (from 0) is in the tree (RFC 9162, 2.1.3.1).

        Raises IndexError where there is no such leaf.
        """
        if not 0 <= index < self.size:
            raise IndexError(f"no leaf {index} in a tree of {self.size}")
        return tuple(self._siblings(0, index))

    def consistency_proof(self, old_size: int) -> tuple[bytes, ...]:
        """Prove that the tree begins with the tree of its first `old_size` leaves (RFC 9162, 2.1.4.1).

        The proof is empty for an old tree that was empty or is the whole tree. Raises IndexError for a size that the
        tree never had.
        """
        if not 0 <= old_size <= self.size:
            raise IndexError(f"a tree of {self.size} never had {old_size} leaves")
        if old_size in {0, self.size}:
            return ()
        level = (old_size & -old_size).bit_length() - 1
        place = (old_size >> level) - 1
        # At place 0 this last full subtree is the old tree itself, whose root the verifier has.
        last = (self._levels[level][place],) if place else ()
        return (*last, *self._siblings(level, place))

    def _siblings(self, level: int, place: int) -> Iterator[bytes]:
        """Yield the sibling of a node, and of each node above it, where there is one."""
        for nodes in self._levels[level:]:
            if place ^ 1 < len(nodes):
                yield nodes[place ^ 1]
            place >>= 1


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return one proof, as `Levels.inclusion_proof` does. Raises IndexError."""
    return Levels(leaves).inclusion_proof(index)


def consistency_proof(old_size: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return one proof, as `Levels.consistency_proof` does. Raises IndexError."""
    return Levels(leaves).consistency_proof(old_size)


def verify_inclusion(index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether `proof` shows that this leaf hash is number `index` of `size` under `root` (RFC 9162, 2.1.3.2).

    Anything else is False, however malformed: the proof may come from an adversary.
    """
    if not 0 <= index < size < _LARGEST or not _all_hashes(leaf_hash, root, *proof):
        return False
    sides = list(_sides(index, size - 1))
    if len(sides) != len(proof):
        return False
    node = leaf_hash
    for on_left, sibling in zip(sides, proof, strict=True):
        node = _node_hash(sibling, node) if on_left else _node_hash(node, sibling)
    return node == root


def verify_consistency(old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` shows that the new tree begins with the whole old one (RFC 9162, 2.1.4.2).

    Anything else is False, however malformed. Every tree begins with the empty one, which the RFC leaves out: that
    needs no proof, only the empty tree's root.
    """
    if not 0 <= old_size <= new_size < _LARGEST or not _all_hashes(old_root, new_root, *proof):
        return False
    if old_size == new_size:
        return old_root == new_root and not proof and (new_size > 0 or new_root == EMPTY_ROOT)
    if old_size == 0:
        return old_root == EMPTY_ROOT and not proof
    # RFC 9162, 2.1.4.2, steps 2 to 5: begin at the largest full subtree that ends where the old tree ends.
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    # An old size that is a power of two is one full subtree: its root is the old root and not sent again.
    path = [old_root, *proof] if position == 0 else proof
    sides = list(_sides(position, last))
    if len(path) != len(sides) + 1:
        return False
    # Steps 6 and 7: climb to both roots at once. A sibling on the left belongs to both trees, one on the right to the
    # new tree alone, since the old one ended before it.
    old = new = path[0]
    for on_left, sibling in zip(sides, path[1:], strict=True):
        if on_left:
            old, new = _node_hash(sibling, old), _node_hash(sibling, new)
        else:
            new = _node_hash(new, sibling)
    return old == old_root and new == new_root


def _all_hashes(*values: bytes) -> bool:
    return all(len(value) == _HASH_BYTES for value in values)


def _sides(position: int, last: int) -> Iterator[bool]:
    """Say for each step from a node up to the root whether its sibling stands left of it.

    `position` is the node's place on its level, `last` that of the level's last node. These are steps 4 of 2.1.3.2
    and 6 of 2.1.4.2 in RFC 9162; a proof has exactly as many hashes as there are steps.
    """
    while last:
        on_left = bool(position & 1) or position == last
        yield on_left
        while on_left and not position & 1:  # a last node without a sibling rises until it has one
            position, last = position >> 1, last >> 1
        position, last = position >> 1, last >> 1
