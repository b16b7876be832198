from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.atproto import AtprotoError, Malformed, NotProven
from hashing.atproto.record_json import record_as_json
from hashing.atproto.served import check_served, read_account_key, read_served
from tests.hashing.atproto.plc import Log, regular, tombstone
from tests.hashing.atproto.signer import Signer
from tests.hashing.atproto.vectors import DIDS, FOLDER, key_of, vector

VECTOR = vector("images")
URI = f"at://{VECTOR.did}/{VECTOR.collection}/{VECTOR.rkey}"
SERVED = (FOLDER / "images.getRecord.json").read_bytes()
PROOF = VECTOR.verify(VECTOR.car)


def test_the_key_of_an_account_is_proven_by_its_log_and_said_by_its_document() -> None:
    """Both name the same key; only the log proves it."""
    for owner, did in DIDS.items():
        log = read_account_key((FOLDER / f"{owner}.plc-audit.json").read_bytes(), did=did)
        document = read_account_key((FOLDER / f"{owner}.did.json").read_bytes(), did=did)
        assert (log.proven, document.proven) == (True, False)
        assert log.handles == document.handles == (f"{owner}.test",)
        assert log.key == document.key == key_of(did)


def test_an_account_without_a_key_has_none() -> None:
    """Another's log, a document without a key and an account that was ended are errors with their reason."""
    alice, bob = ((FOLDER / f"{owner}.plc-audit.json").read_bytes() for owner in ("alice", "bob"))
    with pytest.raises(NotProven):
        read_account_key(bob, did=DIDS["alice"])
    with pytest.raises(Malformed):
        read_account_key(alice, did="did:plc:short")
    with pytest.raises(NotProven, match="it names no signing key"):
        read_account_key(b'{"id":"did:web:alice.org"}', did="did:web:alice.org")
    log, owner = Log(), Signer("k256", 1)
    log.add(tombstone(log.add(regular(None, [owner], Signer("k256", 11)), owner)), owner, hours=1)
    with pytest.raises(NotProven, match="its owner has ended it"):
        read_account_key(log.json(), did=log.did)


JSON = st.recursive(st.none() | st.text(), lambda below: st.lists(below) | st.dictionaries(st.text(), below))


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_key_or_an_error_of_ours(identity: bytes) -> None:
    """Whatever stands in the place of an identity never raises anything else."""
    for did in (DIDS["alice"], "did:web:alice.org"):
        with pytest.raises(AtprotoError):
            read_account_key(identity, did=did)


def changed(**fields: Any) -> bytes:  # noqa: ANN401 - any JSON
    """Return the recorded answer with other fields."""
    return json.dumps(json.loads(SERVED) | fields).encode()


def test_a_record_as_served_is_the_one_that_is_signed() -> None:
    """What a server answered is what the account signed, whatever stands beside it."""
    check_served(PROOF, SERVED)
    check_served(PROOF, changed(more=1, records=[]))
    assert read_served(SERVED, URI).value == record_as_json(PROOF.record or b"")


def test_a_true_record_beside_a_forged_one_proves_nothing() -> None:
    """What is shown is the object's own `value`, so that is what is compared, and no list that stands beside it."""
    true = json.loads(SERVED)
    for name in ("records", "posts", "value2"):
        with pytest.raises(NotProven, match="not the one that is signed"):
            check_served(PROOF, changed(value={"text": "forged"}, **{name: [true]}))
    for bare in ([true], {"records": [true]}):
        with pytest.raises(Malformed, match="not the form of a record"):
            check_served(PROOF, json.dumps(bare).encode())


CHANGES: dict[str, Any] = {
    "text": lambda value: value | {"text": "other"},
    "added": lambda value: value | {"more": None},
    "missing": lambda value: {name: each for name, each in value.items() if name != "text"},
    "langs": lambda value: value | {"langs": [*value.get("langs", []), "xx"]},
    "null": lambda _: None,
    "text alone": lambda value: value["text"],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_record_that_differs_in_anything_is_another(change: str) -> None:
    """A text, a field more, a field less, a list that is longer: each is found."""
    with pytest.raises(NotProven, match="not the one that is signed"):
        check_served(PROOF, changed(value=CHANGES[change](json.loads(SERVED)["value"])))


def test_one_true_and_a_text_of_one_are_three_things() -> None:
    """What Python takes for equal is not the same in JSON."""
    record = record_as_json(PROOF.record or b"")
    size = record["embed"]["images"][0]["image"]["size"]
    for other in (float(size), str(size)):
        differs = json.loads(json.dumps(record))
        differs["embed"]["images"][0]["image"]["size"] = other
        with pytest.raises(NotProven):
            check_served(PROOF, changed(value=differs))


def test_another_name_is_not_the_record() -> None:
    """The server's JSON must be of this record, name its CID if it names one, and not show what is proven absent."""
    check_served(PROOF, changed(cid=None))
    with pytest.raises(NotProven, match="and signed is"):
        check_served(PROOF, changed(cid=vector("reply").cid))
    with pytest.raises(NotProven, match="not of this record"):
        check_served(PROOF, changed(uri="at://other"))
    absent = vector("deleted")
    with pytest.raises(NotProven, match="holds no such record"):
        check_served(absent.verify(absent.car), SERVED)


@pytest.mark.parametrize("depth", [65, 5000, 500_000])
def test_a_record_that_is_nested_too_deeply_is_read_but_not_compared(depth: int) -> None:
    """What the author nested beyond all bounds is left out; that nothing was compared with it is an error in words."""
    block = b"\xa2\x61x" + b"\x81" * depth + b"\x01\x64text\x64said"
    proof = replace(PROOF, record=block)
    assert record_as_json(block)["text"] == "said"
    with pytest.raises(NotProven, match="nested deeper than 64: the server's JSON was not compared"):
        check_served(proof, changed(value={"text": "said", "x": []}))


def test_json_that_two_readers_take_differently_is_no_record() -> None:
    """A field that stands twice could be shown the one way and checked the other."""
    twice = SERVED.replace(b'"value":{', b'"value":{"text":"shown",', 1)
    with pytest.raises(Malformed):
        read_served(twice, URI)
    for other in (b"[" * 100_000, changed(value=[[]]).replace(b"[[]]", b"[" * 100 + b"]" * 100), SERVED + b"\xff"):
        with pytest.raises(Malformed):
            read_served(other, URI)
    with pytest.raises(Malformed, match="digits"):
        read_served(changed(value=12345).replace(b"12345", b"1" * 101), URI)
