"""Trees and proofs, against the vectors that Certificate Transparency's implementations are tested with.

Vectors: github.com/transparency-dev/merkle, proof/verify_test.go, originally of google/certificate-transparency.
"""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.ledger import merkle
from hashing.ledger.merkle import (
    EMPTY_ROOT,
    Levels,
    MerkleTree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Proof = Sequence[bytes]

DATA = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
INCLUSION = {  # (index from 0, size)
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {  # (old size, new size)
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 7): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
LEAVES = [leaf_hash(data) for data in DATA]
OTHER = sha256(b"some other hash").digest()

SIZES = st.integers(1, 70)


def _leaves_of(size: int) -> list[bytes]:
    return [leaf_hash(b"%d" % number) for number in range(size)]


def _recursive_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    half = _largest_power_below(len(leaves))
    return sha256(b"\x01" + _recursive_root(leaves[:half]) + _recursive_root(leaves[half:])).digest()


def _flipped(proof: Proof) -> Iterator[list[bytes]]:
    """Every proof that differs in one bit."""
    for place, value in enumerate(proof):
        for bit in range(len(value) * 8):
            changed = bytearray(value)
            changed[bit // 8] ^= 1 << bit % 8
            yield [*proof[:place], bytes(changed), *proof[place + 1 :]]


def _misshapen(proof: Proof, *roots: bytes) -> Iterator[list[bytes]]:
    """Proofs with something too much or too little, as the published tests build them."""
    for extra in (b"", b"short", OTHER, OTHER + b"\x00", *roots, *proof):
        yield [*proof, extra]
        yield [extra, *proof]
    for place in range(len(proof)):
        yield [*proof[:place], *proof[place + 1 :]]
        yield [*proof[:place], b"", *proof[place + 1 :]]
    if len(proof) > 1:
        yield [*proof[1:], proof[0]]


def _largest_power_below(size: int) -> int:
    half = 1
    while half * 2 < size:
        half *= 2
    return half


def _path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 9162, section 2.1.3.1, word for word."""
    if len(leaves) == 1:
        return []
    half = _largest_power_below(len(leaves))
    if index < half:
        return [*_path(index, leaves[:half]), _recursive_root(leaves[half:])]
    return [*_path(index - half, leaves[half:]), _recursive_root(leaves[:half])]


def _subproof(old: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 9162, section 2.1.4.1, word for word."""
    if old == len(leaves):
        return [] if whole else [_recursive_root(leaves)]
    half = _largest_power_below(len(leaves))
    if old <= half:
        return [*_subproof(old, leaves[:half], whole=whole), _recursive_root(leaves[half:])]
    return [*_subproof(old - half, leaves[half:], whole=False), _recursive_root(leaves[:half])]


@contextmanager
def _counted_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Note the size of everything that is hashed meanwhile."""
    hashed: list[int] = []

    def _noted(data: bytes) -> object:
        hashed.append(len(data))
        return sha256(data)

    with monkeypatch.context() as patch:
        patch.setattr(merkle, "sha256", _noted)
        yield hashed


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    """The roots for every size are those that Certificate Transparency publishes."""
    tree = MerkleTree()
    for data in DATA[:size]:
        tree.append(data)
    assert tree.root() == _recursive_root(LEAVES[:size]) == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_published_inclusion_proofs(index: int, size: int) -> None:
    """The published inclusion proofs are made, and accepted."""
    proof = inclusion_proof(index, LEAVES[:size])
    assert [value.hex() for value in proof] == INCLUSION[index, size]
    assert verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size])


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_published_consistency_proofs(old: int, new: int) -> None:
    """The published consistency proofs are made, and accepted."""
    proof = consistency_proof(old, LEAVES[:new])
    assert [value.hex() for value in proof] == CONSISTENCY[old, new]
    assert verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_corrupt_inclusion_proofs(index: int, size: int) -> None:
    """Another index, size, leaf or root, a changed bit, and hashes too many or too few are refused."""
    proof = inclusion_proof(index, LEAVES[:size])
    leaf, root = LEAVES[index], ROOTS[size]
    for other_index, other_size in [
        (index - 1, size),
        (index + 1, size),
        (index ^ 2, size),
        (index, size * 2),
        (index, size // 2),
        (-1, size),
        (index, 0),
        (index, -size),
        (index, 1 << 64),
        (1 << 70_000, 1 << 80_000),
    ]:
        assert not verify_inclusion(other_index, other_size, leaf, proof, root)
    for other in (b"", b"WrongLeaf", EMPTY_ROOT, OTHER, root + b"\x00"):
        assert not verify_inclusion(index, size, other, proof, root)
        assert not verify_inclusion(index, size, leaf, proof, other)
    for changed in (*_flipped(proof), *_misshapen(proof, leaf, root)):
        assert not verify_inclusion(index, size, leaf, changed, root)


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_corrupt_consistency_proofs(old: int, new: int) -> None:
    """Other sizes, other or swapped roots, a changed bit, and hashes too many or too few are refused."""
    proof = consistency_proof(old, LEAVES[:new])
    before, after = ROOTS[old], ROOTS[new]
    sizes = [(old - 1, new), (old + 1, new), (old ^ 2, new), (-old, new), (old, -new), (old, 0), (old, 1 << 64)]
    if proof:
        sizes += [(old, new * 2), (old, new // 2), (new, old)]
        assert not verify_consistency(old, new, after, before, proof)
        assert not verify_consistency(old, new, before, after, [])
    for other_old, other_new in sizes:
        assert not verify_consistency(other_old, other_new, before, after, proof)
    for other in (b"", b"WrongRoot", EMPTY_ROOT, OTHER):
        assert not verify_consistency(old, new, other, after, proof)
        assert not verify_consistency(old, new, before, other, proof)
    for changed in (*_flipped(proof), *_misshapen(proof, before, after)):
        assert not verify_consistency(old, new, before, after, changed)


def test_shifted_boundary() -> None:
    """Two hashes whose bytes are cut at another place, so that they hash alike side by side, are refused."""
    first, *rest = inclusion_proof(0, LEAVES)
    assert verify_inclusion(0, 8, LEAVES[0], [first, *rest], ROOTS[8])
    assert not verify_inclusion(0, 8, LEAVES[0] + first[:1], [first[1:], *rest], ROOTS[8])


def test_endless_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof of a million hashes is refused before one of them is hashed."""
    flood = [OTHER] * 1_000_000
    with _counted_hashes(monkeypatch) as hashed:
        assert not verify_inclusion(0, (1 << 64) - 1, OTHER, flood, OTHER)
        assert not verify_consistency(1, (1 << 64) - 1, OTHER, ROOTS[8], flood)
    assert hashed == []


@pytest.mark.parametrize("proof", [[], [EMPTY_ROOT]])
@pytest.mark.parametrize("size", [0, 1, 8])
def test_consistency_with_nothing(size: int, proof: Proof) -> None:
    """Every tree begins with the empty tree: that takes its root and no proof."""
    assert verify_consistency(0, size, EMPTY_ROOT, ROOTS[size], proof) is (not proof)
    assert not verify_consistency(0, size, OTHER, ROOTS[size], proof)
    assert consistency_proof(0, LEAVES[:size]) == ()


def test_two_roots_for_nothing() -> None:
    """A tree without leaves has one root only."""
    assert not verify_consistency(0, 0, OTHER, OTHER, [])
    assert not verify_consistency(0, 0, EMPTY_ROOT, OTHER, [])


@pytest.mark.parametrize("index", [-1, 8, 1 << 40])
def test_no_proof_of_a_missing_leaf(index: int) -> None:
    """A proof for a leaf or a size that the tree does not have is a caller's mistake."""
    with pytest.raises(IndexError, match="no leaf"):
        inclusion_proof(index, LEAVES)
    with pytest.raises(IndexError, match="never had"):
        consistency_proof(index if index != 8 else 9, LEAVES)


def test_node_cannot_pass_for_a_leaf() -> None:
    """The bytes of two hashes, given as a leaf, do not hash to their parent (second preimage)."""
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != ROOTS[2]


@given(st.lists(st.binary(max_size=40), max_size=80))
def test_tree_is_the_recursive_definition(data: list[bytes]) -> None:
    """After each leaf the root is that of the RFC's recursive definition, and asking for it changes nothing."""
    tree = MerkleTree()
    leaves: list[bytes] = []
    for number, entry in enumerate(data):
        assert tree.size == number
        assert tree.root() == tree.root() == _recursive_root(leaves)
        tree.append(entry)
        leaves.append(sha256(b"\x00" + entry).digest())
    assert tree.root() == _recursive_root(leaves)


@given(SIZES, st.data())
def test_inclusion(size: int, data: st.DataObject) -> None:
    """Each leaf's proof holds for its own index and size, and for no other leaf, index or size."""
    leaves = _leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    root, proof = _recursive_root(leaves), inclusion_proof(index, leaves)
    assert verify_inclusion(index, size, leaves[index], proof, root)
    assert len(proof) <= size.bit_length()
    for other in range(size + 2):
        if other != index:
            assert not verify_inclusion(other, size, leaves[index], proof, root)
        if other < size and other != index:
            assert not verify_inclusion(index, size, leaves[other], proof, root)


@given(SIZES, st.data())
def test_consistency(new: int, data: st.DataObject) -> None:
    """Each earlier size is proven, and no other size, and not for a history that was changed."""
    leaves = _leaves_of(new)
    old = data.draw(st.integers(1, new))
    before, after, proof = _recursive_root(leaves[:old]), _recursive_root(leaves), consistency_proof(old, leaves)
    assert verify_consistency(old, new, before, after, proof)
    assert len(proof) <= new.bit_length() + 1
    for other in range(new + 2):
        if other != old:
            assert not verify_consistency(other, new, before, after, proof)
    rewritten = [OTHER, *leaves[1:]]
    assert not verify_consistency(old, new, before, _recursive_root(rewritten), consistency_proof(old, rewritten))


@given(SIZES, st.data())
def test_proofs_are_the_shortest(size: int, data: st.DataObject) -> None:
    """Proofs are those of the RFC's recursive definitions, hash by hash: nothing is sent that need not be."""
    leaves = _leaves_of(size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    levels = Levels(leaves)
    assert levels.inclusion_proof(index) == inclusion_proof(index, leaves) == tuple(_path(index, leaves))
    assert levels.consistency_proof(old) == consistency_proof(old, leaves) == tuple(_subproof(old, leaves))


@given(SIZES, st.data())
def test_every_flipped_bit(size: int, data: st.DataObject) -> None:
    """No single bit of a proof can be changed, nor of a root or a leaf."""
    leaves = _leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    root = _recursive_root(leaves)
    for changed in _flipped(inclusion_proof(index, leaves)):
        assert not verify_inclusion(index, size, leaves[index], changed, root)
    for [wrong] in _flipped([root]):
        assert not verify_inclusion(index, size, leaves[index], inclusion_proof(index, leaves), wrong)
    for [wrong] in _flipped([leaves[index]]):
        assert not verify_inclusion(index, size, wrong, inclusion_proof(index, leaves), root)
    before = _recursive_root(leaves[: index + 1])
    for [wrong] in _flipped([root]):
        assert not verify_consistency(index + 1, size, before, wrong, consistency_proof(index + 1, leaves))
    for [wrong] in _flipped([before]):
        assert not verify_consistency(index + 1, size, wrong, root, consistency_proof(index + 1, leaves))
    for changed in _flipped(consistency_proof(index + 1, leaves)):
        assert not verify_consistency(index + 1, size, before, root, changed)


@given(
    st.integers(),
    st.integers(),
    st.binary(max_size=40),
    st.binary(max_size=40),
    st.lists(st.one_of(st.binary(max_size=40), st.binary(min_size=32, max_size=32)), max_size=70),
)
def test_verifiers_never_raise(one: int, two: int, first: bytes, second: bytes, proof: list[bytes]) -> None:
    """Hostile numbers and bytes get an answer, never an exception; made up, they prove nothing."""
    assert not verify_inclusion(one, two, first, proof, second) or (one, two, proof, first) == (0, 1, [], second)
    assert not verify_consistency(one, two, first, second, proof) or (one == two and first == second)


def test_large_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred thousand lines take one hash each, and one for each node above them; their proofs hold."""
    tree = MerkleTree()
    with _counted_hashes(monkeypatch) as hashed:
        for number in range(100_000):
            tree.append(b"%d" % number)
        root = tree.root()
    assert len(hashed) == 2 * 100_000 - 1
    leaves = _leaves_of(100_000)
    assert root == _recursive_root(leaves)
    assert verify_inclusion(77_777, 100_000, leaves[77_777], inclusion_proof(77_777, leaves), root)
    assert verify_consistency(
        65_537, 100_000, _recursive_root(leaves[:65_537]), root, consistency_proof(65_537, leaves)
    )
