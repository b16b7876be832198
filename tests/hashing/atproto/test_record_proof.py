from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import libipld
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashing.atproto import AtprotoError, Malformed, NotProven
from hashing.atproto.car import LARGEST_CAR
from hashing.atproto.multikey import AtprotoKey
from hashing.atproto.record_proof import verify_record
from tests.hashing.atproto.repository import (
    COLLECTION,
    DID,
    REV,
    cid_of,
    layer_of,
    varint,
    write_car,
    write_commit,
    write_repository,
)
from tests.hashing.atproto.signer import Signer
from tests.hashing.atproto.vectors import FOLDER, RECORDS, key_of, vector
from tests.steps import CountedBytes, demand_even_growth

if TYPE_CHECKING:
    from collections.abc import Callable

    from hashing.atproto.record_proof import RecordProof
    from tests.sampling import Sample

K256, P256, OTHER = Signer("k256", 7), Signer("p256", 7), Signer("k256", 8)
RKEYS = st.sets(st.text("abcdefghijklmnopqrstuvwxyz234567._:~-", min_size=1, max_size=13), max_size=300).map(
    lambda keys: keys - {".", ".."}
)
POST = f"{COLLECTION}/a".encode()


def _verify(car: bytes, signer: Signer = K256, rkey: str = "a", did: str = DID) -> RecordProof:
    return verify_record(car, did=did, key=signer.did_key, collection=COLLECTION, rkey=rkey)


def _refused(car: bytes) -> None:
    with pytest.raises(AtprotoError):
        _verify(car)


def _proof_of_tree(*nodes: bytes) -> bytes:
    """Sign a tree whose nodes are given from the top; whether they hold together is what is tested."""
    commit = write_commit(K256, cid_of(nodes[0]))
    return write_car([cid_of(commit)], [commit, *nodes])


def _node(left: bytes | None, *entries: tuple[int, bytes, bytes | None]) -> bytes:
    items = [{"p": shared, "k": suffix, "v": cid_of(b"\xa0"), "t": right} for shared, suffix, right in entries]
    return libipld.encode_dag_cbor({"l": left, "e": items})


def _key(layer: int, least: str = "", limit: str = "~") -> bytes:
    """Find a key of a layer between two record keys."""
    names = (f"{least}{number}" for number in itertools.count())
    return next(key for name in names if name < limit and layer_of(key := f"{COLLECTION}/{name}".encode()) == layer)


@pytest.mark.parametrize("name", RECORDS)
def test_recorded_proofs(name: str) -> None:
    """A proof recorded from a server shows its record present or absent, signed by the key of its account."""
    expected = vector(name)
    proof = expected.verify(expected.car)
    assert (proof.did, proof.collection, proof.rkey) == (expected.did, expected.collection, expected.rkey)
    assert (proof.present, proof.record_cid) == ((True, expected.cid) if name != "deleted" else (False, None))
    assert (proof.record is not None) == proof.present
    assert (proof.curve, proof.key) == ("k256", key_of(expected.did))


@pytest.mark.parametrize("name", RECORDS)
def test_whole_repository_is_a_proof(name: str) -> None:
    """The export of a whole repository proves the same record as the proof that was asked for alone."""
    expected = vector(name)
    owner = "alice" if name == "images" else "bob"
    whole = expected.verify((FOLDER / f"{owner}.repo.car").read_bytes())
    assert whole.record_cid == expected.verify(expected.car).record_cid


