from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest

from exports.bundle import export_bundle
from exports.custody.receipt import FORMAT, open_receipt, record_receipt, write_receipt
from exports.format.continuity import exhibits_of
from exports.format.phrases import custody_phrases
from exports.verification import verify
from hashing.case.events import Custody
from hashing.errors import BadFormat, BadKey, BadSignature, ForeignReceipt, NotRecordable, WouldOverwrite
from hashing.ledger.keys import load_or_create_signing_key
from hashing.ledger.note import parse_note, sign_note
from tests.exports.small_case import OFFICER, CaseMaker, Thing, make_case, photo

if TYPE_CHECKING:
    from pathlib import Path

    from hashing.ledger.keys import SigningKey


@pytest.fixture
def verifier(tmp_path: Path) -> SigningKey:
    """Return the key of someone else than the officer."""
    return load_or_create_signing_key(tmp_path / "verifier.pem")[0]


def _receipt(path: Path, verifier: SigningKey, name: str = "receipt") -> bytes:
    file = path.parent / name
    write_receipt(file, verify(path), key=verifier, officer="John Hill")
    return file.read_bytes()


def _record(maker: CaseMaker, data: bytes, *refs: str) -> list[tuple[str, str, str]]:
    events = record_receipt(maker.case, data, refs, key=maker.key, officer=OFFICER)
    return [(event.ref, event.action, event.receipt.verdict if event.receipt else "") for event in events]


def test_receipt_of_a_case(maker: CaseMaker, verifier: SigningKey) -> None:
    """A receipt of a case is recorded of each of its exhibits, with the verifier's key and the time it was made."""
    data = _receipt(maker.path, verifier)
    assert _record(maker, data) == [("MP/1", "verified", "ok"), ("MP/2", "verified", "ok")]
    [event, _] = [event for event in maker.case.events() if isinstance(event, Custody)]
    assert event.receipt
    assert event.receipt.key == verifier.public.raw.hex()
    assert event.at == open_receipt(data).time <= event.time
    assert verify(maker.path).verdict == "ok"


def test_the_log_says_who_verified(maker: CaseMaker, verifier: SigningKey) -> None:
    """The entry of a verification is the verifier's, and says who recorded it."""
    _record(maker, _receipt(maker.path, verifier), "MP/1")
    [exhibit] = exhibits_of(maker.case, "MP/1")
    [entry] = [each for each in exhibit.log if each.event == "verified"]
    assert (entry.officer, entry.recorder) == ("John Hill", OFFICER)
    assert f"recorded by {OFFICER}" in custody_phrases(entry)


@pytest.mark.parametrize("name", ["", " ", "x" * 201, "\ud800"])
def test_a_receipt_names_its_verifier(maker: CaseMaker, verifier: SigningKey, tmp_path: Path, name: str) -> None:
    """A receipt without a name that a log can take is not made."""
    with pytest.raises(NotRecordable):
        write_receipt(tmp_path / "receipt", verify(maker.path), key=verifier, officer=name)


def test_whose_seals_they_are(maker: CaseMaker, verifier: SigningKey, tmp_path: Path) -> None:
    """A receipt names the keys that made the seals, and says whether the verifier had demanded them."""
    assert not open_receipt(_receipt(maker.path, verifier)).confirmed
    found = verify(maker.path, signers=[maker.key.public])
    receipt = write_receipt(tmp_path / "confirmed", found, key=verifier, officer="John Hill")
    assert open_receipt((tmp_path / "confirmed").read_bytes()) == receipt
    assert (receipt.confirmed, receipt.signers) == (True, (maker.key.public.fingerprint(),))


def test_receipt_of_a_capture_and_of_a_bundle(maker: CaseMaker, verifier: SigningKey, tmp_path: Path) -> None:
    """A receipt of one capture, or of a bundle, is recorded of the exhibits in it alone."""
    capture = maker.capture([Thing("r.jpg", photo(3))])
    write_receipt(tmp_path / "of-capture", verify(capture), key=verifier, officer="John Hill")
    assert _record(maker, (tmp_path / "of-capture").read_bytes()) == [("MP/3", "verified", "ok")]
    bundle = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out", exhibits=["MP/1"])
    assert _record(maker, _receipt(bundle.path, verifier)) == [("MP/1", "verified", "ok")]


def test_receipt_of_what_does_not_match(maker: CaseMaker, verifier: SigningKey) -> None:
    """That an exhibit was found altered is recorded as well."""
    photo_file = next(maker.case.captures()[0].glob("items/*"))
    photo_file.chmod(0o600)
    photo_file.write_bytes(b"another")
    assert ("MP/1", "verified", "mismatch") in _record(maker, _receipt(maker.path, verifier))


