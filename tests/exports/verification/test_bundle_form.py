"""A bundle holds exactly the files that goldenhour writes; what the seal states of them cannot be dropped unseen."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import msgspec
import pytest

from exports.bundle import export_bundle
from exports.disclosure.openings import FORMAT as OPENINGS
from exports.disclosure.openings import Openings
from exports.format.bundle_layout import is_derived
from exports.format.proofs import Consistency, EarlierSize, Proof, read_consistency, read_proof
from exports.verification import verify
from exports.verification.same_names import name_faults
from hashing.case.custody import Handling, record_custody
from hashing.case.events import Exported, decode_case_event
from hashing.case.timestamping import timestamp_seals
from hashing.errors import BadFormat
from hashing.ledger.keys import load_or_create_signing_key
from hashing.ledger.trusted_time import load_roots
from tests.exports.bundles import bundle_of
from tests.exports.small_case import OFFICER, CaseMaker, Thing, make_case, photo
from tests.exports.tampering import list_again, pack, rewrite, unpack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from exports.verification import Verification
    from tests.servers.time_authority import TimeAuthority

FORGED = b"<h1>FORGED: the suspect never posted this</h1>"
ADDED = [
    "READ_ME_FIRST.html",
    "report.html",
    "autorun.inf",
    "fetch.txt",
    "manifest-md5.txt",
    "tagmanifest-md5.txt",
    "Data/report.html",
    "data./report.html",
    "data /report.html",
    "dat\u00e1/report.html",
    "data/report.html:hidden",
    "data/REPORT.HTML",
    "data/report.html.",
    "data/.DS_Store",
    "data/correction.html",
    "data/report/correction.txt",
    "data/captures/20260101T000000Z-evil/items/x.jpg",
    "seal/correction.html",
    "seal/checkpoint.tsr",
    "seal/checkpoint:evil",
    "seal/captures/other.json",
    "seal/custody/note.json",
    "seal/custody/00000099.json",
    "seal/custody/00000099.proof",
    "seal/timestamped.json",
    "seal/timestamped.html",
    "seal/timestamps/x.json",
]


@pytest.fixture
def timestamped(tmp_path: Path, authority: TimeAuthority) -> Path:
    """Return a bundle with trusted times and a custody event, of a case that had a bundle made before."""
    maker = make_case(tmp_path)
    maker.capture([Thing("one.jpg", photo(1))])
    maker.capture([Thing("two.jpg", photo(2))])
    assert all(each.timestamped for each in timestamp_seals(maker.case, [authority.url()], key=maker.key))
    bundle_of(maker, tmp_path / "earlier")
    record_custody(maker.case, ["MP/1"], Handling(action="opened", reason="copy"), key=maker.key, officer=OFFICER)
    return bundle_of(maker, tmp_path / "bundle")


def _problems(found: Verification) -> set[str]:
    return {each.path for each in found.problems}


def test_a_file_that_goldenhour_does_not_write_was_added(bundle: Path, maker: CaseMaker) -> None:
    """Whatever stands in a bundle beside its own files is named as added, though the bag's own list vouches for it."""
    for folder in (bundle, *bundle.rglob("*/")):
        folder.chmod(0o700)
    for name in ADDED:
        path = bundle / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FORGED)
        for listed in (False, True):
            if listed:
                list_again(bundle)
            found = verify(bundle, signers=[maker.key.public])
            assert (found.verdict, name in {each.path for each in found.added}) == ("mismatch", True), name
            explained = any("macOS and Windows" in note for note in found.notes)
            assert explained == name.endswith(".DS_Store"), name
        path.unlink()
        while not any(path.parent.iterdir()):
            path = path.parent
            path.rmdir()
    list_again(bundle)
    assert verify(bundle).verdict == "ok"


def test_an_empty_folder_was_added(bundle: Path) -> None:
    """A folder that holds nothing is named: somewhere it may be the folder that it looks like."""
    for number, name in enumerate(["seal/empty", "data/empty", "Data", "data/captures/x/y", "empty/in/another"], 1):
        (bundle / name).mkdir(parents=True)
        found = verify(bundle)
        assert found.verdict == "mismatch"
        assert f"{name}/" in {each.path for each in found.added}
        assert len([each for each in found.added if each.found == "an empty folder"]) >= number


def test_the_same_in_a_zip(maker: CaseMaker, tmp_path: Path) -> None:
    """The exact set of files is demanded of a zip as of a folder."""
    whole = unpack(bundle_of(maker, tmp_path / "bundle.zip").read_bytes())
    for number, name in enumerate(ADDED):
        found = verify(pack(tmp_path / f"{number}.zip", {**whole, f"bundle/{name}": FORGED}))
        assert found.verdict == "mismatch"
        assert name in {each.path for each in found.added}


def _names_of(bundle: Path) -> list[str]:
    return sorted(str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file())