@pytest.mark.parametrize("name", RECORDS)
def test_every_bit_counts(name: str, sample: Sample) -> None:
    """A recorded proof with any one bit flipped is refused."""
    expected = vector(name)
    for bit in sample(range(len(expected.car) * 8), 300):
        car = bytearray(expected.car)
        car[bit // 8] ^= 1 << bit % 8
        with pytest.raises(AtprotoError):
            expected.verify(bytes(car))


@pytest.mark.parametrize("name", RECORDS)
def test_cut_off_anywhere(name: str, sample: Sample) -> None:
    """A recorded proof that ends too early is refused, never read as proof of absence."""
    expected = vector(name)
    for size in sample(range(len(expected.car)), 100):
        with pytest.raises(AtprotoError):
            expected.verify(expected.car[:size])


@settings(deadline=None, max_examples=30)
@given(present=RKEYS, absent=RKEYS, signer=st.sampled_from([K256, P256]))
def test_any_repository(present: set[str], absent: set[str], signer: Signer) -> None:
    """In a repository of any records each is proven present with its bytes, and any other one absent."""
    repository = write_repository(signer, present)
    for rkey in sorted(present)[:20] + sorted(absent - present)[:20]:
        key = f"{COLLECTION}/{rkey}".encode()
        proof = _verify(repository.proof(key), signer, rkey)
        assert (proof.present, proof.record) == (rkey in present, repository.records.get(key))
        assert (proof.curve, proof.key, proof.rev) == (signer.curve, signer.did_key, REV)


@pytest.mark.parametrize("signer", [K256, P256])
def test_hundreds_of_records(signer: Signer) -> None:
    """In a tree of several layers every record is proven present, and each next to it absent."""
    rkeys = {f"3n32la6s{number:03}2x" for number in range(200)}
    repository = write_repository(signer, rkeys)
    assert max(map(layer_of, repository.records)) > 2
    for rkey in sorted(rkeys):
        for name, present in ((rkey, True), (rkey + "a", False)):
            key = f"{COLLECTION}/{name}".encode()
            proof = _verify(repository.proof(key), signer, name)
            assert (proof.present, proof.record) == (present, repository.records.get(key))


@settings(deadline=None, max_examples=30)
@given(present=RKEYS.filter(bool), data=st.data())
def test_proof_of_something_else(present: set[str], data: st.DataObject) -> None:
    """A proof is refused under another DID and another key, and never proves another record's presence."""
    rkey = data.draw(st.sampled_from(sorted(present)))
    car = write_repository(P256, present).proof(f"{COLLECTION}/{rkey}".encode())
    with pytest.raises(NotProven, match="one of"):
        _verify(car, P256, rkey, did="did:plc:bbbbbbbbbbbbbbbbbbbbbbbb")
    for signer in (Signer("p256", 8), K256):
        with pytest.raises(NotProven, match="not signed by the key"):
            _verify(car, signer, rkey)
    other = data.draw(st.sampled_from(sorted(present)))
    if other != rkey:
        with pytest.raises(NotProven, match="is missing"):
            _verify(car, P256, other)


@settings(deadline=None, max_examples=60)
@given(present=RKEYS.filter(bool), data=st.data())
def test_missing_block(present: set[str], data: st.DataObject) -> None:
    """With any one block left out a proof is refused: a missing node never means that a record is absent."""
    repository = write_repository(K256, present)
    rkey = data.draw(st.sampled_from([*sorted(present), "zz~absent"]))
    key = f"{COLLECTION}/{rkey}".encode()
    blocks = [repository.commit, *repository.tree.path(key), *([repository.records[key]] if rkey in present else [])]
    blocks.pop(data.draw(st.integers(0, len(blocks) - 1)))
    with pytest.raises(NotProven, match="is missing from the CAR file"):
        _verify(write_car([cid_of(repository.commit)], blocks), rkey=rkey)


def test_more_than_needed() -> None:
    """Blocks in any order, twice, or of no use, and further roots do not harm a proof."""
    repository = write_repository(K256, {"a", "b", "c"})
    blocks = [repository.records[POST], *repository.tree.path(POST), repository.commit, repository.commit, b"\xa0"]
    assert _verify(write_car([cid_of(repository.commit), cid_of(b"\xa0")], blocks)).present


def test_a_key_verifies_in_either_form() -> None:
    """The key can be given as did:key or as Multikey."""
    expected = vector("images")
    did_key = key_of(expected.did)
    for key in (did_key, did_key.removeprefix("did:key:")):
        names = {"did": expected.did, "collection": expected.collection, "rkey": expected.rkey}
        assert verify_record(expected.car, key=key, **names).key == did_key


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": 2}, "version 2"),
        ({"version": True}, "version True"),
        ({"version": 3.0}, "another type"),
        ({"version": "3"}, "another type"),
        ({"did": b"did"}, "another type"),
        ({"data": "bafy"}, "another type"),
        ({"data": None}, "another type"),
        ({"prev": ...}, "other fields"),
        ({"prev": 0}, "another type"),
        ({"rev": "now"}, "no TID"),
        ({"rev": 3}, "another type"),
        ({"extra": 1}, "other fields"),
    ],
)
def test_commit_of_another_shape(changes: dict[str, Any], reason: str) -> None:
    """A commit with fields missing, added or of other types is refused, though it is signed."""
    tree = _node(None)
    commit = write_commit(K256, cid_of(tree), **changes)
    with pytest.raises(Malformed, match=reason):
        _verify(write_car([cid_of(commit)], [commit, tree]))


def test_earlier_commit_named() -> None:
    """A commit that names the one before it is as good as one that names none."""
    tree = _node(None)
    commit = write_commit(K256, cid_of(tree), prev=cid_of(b"\xa0"))
    assert not _verify(write_car([cid_of(commit)], [commit, tree])).present


@pytest.mark.parametrize("signer", [K256, P256])
def test_high_s(signer: Signer) -> None:
    """The second form that every signature has is refused, for both curves."""
    tree = _node(None)
    commit = write_commit(signer, cid_of(tree), high_s=True)
    with pytest.raises(NotProven, match="low S"):
        _verify(write_car([cid_of(commit)], [commit, tree]), signer)