def test_recorded_once(maker: CaseMaker, verifier: SigningKey) -> None:
    """One receipt is one verification: it is recorded once for each exhibit."""
    data = _receipt(maker.path, verifier)
    assert _record(maker, data, "MP/2") == [("MP/2", "verified", "ok")]
    with pytest.raises(NotRecordable, match="recorded already"):
        _record(maker, data)
    assert _record(maker, data, "MP/1") == [("MP/1", "verified", "ok")]


def test_receipt_of_another_case(maker: CaseMaker, verifier: SigningKey, tmp_path: Path) -> None:
    """A receipt of another case is refused, though its exhibits have the same references."""
    other = make_case(tmp_path, "OP-BIRCH")
    other.capture([Thing("p.jpg", photo())])
    with pytest.raises(ForeignReceipt, match="has no seal"):
        _record(maker, _receipt(other.path, verifier))


def test_receipt_of_a_case_that_went_another_way(maker: CaseMaker, verifier: SigningKey, tmp_path: Path) -> None:
    """A receipt of a copy that has another history than this case is refused."""
    copy = tmp_path / "copy" / "OP-ALDER"
    shutil.copytree(maker.path, copy)
    CaseMaker(copy, maker.key).capture([Thing("r.jpg", photo(3))])
    with pytest.raises(ForeignReceipt, match="has no seal"):
        _record(maker, _receipt(copy, verifier))


def test_receipt_that_names_no_exhibit(maker: CaseMaker, verifier: SigningKey, tmp_path: Path) -> None:
    """A receipt that found no seal says nothing of any exhibit; one that lacks the exhibit asked for, not of that."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(ForeignReceipt, match="no seal of an exhibit"):
        _record(maker, _receipt(tmp_path / "empty", verifier))
    with pytest.raises(ForeignReceipt, match="MP/3"):
        _record(maker, _receipt(maker.path, verifier, "second"), "MP/3")


def test_forged_receipts(maker: CaseMaker, verifier: SigningKey) -> None:
    """A receipt whose text was changed, or that another key signed than the one it names, is refused."""
    data = _receipt(maker.path, verifier)
    with pytest.raises(BadSignature):
        _record(maker, data.replace(b'"verdict":"ok"', b'"verdict":"unchecked"'))
    note = parse_note(data)
    with pytest.raises(BadSignature):
        _record(maker, sign_note(note.text, FORMAT, maker.key).encode())
    assert not [event for event in maker.case.events() if isinstance(event, Custody)]


@pytest.mark.parametrize(
    "change",
    [
        {"format": "goldenhour-receipt/2"},
        {"verdict": "fine"},
        {"time": "yesterday"},
        {"time": "2026-11-24T10:15:00"},
        {"time": "0001-01-01T00:00:00+14:00"},
        {"what": "x" * 201},
        {"seals": "many"},
        {"altered": 1.5},
        {"public_key": "00" * 32},
    ],
)
def test_signed_nonsense(maker: CaseMaker, verifier: SigningKey, change: dict[str, object]) -> None:
    """Whoever signs what no goldenhour writes gets an error of ours and nothing into the ledger."""
    told = {**msgspec.json.decode(parse_note(_receipt(maker.path, verifier)).text), **change}
    note = sign_note(msgspec.json.encode(told).decode() + "\n", FORMAT, verifier).encode()
    with pytest.raises((BadFormat, BadKey)):
        _record(maker, note)


def test_receipt_from_the_future(maker: CaseMaker, verifier: SigningKey, tmp_path: Path) -> None:
    """A receipt that was made later than now is refused."""
    path = tmp_path / "later"
    write_receipt(path, verify(maker.path), key=verifier, officer="J", clock=lambda: datetime(2999, 1, 1, tzinfo=UTC))
    with pytest.raises(NotRecordable, match="in the future"):
        _record(maker, path.read_bytes())


@pytest.mark.parametrize("data", [b"", b"{}\n\n", b"\xff", b"a\n\n\xe2\x80\x94 x AAAA\n", b"[" * 100_000])
def test_not_a_receipt(maker: CaseMaker, data: bytes) -> None:
    """Anything that is no signed note is refused."""
    with pytest.raises(BadFormat):
        _record(maker, data)


def test_receipts_are_never_overwritten(maker: CaseMaker, verifier: SigningKey) -> None:
    """A receipt is a new file."""
    data = _receipt(maker.path, verifier)
    with pytest.raises(WouldOverwrite):
        _receipt(maker.path, verifier)
    assert (maker.path.parent / "receipt").read_bytes() == data
