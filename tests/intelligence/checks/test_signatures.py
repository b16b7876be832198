"""Signatures and content credentials that files bring along: every flipped bit of what is signed is told."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import random
import re
import zipfile
from typing import TYPE_CHECKING

import msgspec
import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from hashing.case.events import ProofRead
from intelligence.checks import material_of
from intelligence.checks.signatures import signature_findings
from intelligence.checks.signed_claims import content_credentials, openpgp_signature, wacz_signature
from intelligence.intake.archives import zip_pieces
from tests.exports.small_case import photo
from tests.intelligence.checks.credentials import proof_mode, signed_wacz, with_credentials, with_trusted_credentials
from tests.intelligence.checks.pictures import jpeg, scene
from tests.intelligence.intake.handed_in import zipped
from tests.tracing import Traced, strace, traced

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytest.importorskip("c2pa", reason="the extra `proofs` is not installed")
pytest.importorskip("pysequoia", reason="the extra `proofs` is not installed")
_FLIPS = 300


@pytest.fixture(scope="module")
def signed() -> bytes:
    """Return a photo with content credentials."""
    return with_credentials(jpeg(scene(1)))


def _flipped(data: bytes, count: int = _FLIPS) -> Iterator[bytes]:
    """Yield the bytes with one bit flipped, at places of a seeded sample."""
    chance = random.Random(17)  # noqa: S311 - faults, not keys
    for place in chance.sample(range(8 * len(data)), min(count, 8 * len(data))):
        broken = bytearray(data)
        broken[place // 8] ^= 1 << place % 8
        yield bytes(broken)


def _checked(case: Path, *paths: Path) -> list[str]:
    line = ["intake", *map(str, paths), "--case", str(case), "--officer", "Mary Price"]
    assert CliRunner().invoke(main, line).exit_code in {Exit.OK, Exit.IN_PART}
    ran = CliRunner().invoke(main, ["check", str(case), "--quiet"])
    assert ran.exit_code == Exit.OK, ran.output
    return ran.stdout.splitlines()


def test_content_credentials_that_hold(signed: bytes, tmp_path: Path) -> None:
    """Whether a file is as it was signed is told apart from whether its signer is to be trusted."""
    (tmp_path / "1.jpg").write_bytes(signed)
    (tmp_path / "2.jpg").write_bytes(photo(2))
    lines = _checked(tmp_path / "OP", tmp_path / "1.jpg", tmp_path / "2.jpg")
    place = lines.index("  MP/1-0001: its content credentials by Camera 7 of Tests hold: it is as it was signed")
    assert lines[place + 1].startswith("    MP/1-0001  made with goldenhour-test")
    assert lines[place + 1].endswith("whom to trust is not judged: no list of trusted signers was named")
    assert not [line for line in lines if "MP/1-0002: its content" in line]


def test_of_a_protected_source_no_signer_is_told(signed: bytes, tmp_path: Path) -> None:
    """Whether signatures hold is told, and not by whom and with what: that may say who handed it in."""
    (tmp_path / "1.jpg").write_bytes(signed)
    (tmp_path / "p.zip").write_bytes(zipped(proof_mode(photo(3))))
    _checked(tmp_path / "OP", tmp_path / "1.jpg", tmp_path / "p.zip")
    with material_of(tmp_path / "OP") as material:
        open_ones = list(signature_findings(material.items))
        found = list(signature_findings([dataclasses.replace(item, protected=True) for item in material.items]))
    assert [finding.says.partition(" by ")[0] for finding in found] == [
        "MP/1-0001: its content credentials hold: it is as it was signed",
        "MP/1-0003: all three signatures of ProofMode hold",
    ]
    for word in ("Camera 7", "goldenhour-test", "by key"):
        assert word in str(open_ones)
        assert word not in str(found)


def test_signed_proofs_of_posts_are_told(tmp_path: Path) -> None:
    """Whether a post's signed proof holds is told with what it proves, and what it does not."""
    (tmp_path / "1.json").write_bytes(b"{}")
    _checked(tmp_path / "OP", tmp_path / "1.json")
    proof = ProofRead(
        time="", ref="MP/1-0001", identity="", did="did:plc:a", collection="c", rkey="1", post="MP/1-0002"
    )
    with material_of(tmp_path / "OP") as material:
        for problem, said in (("", "That proves no time"), ("it is cut off", "does not hold: it is cut off")):
            read = msgspec.structs.replace(proof, record_cid="x", key="did:key:z", problem=problem)
            [found] = signature_findings([dataclasses.replace(material.items[0], proof=read)])
            assert found.says.startswith("MP/1-0001: The ")
            assert said in found.says
            assert [ref for ref, _ in found.rests_on] == ["MP/1-0001", *([] if problem else ["MP/1-0002"])]