@pytest.mark.parametrize("signature", [b"", b"1" * 63, b"1" * 65, "1" * 64])
def test_signature_of_another_form(signature: object) -> None:
    """A signature of another length or type is refused as malformed."""
    tree = _node(None)
    fields = libipld.decode_dag_cbor(write_commit(K256, cid_of(tree))) | {"sig": signature}
    commit = libipld.encode_dag_cbor(fields)
    with pytest.raises(Malformed, match=r"signature has|another type"):
        _verify(write_car([cid_of(commit)], [commit, tree]))


@pytest.mark.parametrize("signature", [bytes(64), b"\xff" * 32 + bytes(31) + b"\1", bytes(32) + bytes(31) + b"\1"])
def test_signature_out_of_range(signature: bytes) -> None:
    """Numbers that no signature has are refused like any that does not fit."""
    tree = _node(None)
    commit = libipld.encode_dag_cbor(libipld.decode_dag_cbor(write_commit(K256, cid_of(tree))) | {"sig": signature})
    with pytest.raises(NotProven, match="not signed by the key"):
        _verify(write_car([cid_of(commit)], [commit, tree]))


def test_empty_repository() -> None:
    """A repository without records proves any record absent."""
    assert not _verify(_proof_of_tree(_node(None))).present


HIGH, LOW = _key(1, "m"), _key(0, "a", "b")
LOWER_HALF, UPPER_HALF = _node(None, (0, LOW, None)), _node(None, (0, _key(0, "x", "y"), None))


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        ([_node(cid_of(LOWER_HALF)), LOWER_HALF], "empty where none may be"),
        ([_node(cid_of(_node(None)), (0, HIGH, None)), _node(None)], "empty where none may be"),
        ([_node(cid_of(UPPER_HALF), (0, HIGH, None)), UPPER_HALF], "outside of its range"),
        ([_node(cid_of(LOWER_HALF), (0, _key(2, "m"), None)), LOWER_HALF], "of layer 0, not 1"),
        ([_node(cid_of(LOWER_HALF), (0, _key(0, "m"), None)), LOWER_HALF], "below the lowest layer"),
        ([_node(None, (0, _key(0, "m"), cid_of(LOWER_HALF)))], "below the lowest layer"),
        ([LOWER_HALF[:-1] + b"\xa0"], "not a tree node"),
    ],
)
def test_tree_out_of_shape(nodes: list[bytes], reason: str) -> None:
    """A signed tree with a layer skipped, an empty node or keys where they do not belong is refused."""
    with pytest.raises(AtprotoError, match=reason):
        _verify(_proof_of_tree(*nodes))


def test_empty_node_between() -> None:
    """A node without keys is allowed in the middle of a tree, where a layer has none."""
    middle = _node(cid_of(LOWER_HALF))
    car = _proof_of_tree(_node(cid_of(middle), (0, _key(2, "m"), None)), middle, LOWER_HALF)
    assert not _verify(car, rkey="0").present


def test_key_beyond_its_range_to_the_right() -> None:
    """Keys of a right subtree that are not greater than the entry before it are refused."""
    top = _node(None, (0, HIGH, cid_of(LOWER_HALF)))
    with pytest.raises(NotProven, match="outside of its range"):
        _verify(_proof_of_tree(top, LOWER_HALF), rkey="z")


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (_node(None, (0, b"", None)), "empty, out of order"),
        (_node(None, (1, LOW, None)), "shares more than there is"),
        (_node(None, (0, LOW, None), (0, LOW, None)), "empty, out of order"),
        (_node(None, (0, LOW, None), (len(LOW), b"", None)), "empty, out of order"),
        (_node(None, (0, UPPER_KEY := _key(0, "x", "y"), None), (0, LOW, None)), "empty, out of order"),
        (_node(None, (0, LOW, None), (0, UPPER_KEY, None)), "shares less"),
        (_node(None, (0, b"k" * 1025, None)), "too long"),
        (_node(None, (0, LOW, None), (len(COLLECTION) + 1, HIGH[len(COLLECTION) + 1 :], None)), "several layers"),
        (libipld.encode_dag_cbor({"l": None}), "not a tree node"),
        (libipld.encode_dag_cbor({"l": None, "e": [], "x": 0}), "not a tree node"),
        (libipld.encode_dag_cbor({"l": "bafy", "e": []}), "not a tree node"),
        (libipld.encode_dag_cbor({"l": None, "e": {}}), "not a tree node"),
        (libipld.encode_dag_cbor({"l": None, "e": [{"p": 0, "k": LOW, "v": None, "t": None}]}), "other fields"),
        (libipld.encode_dag_cbor({"l": None, "e": [{"p": False, "k": LOW, "v": cid_of(b""), "t": None}]}), "other"),
        (libipld.encode_dag_cbor({"l": None, "e": [{"p": 0, "k": "a", "v": cid_of(b""), "t": None}]}), "other"),
        (libipld.encode_dag_cbor({"l": None, "e": [{"p": -1, "k": LOW, "v": cid_of(b""), "t": None}]}), "shares more"),
        (libipld.encode_dag_cbor({"l": None, "e": [{"p": 0, "k": LOW, "v": cid_of(b"")}]}), "other fields"),
        (b"\xa2\x61\x65\x80\x61\x65\x80", "there twice"),
        (b"\xa2\x61\x65\x9f\xff\x61\x6c\xf6", "left open"),
        (_node(None) + b"\0", "too many"),
        (b"\x81" * 100_000 + b"\x80", "nested deeper"),
    ],
)
def test_block_that_is_no_node(block: bytes, reason: str) -> None:
    """A block that is not a tree node in its one form is refused as malformed."""
    with pytest.raises(Malformed, match=reason):
        _verify(_proof_of_tree(block))