def test_no_file_can_be_dropped_unseen(timestamped: Path) -> None:
    """Whichever file of a bundle is gone, with its line in the list of tag files, it is named as missing."""
    assert verify(timestamped).verdict == "ok"
    names = _names_of(timestamped)
    assert {"seal/timestamped.json", "seal/timestamped.checkpoint.tsr", "seal/consistency"} <= set(names)
    assert any(name.startswith("seal/timestamps/") for name in names)
    assert any(name.startswith("seal/custody/") for name in names)
    for name in names:
        (timestamped / name).parent.chmod(0o700)
        data = (timestamped / name).read_bytes()
        (timestamped / name).unlink()
        if name != "tagmanifest-sha256.txt":
            list_again(timestamped)
        found = verify(timestamped)
        assert (found.verdict, name in {each.path for each in found.missing}) == ("mismatch", True), name
        (timestamped / name).write_bytes(data)
    list_again(timestamped)
    assert verify(timestamped).verdict == "ok"


@pytest.mark.parametrize(
    "pattern",
    ["seal/timestamped*", "seal/timestamps/*", "seal/custody/*", "data/captures/*/checkpoint.tsr", "seal/consistency"],
)
def test_proofs_and_times_cannot_be_dropped_together(pattern: str, timestamped: Path) -> None:
    """A trusted time, a custody line or the proofs that the ledger only grew are stated under the seal."""
    gone = list(timestamped.glob(pattern))
    for path in gone:
        path.parent.chmod(0o700)
        path.unlink()
    list_again(timestamped)
    found = verify(timestamped)
    assert found.verdict == "mismatch"
    assert {str(path.relative_to(timestamped)) for path in gone} <= {each.path for each in found.missing}


def test_a_line_of_another_place_is_not_the_one_named(timestamped: Path) -> None:
    """Each line in the seal folder is the one whose number the sealed export states; another, though proven, is not."""
    export = decode_case_event((timestamped / "seal/export.json").read_bytes())
    assert isinstance(export, Exported)
    one, two = export.captures
    for ending in ("json", "proof"):
        rewrite(
            timestamped / f"seal/captures/{one}.{ending}", (timestamped / f"seal/captures/{two}.{ending}").read_bytes()
        )
    list_again(timestamped)
    assert f"seal/captures/{one}.proof" in _problems(verify(timestamped))


def test_the_export_cannot_be_another_line(timestamped: Path) -> None:
    """A line of the ledger that is no export does not stand for one, proven or not."""
    [custody] = (timestamped / "seal/custody").glob("*.json")
    for ending in (".json", ".proof"):
        rewrite(timestamped / f"seal/export{ending}", custody.with_suffix(ending).read_bytes())
    list_again(timestamped)
    found = verify(timestamped)
    assert found.verdict == "mismatch"
    assert "seal/export.json" in {each.path for each in found.problems}


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "seal/public-key.pem": lambda data: b"This key belongs to Chief Constable John Doe\n" + data,
    "seal/checkpoint": lambda data: data + "— goldenhour/x AAAAAHHHHHHH\n".encode(),
    "seal/export.proof": lambda data: b"0" + data,
    "seal/consistency": lambda data: data + b"\n",
    "seal/timestamped.consistency": lambda data: data.replace(b"\n", b"\r\n"),
    "tagmanifest-sha256.txt": lambda data: data.replace(b"  ", b" *"),
    "bagit.txt": lambda data: data + b"\n",
    "seal/export.json": lambda data: data + b"\n",
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("behind", [False, True])
def test_what_stands_beside_a_signature_is_told(name: str, behind: bool, timestamped: Path) -> None:
    """Text before or behind a key, a further signature line, a number written in another way: each is a fault."""
    whole = (timestamped / name).read_bytes()
    rewrite(timestamped / name, whole + b"Signed by the Chief Constable\n" if behind else CHANGES[name](whole))
    if name != "tagmanifest-sha256.txt":
        list_again(timestamped)
    assert verify(timestamped).verdict == "mismatch"


@pytest.mark.parametrize("change", [sorted, lambda lines: [*reversed(lines)], lambda lines: [*lines, lines[0]]])
def test_the_list_of_tag_files_has_one_form(change: Callable[[list[bytes]], list[bytes]], bundle: Path) -> None:
    """Lines out of order, or twice, are told: nobody signs that list."""
    tags = bundle / "tagmanifest-sha256.txt"
    lines = tags.read_bytes().splitlines(keepends=True)
    changed = b"".join(change(sorted(lines, key=lambda line: line[66:])))
    rewrite(tags, changed)
    assert verify(bundle).verdict == "mismatch"


