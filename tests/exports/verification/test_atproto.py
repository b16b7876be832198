from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from exports.bundle import export_bundle
from exports.verification import verify
from hashing.atproto import blob_cid
from hashing.case.events import Item, ProofRead
from hashing.files.digest import Digest
from hashing.warc.content_coding import PIECE
from tests.exports.small_case import CaptureMaker, CaseMaker, Thing, make_case, photo
from tests.hashing.atproto.vectors import FOLDER, key_of, owner_of, vector

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from exports.verification import Verification
    from tests.hashing.atproto.vectors import Vector

PDS, PLC = "https://pds.example", "https://plc.example"
PHOTO = photo(3)
HELD = "records proven: 1 (the account's key signed a repository that holds each: checked offline; it proves no time, "
LACKED = "records proven absent: 1 (the account's key signed a repository without each: checked offline; "


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Return an empty case."""
    return make_case(tmp_path)


def _log(did: str) -> bytes:
    return (FOLDER / f"{owner_of(did)}.plc-audit.json").read_bytes()


def _json(name: str) -> bytes:
    return (FOLDER / f"{name}.getRecord.json").read_bytes() if name != "deleted" else b""


class Proven:
    """A capture of one recorded post, in the making; what is given differs from what a server served."""

    def __init__(
        self,
        maker: CaseMaker,
        name: str = "images",
        *,
        car: bytes | None = None,
        identity: bytes | None = None,
        record: bytes | None = None,
        named: str = "",
        said: Mapping[str, str | int] | None = None,
    ) -> None:
        self.capture: CaptureMaker = maker.begin(f"at://{vector(name).did}")
        one: Vector = vector(name)
        self.identity = self._add("audit.json", identity if identity is not None else _log(one.did), "identity")
        served = record if record is not None else _json(name)
        self.post = self._add("post.json", served, "post") if served else None
        self.proof = self._add("proof.car", car if car is not None else one.car, "proof")
        present = name != "deleted"
        event = ProofRead(
            time=self.proof.time,
            ref=self.proof.ref,
            identity=named or self.identity.ref,
            did=one.did,
            collection=one.collection,
            rkey=one.rkey,
            post=self.post.ref if self.post else "",
            record_cid=one.cid if present else "",
            rev=one.verify(one.car).rev,
            key=key_of(one.did),
        )
        self.capture.events.append(replace(event, **(said or {})))

    def _add(self, name: str, body: bytes, kind: str) -> Item:
        return self.capture.add(Thing(name, body, kind=kind, mime="application/json"))

    def add_photo(self, body: bytes, cid: str) -> Item:
        """Add a blob, asked for by its CID."""
        url = f"{PDS}/xrpc/com.atproto.sync.getBlob?did=did:plc:x&cid={cid}"
        return self.capture.add(Thing("photo.jpg", body, url=url))

    def seal(self) -> Path:
        """Seal the capture and return its folder."""
        return self.capture.seal()


def _problem(path: Path) -> str:
    """Return the one thing that is wrong with a capture whose files are as they were sealed."""
    result = verify(path)
    assert (result.verdict, result.altered, result.missing, result.added) == ("mismatch", (), (), ())
    [problem] = result.problems
    assert problem.path.endswith(("proof.car", "photo.jpg"))
    return problem.reason


def _notes(result: Verification) -> str:
    return "\n".join(result.notes)


@pytest.mark.parametrize("name", ["images", "reply"])
def test_a_proof_is_checked_again_from_the_files_alone(maker: CaseMaker, name: str) -> None:
    """A record whose proof holds is counted, with the words that say what that means and what it does not."""
    path = Proven(maker, name).seal()
    for each in (path, maker.path):
        result = verify(each)
        assert result.verdict == "ok"
        assert HELD in _notes(result)
        assert "nor who held the key" in _notes(result)


def test_an_absence_is_checked_again(maker: CaseMaker) -> None:
    """A record that is proven not to be there is counted apart."""
    result = verify(Proven(maker, "deleted").seal())
    assert result.verdict == "ok"
    assert LACKED in _notes(result)
    assert "records proven: " not in _notes(result)


def test_a_bundle_is_checked_as_its_case_is(maker: CaseMaker, tmp_path: Path) -> None:
    """In a bundle, folder or zip, the same files prove the same."""
    Proven(maker).seal()
    Proven(maker, "deleted").seal()
    for zipped in (False, True):
        output = tmp_path / f"bundle{'.zip' if zipped else ''}"
        bundle = export_bundle(maker.case, key=maker.key, officer="M", output=output, zipped=zipped)
        result = verify(bundle.path)
        assert result.verdict == "ok"
        assert HELD in _notes(result)
        assert LACKED in _notes(result)


def test_the_listed_record_of_many_is_found_in_its_list(maker: CaseMaker) -> None:
    """A post that was listed is compared with its element of the list, whatever its neighbours hold."""
    deep = b"[" * 5000 + b"]" * 5000
    for bad in (deep, b'{"a":1,"a":2}', b"NaN", b'"\xff"', b'{"uri":"at://x","value":1}', b""):
        before, element = b'{"records":[' + bad + b" ,", _json("images")
        listed = before + element + b"," + bad + b"]}"
        where: dict[str, str | int] = {"offset": len(before), "size": len(element)}
        assert verify(Proven(maker, record=listed, said=where).seal()).verdict == "ok"


def test_a_proof_under_a_document_is_counted_as_such(maker: CaseMaker) -> None:
    """Where no log was had, the key is the word of whoever served the document, and that is said."""
    document = (FOLDER / "alice.did.json").read_bytes()
    result = verify(Proven(maker, identity=document).seal())
    assert result.verdict == "ok"
    assert "proofs by a key that no log proves: 1 (the word of the host of the DID document)" in result.notes


# Whoever holds the seal's key can seal what they like: what the account signed they cannot change.


def test_another_proof_in_its_place_is_found(maker: CaseMaker) -> None:
    """The proof of another account's record does not prove this one."""
    assert "the proof does not hold" in _problem(Proven(maker, car=vector("reply").car).seal())