def test_whom_to_trust_is_said_by_a_list(signed: bytes, tmp_path: Path) -> None:
    """By a list that the user names a signer is trusted or not; of a file that was altered, nothing is said of that."""
    trusted, authority = with_trusted_credentials(jpeg(scene(2)))
    altered = trusted[:-50] + bytes([trusted[-50] ^ 1]) + trusted[-49:]
    for name, data in {"1.jpg": trusted, "2.jpg": signed, "3.jpg": altered, "list.pem": authority}.items():
        (tmp_path / name).write_bytes(data)
    _checked(tmp_path / "OP", *(tmp_path / f"{number}.jpg" for number in (1, 2, 3)))
    line = ["check", str(tmp_path / "OP"), "--quiet", "--trust-list", str(tmp_path / "list.pem")]
    lines = CliRunner().invoke(main, line).stdout.splitlines()
    known = {line.split()[0]: line for line in lines if line.startswith("    MP/1-") and "made with" in line}
    digest = f"(1 certificate, sha256:{hashlib.sha256(authority).hexdigest()})"
    assert known["MP/1-0001"].endswith(f"; its signer is trusted by the trust list list.pem {digest}")
    assert known["MP/1-0002"].endswith(f"; its signer is NOT trusted by the trust list list.pem {digest}")
    assert "trusted" not in known["MP/1-0003"]
    assert any("MP/1-0003: its content credentials by Camera 7 of Tests DO NOT HOLD" in line for line in lines)
    (tmp_path / "list.pem").write_bytes(b"no list")
    ran = CliRunner().invoke(main, line)
    assert (ran.exit_code, ran.stdout) == (Exit.USAGE, "")
    assert "no list of certificates in PEM" in ran.stderr


def test_every_flipped_bit_of_a_signed_photo_is_told(signed: bytes, tmp_path: Path) -> None:
    """No bit of picture, claims, signature or padding can change so that the content credentials still hold.

    The names and frames of the boxes say nothing, and no signature covers them.
    """
    frames = {
        place for each in re.finditer(b"jumb|jumd", signed) for place in range(each.start() - 20, each.end() + 70)
    }
    chance = random.Random(17)  # noqa: S311 - faults, not keys
    padding = range(signed.index(b"cpadY"), signed.index(b"cpadY") + 40)
    places = [*chance.sample(sorted(set(range(len(signed))) - frames), _FLIPS), *padding]
    path = tmp_path / "1.jpg"
    for place in places:
        broken = bytearray(signed)
        broken[place] ^= 1 << chance.randrange(8)
        path.write_bytes(broken)
        with path.open("rb") as file:
            found = content_credentials(file, "image/jpeg")
        assert (found.found, found.holds, bool(found.reason)) == (True, False, True), place


def test_credentials_that_stand_elsewhere_are_not_fetched(tmp_path: Path) -> None:
    """A photo that names a server for its credentials is told; nobody asks that server."""
    xmp = b'<x:xmpmeta><rdf:Description dcterms:provenance="http://127.0.0.1:9/m.c2pa"/></x:xmpmeta>'
    (tmp_path / "1.jpg").write_bytes(jpeg(scene(1)) + xmp)
    lines = _checked(tmp_path / "OP", tmp_path / "1.jpg")
    said = "  MP/1-0001: its content credentials DO NOT HOLD: they stand on a server: nothing is fetched"
    assert said in lines


def test_proof_mode_that_holds(tmp_path: Path) -> None:
    """The signatures of the photo and of both lists of what its sensors said hold, by the key that came along."""
    (tmp_path / "p.zip").write_bytes(zipped(proof_mode(photo(3))))
    lines = _checked(tmp_path / "OP", tmp_path / "p.zip")
    [told] = [line for line in lines if "ProofMode" in line]
    assert "MP/1-0002: all three signatures of ProofMode hold, by key " in told
    assert told.endswith(", which came along with it")
    holding = [line for line in lines if "  signature of " in line]
    assert [line.partition("signature of ")[2].partition(";")[0] for line in holding] == [
        "the file holds",
        "proof.csv holds",
        "proof.json holds",
    ]