def test_a_demand_that_meets_nothing_is_not_met(
    maker: CaseMaker, bundle: Path, tmp_path: Path, authority: TimeAuthority
) -> None:
    """A key that signed nothing, a root that no time leads to, an earlier state without proof: could not check."""
    from exports.forms.conversion import convert

    wacz = convert(bundle, "wacz").path
    shutil.copy(wacz, tmp_path / "OP-ALDER.zip")
    other, _ = load_or_create_signing_key(tmp_path / "other.pem")
    roots = load_roots(authority.root)
    bag = tmp_path / "bag"
    (bag / "data").mkdir(parents=True)
    (bag / "bagit.txt").write_bytes(b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (bag / "manifest-sha256.txt").write_bytes(b"")
    for path in (wacz, tmp_path / "OP-ALDER.zip", bag, bundle, maker.path, maker.case.captures()[0]):
        assert verify(path, signers=[other.public]).verdict == "unchecked", path
        assert verify(path, roots=roots).verdict == "unchecked", path
        assert verify(path, since=wacz).verdict == "unchecked", path
    for path in (bundle, maker.path, maker.case.captures()[0]):
        assert verify(path, signers=[maker.key.public]).verdict == "ok"
    assert verify(wacz).verdict == "ok"
    [told] = verify(wacz, signers=[maker.key.public]).unchecked
    assert told.reason == "the key demanded signed nothing here, nor did any other"
    [told] = verify(bundle, roots=roots).unchecked
    assert told.reason == "holds no trusted time that leads to a root given"


def test_openings_that_open_nothing(maker: CaseMaker, bundle: Path) -> None:
    """Openings without anything to open could not be checked."""
    openings = Openings(format=OPENINGS, case=maker.case.info.id, bundle="bundle", openings=())
    assert "they open nothing here" in {each.reason for each in verify(bundle, openings=openings).unchecked}


SAME = [
    ("data/report.html", "Data/report.html"),
    ("data/report.html", "data./report.html"),
    ("data/report.html", "data /report.html"),
    ("data/report.html", "data/report.html. ."),
    ("data/caf\u00e9.txt", "data/cafe\u0301.txt"),
    ("data/\ufb01re.txt", "data/fire.txt"),
    ("data/STRASSE", "data/stra\u00dfe"),
    ("data/\u212bngstr\u00f6m", "data/\u00e5ngstr\u00f6m"),
    ("seal/checkpoint", "seal/checkpoint:evil"),
    ("data/a\u200db.jpg", "data/ab.jpg"),
    ("A/x", "a/y"),
    ("A", "a/y"),
]


@pytest.mark.parametrize("names", SAME)
def test_names_that_are_one_name_elsewhere(names: tuple[str, str]) -> None:
    """Two names that some system takes for the same one are told, in whatever order they stand."""
    for given in (names, names[::-1]):
        assert list(name_faults(dict.fromkeys(given)))


@pytest.mark.parametrize("name", ["con", "NUL.txt", "data/aux/x", "data/LPT1.jpg", "data/com\u00b9", "..."])
def test_names_that_a_system_cannot_have(name: str) -> None:
    """A name that Windows keeps for a device, or that it cannot have, is told."""
    assert list(name_faults([name]))


def test_names_of_ours_are_all_different(timestamped: Path) -> None:
    """No name in a bundle is told, and each file that is made for a bundle is known as such."""
    names = _names_of(timestamped)
    assert not list(name_faults(names))
    assert {name for name in names if name.startswith("data/") and "captures" not in name} == {
        name for name in names if is_derived(name)
    }


def test_two_sealed_names_that_are_one_elsewhere(tmp_path: Path) -> None:
    """A capture whose items would overwrite each other on Windows or macOS is told, though its seal holds."""
    maker = make_case(tmp_path)
    begun = maker.begin()
    begun.add(Thing("one.jpg", photo(1)))
    begun.events = [
        msgspec.structs.replace(event, path="items/0001-ONE.jpg") if event.__class__.__name__ == "Item" else event
        for event in begun.events
    ] + begun.events[1:]
    begun._items += 1  # counts what this test adds
    begun.events[-1] = msgspec.structs.replace(begun.events[-1], ref="MP/1-0002")
    shutil.copy(begun.folder.path / "items/0001-one.jpg", begun.folder.path / "items/0001-ONE.jpg")
    begun.seal()
    found = verify(maker.path)
    assert [each.reason for each in found.problems] == [
        f"the same name as captures/{begun.folder.path.name}/items/0001-one.jpg on some systems"
    ]


def test_proofs_have_one_form() -> None:
    """A proof is read where it is written as goldenhour writes it, and in no other way."""
    proof = Proof(3, 7, (bytes(32), bytes(range(32))))
    assert read_proof(proof.write()) == proof
    history = Consistency(7, (EarlierSize(3, bytes(32), ()), EarlierSize(6, bytes(range(32)), (bytes(32),))))
    assert read_consistency(history.write()) == history
    for data in (
        b"",
        b"3\n",
        b"3\n7",
        b"03\n7\n",
        b"+3\n7\n",
        b" 3\n7\n",
        b"3\n7\n\n",
        b"3_0\n7\n",
        b"\xd9\xa3\n7\n",
        b"3\n" + b"9" * 5000,
    ):
        for read in (read_proof, read_consistency):
            if (read, data) != (read_consistency, b"3\n"):
                with pytest.raises(BadFormat):
                    read(data)


def test_another_name_for_the_export_is_not_hidden(maker: CaseMaker, tmp_path: Path) -> None:
    """A bundle that was renamed as a folder is whole: the name outside of it is the receiver's."""
    bundle = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "a").path
    assert verify(bundle.rename(tmp_path / "b")).verdict == "ok"