def test_another_log_in_its_place_is_found(maker: CaseMaker) -> None:
    """The log of another account does not name this one's key."""
    assert "the proof does not hold" in _problem(Proven(maker, identity=_log(vector("reply").did)).seal())


def test_a_changed_record_is_found(maker: CaseMaker) -> None:
    """A word changed in the post as served, and sealed anew, is not what the account signed."""
    body = json.loads(_json("images"))
    body["value"]["text"] += "!"
    reason = _problem(Proven(maker, record=json.dumps(body).encode()).seal())
    assert reason.endswith("the record that the server shows is not the one that is signed")


def test_a_list_without_the_record_is_found(maker: CaseMaker) -> None:
    """A list that does not hold the record where the ledger says, or a part of one, says nothing of it."""
    assert "not the form of a record" in _problem(Proven(maker, record=b'{"records":[]}').seal())
    listed = b"[" + _json("images") + b"]"
    for place in ((1, 10), (10**15, 10), (0, len(listed))):
        where: dict[str, str | int] = {"offset": place[0], "size": place[1]}
        assert "the proof does not hold" in _problem(Proven(maker, record=listed, said=where).seal())


@pytest.mark.parametrize(
    "said",
    [
        {"key": key_of(vector("reply").did)},
        {"rev": "3n32la6s6fc2y"},
        {"record_cid": vector("reply").cid},
        {"record_cid": ""},
    ],
    ids=["key", "revision", "record", "absent"],
)
def test_a_ledger_that_says_otherwise_is_found(maker: CaseMaker, said: dict[str, str]) -> None:
    """What the ledger says of a proof is what the proof shows, or it is named."""
    assert "the ledger names another key, revision or record" in _problem(Proven(maker, said=said).seal())


def test_a_ledger_that_denies_a_proof_is_found(maker: CaseMaker) -> None:
    """A proof that holds cannot be called one that did not."""
    assert _problem(Proven(maker, said={"problem": "it did not hold"}).seal()).startswith(
        "the proof holds, and the ledger says"
    )