@pytest.mark.parametrize("gone", ["pubkey.asc", ".proof.json", ".proof.csv.asc"])
def test_proof_mode_in_part(tmp_path: Path, gone: str) -> None:
    """A file of the bundle that is not there is told."""
    files = {name: data for name, data in proof_mode(photo(3)).items() if not name.endswith(gone)}
    (tmp_path / "p.zip").write_bytes(zipped(files))
    lines = _checked(tmp_path / "OP", tmp_path / "p.zip")
    assert any("NOT ALL signatures of ProofMode hold" in line for line in lines)
    assert any("not here as it was signed, or without signature or key: " in line for line in lines)


def test_a_photo_of_proof_mode_that_was_altered(tmp_path: Path) -> None:
    """A photo that is no longer the one that its signature is named for is told, as one that is not there is."""
    files = dict(proof_mode(photo(3)))
    files["PXL.jpg"] = next(_flipped(files["PXL.jpg"]))
    (tmp_path / "p.zip").write_bytes(zipped(files))
    lines = _checked(tmp_path / "OP", tmp_path / "p.zip")
    assert any("NOT ALL signatures of ProofMode hold" in line for line in lines)
    assert any("not here as it was signed, or without signature or key: the file" in line for line in lines)


def test_every_flipped_bit_of_what_proof_mode_signs_is_told() -> None:
    """No bit of the photo or of its proofs can change so that the signature still holds."""
    files = proof_mode(photo(3))
    for name in (name for name in files if f"{name}.asc" in files):
        for broken in _flipped(files[name], 60):
            found = openpgp_signature(
                *(io.BytesIO(each) for each in (broken, files[f"{name}.asc"], files["pubkey.asc"]))
            )
            assert not found.holds


def test_every_flipped_bit_of_a_zips_files_is_told() -> None:
    """A bit that changes in what a zip holds ends in a failure, or in other bytes, names or fewer files."""
    data = _stored(proof_mode(photo(3)))  # in a compressed one the last byte of a file may have bits that say nothing
    whole = _unzipped(data)
    end = data.index(b"PK\1\2")
    chance = random.Random(17)  # noqa: S311 - faults, not keys
    headers = [place for place in range(end) if data.startswith(b"PK\3\4", place)]
    inside = set(range(end)) - {place + each for place in headers for each in range(30)}
    for place in chance.sample(sorted(inside), 200):
        broken = bytearray(data)
        broken[place] ^= 1 << chance.randrange(8)
        assert _unzipped(bytes(broken)) != whole, place


def _stored(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def _unzipped(data: bytes) -> list[object]:
    told = zip_pieces(io.BytesIO(data), len(data))
    return [(piece.begins.name if piece.begins else "", piece.data, piece.failed) for piece in told]


@pytest.mark.parametrize("raw", [True, False])
def test_the_signature_of_a_wacz(tmp_path: Path, raw: bool) -> None:
    """It is checked over the list of files, as browsers and servers write it; a change in either is told."""
    package = b'{"profile": "data-package", "resources": []}'
    digest = signed_wacz(package, raw=raw)
    (tmp_path / "a.wacz").write_bytes(zipped({"datapackage.json": package, "datapackage-digest.json": digest}))
    lines = _checked(tmp_path / "OP", tmp_path / "a.wacz")
    [told] = [line for line in lines if ": the signature of the WACZ by key " in line]
    assert told.endswith(" holds over its list of files")
    for broken in _flipped(package, 60):
        assert not wacz_signature(io.BytesIO(digest), io.BytesIO(broken)).holds
    for name in ("hash", "signature", "publicKey"):
        value = json.loads(digest)["signedData"][name]
        for place in range(0, len(value), 7):
            changed = value[:place] + ("B" if value[place] == "A" else "A") + value[place + 1 :]
            broken = digest.replace(value.encode(), changed.encode())
            assert not wacz_signature(io.BytesIO(broken), io.BytesIO(package)).holds


@pytest.mark.skipif(not strace(), reason="strace is not installed, or may not trace here")
def test_nothing_is_fetched(signed: bytes, tmp_path: Path) -> None:
    """Traced, a check of signed files connects to nothing."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in/1.jpg").write_bytes(signed)
    (tmp_path / "in/p.zip").write_bytes(zipped(proof_mode(photo(3))))
    lines = [
        ["intake", str(tmp_path / "in"), "--case", str(tmp_path / "OP"), "--officer", "M", "--initials", "M"],
        ["check", str(tmp_path / "OP"), "--quiet"],
    ]
    touched, codes = traced([Traced(line) for line in lines], tmp_path)
    assert codes == [0, 0]
    assert all(touched)
    assert not [each for calls in touched for each in calls if each.call == "connect"]