def test_links_of_other_forms() -> None:
    """A tree node or a commit named as raw bytes is refused, though the hash is right."""
    tree = _node(None)
    raw = b"\x01\x55" + cid_of(tree)[2:]
    commit = write_commit(K256, raw)
    body = raw + tree
    with pytest.raises(Malformed, match="tree node is named by"):
        _verify(write_car([cid_of(commit)], [commit]) + varint(len(body)) + body)
    with pytest.raises(Malformed, match="commit is named by"):
        _verify(write_car([b"\x01\x55" + cid_of(commit)[2:]], [commit, tree]))


@pytest.mark.parametrize(
    ("collection", "rkey"),
    [
        ("app.bsky.feed.post/a", "b"),
        ("app.bsky.feed.post", "a/b"),
        ("app.bsky.feed.post", ""),
        ("app.bsky.feed.post", ".."),
        ("app.bsky.feed.post", "a\n"),
        ("app.bsky.feed.post", "é"),
        ("app.bsky.feed.post", "a" * 513),
        ("", "a"),
        ("post", "a"),
        ("app..post", "a"),
        ("a." * 200 + "a", "a"),
    ],
)
def test_names_that_no_record_has(collection: str, rkey: str) -> None:
    """Nothing is proven of a path that no record can have: `a/b` + `c` is not `a` + `b/c`."""
    with pytest.raises(Malformed, match=r"not the name of a collection|not a record key"):
        verify_record(_proof_of_tree(_node(None)), did=DID, key=K256.did_key, collection=collection, rkey=rkey)


def test_error_names_the_record() -> None:
    """An error begins with the address of the record that was to be proven."""
    with pytest.raises(AtprotoError, match=rf"^at://{DID}/{COLLECTION}/a: "):
        _verify(b"")


@pytest.mark.parametrize(
    "unit", [b"\x24" + cid_of(b""), b"\x01\x00", b"\x80\x80"], ids=["empty blocks", "sections of a byte", "varints"]
)
def test_large_files_take_one_pass(unit: bytes) -> None:
    """A file over the limit is refused unread; one below it, of the smallest blocks there are, is read in one pass."""
    header = write_car([cid_of(b"\xa0")], [])
    larger = CountedBytes(header + unit * ((64 << 20) // len(unit)))
    with pytest.raises(Malformed, match="larger than"):
        _verify(larger)
    assert larger.copied == 0
    largest = CountedBytes(header + unit * ((LARGEST_CAR - len(header)) // len(unit)))
    with pytest.raises(AtprotoError):
        _verify(largest)
    assert largest.copied <= 2 * len(largest)

    def _verifying(count: int) -> Callable[[], object]:
        return lambda: _refused(header + unit * count)

    demand_even_growth(_verifying, 1_000)


@given(car=st.binary(max_size=300))
def test_hostile_bytes(car: bytes) -> None:
    """Any bytes give an error of ours: they cannot be a proof."""
    with pytest.raises(AtprotoError):
        _verify(car)


@settings(max_examples=300)
@given(blocks=st.lists(st.binary(max_size=60), max_size=4), tree=st.binary(max_size=60))
def test_hostile_blocks(blocks: list[bytes], tree: bytes) -> None:
    """Any blocks under a signed commit give a result or an error of ours."""
    commit = write_commit(K256, cid_of(tree))
    try:
        proof = _verify(write_car([cid_of(commit)], [commit, tree, *blocks]))
    except AtprotoError:
        return
    assert tree == _node(None)
    assert not proof.present


def test_curve_of_the_key_counts() -> None:
    """A key of the other curve is another key, even from the same secret number."""
    assert K256.did_key != P256.did_key
    assert {AtprotoKey.parse(signer.did_key).curve for signer in (K256, P256)} == {"k256", "p256"}
    with pytest.raises(NotProven):
        _verify(write_repository(P256, {"a"}).proof(POST), K256)