def test_a_proof_that_did_not_hold_is_no_fault_of_the_case(maker: CaseMaker) -> None:
    """What a server gave is sealed as it was given: the case is whole, and the note says that it proves nothing."""
    result = verify(
        Proven(maker, car=b"no CAR", said={"problem": "not a CAR file", "record_cid": "", "rev": ""}).seal()
    )
    assert result.verdict == "ok"
    assert "signed proofs that did not hold when they were captured: 1 (the ledger says why)" in result.notes
    assert "records proven" not in _notes(result)


def test_a_blob_is_the_one_that_its_identifier_names(maker: CaseMaker) -> None:
    """A photo whose hash is the identifier by which it was asked for is counted; another one is named."""
    cid = blob_cid(Digest.of_bytes(PHOTO).hex)
    proven = Proven(maker)
    proven.add_photo(PHOTO, cid)
    result = verify(proven.seal())
    assert result.verdict == "ok"
    assert any(note.startswith("photos and videos proven: 1 ") for note in result.notes)
    swapped = Proven(maker)
    swapped.add_photo(photo(4), cid)
    assert cid in _problem(swapped.seal())


@pytest.mark.parametrize("cid", ["", "nonsense", "bafy"])
def test_an_address_without_a_readable_identifier_promises_nothing(maker: CaseMaker, cid: str) -> None:
    """Whoever posts can name such an address: it is not counted as proven, and casts no doubt on the capture."""
    proven = Proven(maker)
    proven.add_photo(PHOTO, cid)
    result = verify(proven.seal())
    assert result.verdict == "ok"
    assert "photos and videos proven" not in _notes(result)


# Files that are not as they were sealed


@pytest.mark.parametrize("name", ["audit.json", "post.json", "proof.car", "photo.jpg"])
@pytest.mark.parametrize("how", ["altered", "missing"])
def test_a_file_that_is_not_as_sealed_is_named_once(maker: CaseMaker, name: str, how: str) -> None:
    """The comparison of digests names it; what it would have proven is then nobody's claim."""
    proven = Proven(maker)
    proven.add_photo(PHOTO, blob_cid(Digest.of_bytes(PHOTO).hex))
    path = proven.seal()
    item = next((path / "items").glob(f"*{name}"))
    item.chmod(0o600)
    if how == "altered":
        item.write_bytes(item.read_bytes()[:-1] + b"?")
    else:
        item.parent.chmod(0o700)
        item.unlink()
    result = verify(path)
    named = result.altered if how == "altered" else result.missing
    assert [each.path for each in named] == [f"items/{item.name}"]
    assert (result.verdict, result.problems, result.unchecked) == ("mismatch", (), ())
    assert ("records proven: 1" in _notes(result)) == (name == "photo.jpg")


def test_what_is_not_in_the_capture_is_unchecked(maker: CaseMaker) -> None:
    """A key that is named in another capture cannot be checked in this one alone."""
    result = verify(Proven(maker, named="MP/9-0001").seal())
    assert result.verdict == "unchecked"
    [unchecked] = result.unchecked
    assert unchecked.reason == "the account's key is in MP/9-0001, which is not of this capture"


def test_a_proof_of_nothing_that_the_ledger_holds_is_a_problem(maker: CaseMaker) -> None:
    """A proof names its item, and the ledger holds it."""
    result = verify(Proven(maker, said={"ref": "MP/1-0077"}).seal())
    assert [each.path for each in result.problems] == ["ledger.jsonl"]


def test_coded_files_are_checked_as_what_they_hold(maker: CaseMaker) -> None:
    """What was served in gzip coding is decoded first; a bomb, another coding and damage are left unchecked."""
    for coding, packed, verdict in (
        ("gzip", gzip.compress(vector("images").car), "ok"),
        ("gzip", gzip.compress(vector("images").car) + bytes(2 * PIECE), "ok"),  # what follows is no part of it
        ("gzip", gzip.compress(bytes(64 << 20)), "unchecked"),
        ("gzip", b"no gzip", "unchecked"),
        ("br", vector("images").car, "unchecked"),
    ):
        proven = Proven(maker, car=packed)
        proven.capture.events = [
            replace(event, content_encoding=coding)
            if isinstance(event, Item) and event.ref == proven.proof.ref
            else event
            for event in proven.capture.events
        ]
        result = verify(proven.seal())
        assert (result.verdict, HELD in _notes(result)) == (verdict, verdict == "ok")
