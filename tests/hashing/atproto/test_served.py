from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.atproto import AtprotoError, Malformed, NotProven, record_as_json
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
        assert log.key == document.key == key_of(did).public_key().did_key


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


def test_a_record_as_served_is_the_one_that_is_signed() -> None:
    """One record, or the same in a list of others, is found by its URI and is what the account signed."""
    check_served(PROOF, read_served(SERVED, URI)[URI])
    listed = json.dumps({"records": [{"uri": "at://other", "value": 1}, 7, json.loads(SERVED), {"uri": 7}]}).encode()
    found = read_served(listed, URI)
    assert list(found) == ["at://other", URI]
    check_served(PROOF, found[URI])


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
    served = read_served(SERVED, URI)[URI]
    with pytest.raises(NotProven, match="not the one that is signed"):
        check_served(PROOF, replace(served, value=CHANGES[change](served.value)))


def test_one_true_and_a_text_of_one_are_three_things() -> None:
    """What Python takes for equal is not the same in JSON."""
    record = record_as_json(PROOF.record or b"")
    size = record["embed"]["images"][0]["image"]["size"]
    for other in (float(size), str(size)):
        changed = json.loads(json.dumps(record))
        changed["embed"]["images"][0]["image"]["size"] = other
        with pytest.raises(NotProven):
            check_served(PROOF, replace(read_served(SERVED, URI)[URI], value=changed))


def test_another_name_or_nothing_is_not_the_record() -> None:
    """The server's JSON must be of this record, name its CID if it names one, and not show what is proven absent."""
    served = read_served(SERVED, URI)[URI]
    check_served(PROOF, replace(served, cid=""))
    with pytest.raises(NotProven, match="and signed is"):
        check_served(PROOF, replace(served, cid=vector("reply").cid))
    with pytest.raises(NotProven, match="not of this record"):
        check_served(PROOF, replace(served, uri="at://other"))
    with pytest.raises(NotProven, match="not of this record"):
        check_served(PROOF, None)
    absent = vector("deleted")
    with pytest.raises(NotProven, match="holds no such record"):
        check_served(absent.verify(absent.car), served)


def test_json_that_two_readers_take_differently_is_no_record() -> None:
    """A field that stands twice could be shown the one way and checked the other."""
    twice = SERVED.replace(b'"value":{', b'"value":{"text":"shown",', 1)
    with pytest.raises(Malformed):
        read_served(twice, URI)
    with pytest.raises(Malformed):
        read_served(b"[" * 100_000, URI)
