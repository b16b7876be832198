from __future__ import annotations

import gzip
import json
import os
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from exports.verification import Verification, verify
from hashing.case.capture_folder import capture_origin
from hashing.case.case import CAPTURES
from hashing.case.events import CaptureRegistered, CaptureSealed
from hashing.case.own_runs import Signed, signed_here
from hashing.ledger.checkpoint import Checkpoint, sign_checkpoint
from hashing.ledger.ledger import LEDGER
from hashing.ledger.merkle import MerkleTree
from tests.exports.small_case import CaseMaker, Thing, make_case, photo
from tests.exports.tampering import forget_here, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable


EMPTY_RESPONSE = b"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: 0\r\n\r\n\r\n\r\n"
THINGS = [Thing("one.jpg", photo(1)), Thing("two.jpg", photo(2))]


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Return a case of two sealed captures."""
    made = make_case(tmp_path)
    made.capture(THINGS)
    made.capture(THINGS[1:], scene="https://news.example/gallery.html")
    return made


def _named(found: Verification) -> dict[str, list[str]]:
    kinds = ("altered", "missing", "added", "problems", "unchecked")
    return {kind: [each.path for each in getattr(found, kind)] for kind in kinds if getattr(found, kind)}


@pytest.mark.parametrize("inside", ["captures", "captures/{}", "captures/{}/items"])
def test_a_folder_replaced_by_a_link_to_the_same(inside: str, maker: CaseMaker, tmp_path: Path) -> None:
    """A folder that has become a link, even to an identical one, is added, and all that was in it is missing."""
    folder = maker.path / inside.format(maker.case.captures()[0].name)
    name = str(folder.relative_to(maker.path))
    shutil.move(folder, tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    found = verify(maker.path)
    assert [(each.path, each.found) for each in found.added] == [(name, "symbolic link")]
    assert found.missing
    assert all(each.path.startswith(name) for each in found.missing)


def test_a_folder_of_a_bundle_replaced_by_a_link(bundle: Path, tmp_path: Path) -> None:
    """The same goes for a bundle, file by file."""
    shutil.move(bundle / "data" / "captures", tmp_path / "elsewhere")
    (bundle / "data" / "captures").symlink_to(tmp_path / "elsewhere")
    found = verify(bundle)
    assert [(each.path, each.found) for each in found.added] == [("data/captures", "symbolic link")]
    assert len(found.missing) > 8


def test_links_and_special_files_in_a_bundle(bundle: Path, tmp_path: Path) -> None:
    """A link in place of a file is altered, other links and pipes are added, and none is followed or opened."""
    report = bundle / "data" / "report.html"
    shutil.copy(report, tmp_path / "same.html")
    report.unlink()
    report.symlink_to(tmp_path / "same.html")
    (bundle / "data" / "passwd").symlink_to("/etc/passwd")
    (bundle / "loop").symlink_to(".")
    os.mkfifo(bundle / "data" / "pipe")
    found = verify(bundle)
    assert [(each.path, each.found) for each in found.altered] == [("data/report.html", "symbolic link")]
    assert {each.path: each.found for each in found.added} == {
        "data/passwd": "symbolic link",
        "data/pipe": "special file",
        "loop": "symbolic link",
    }


def test_a_second_name_for_an_item_is_harmless(maker: CaseMaker, tmp_path: Path) -> None:
    """A hard link outside of the case changes nothing in it."""
    os.link(next(maker.path.rglob("items/*one.jpg")), tmp_path / "second.jpg")
    assert verify(maker.path).verdict == "ok"


@pytest.mark.parametrize("more", [b"garbage", gzip.compress(EMPTY_RESPONSE, mtime=0), b"\0" * 512])
def test_a_record_added_to_a_warc(more: bytes, maker: CaseMaker) -> None:
    """A record more, or bytes that are none, are an altered exchange file."""
    warc = next(maker.path.rglob("*.warc.gz"))
    rewrite(warc, warc.read_bytes() + more)
    assert _named(verify(maker.path)) == {"altered": [str(warc.relative_to(maker.path))]}


def test_a_damaged_case_file_is_the_only_fault(maker: CaseMaker) -> None:
    """Where case.json is damaged or gone, everything else is still checked against the ledgers and found whole."""
    for data in (b"nonsense", b"[" * 200_000, b'{"format":"other/1"}'):
        rewrite(maker.path / "case.json", data)
        assert _named(verify(maker.path)).keys() == {"altered", "problems"}
        assert {path for paths in _named(verify(maker.path)).values() for path in paths} == {"case.json"}
    (maker.path / "case.json").unlink()
    found = verify(maker.path)
    assert (found.what, _named(found)) == ("case", {"missing": ["case.json"]})
    os.mkfifo(maker.path / "case.json")
    assert _named(verify(maker.path)) == {"altered": ["case.json"]}


def _line_of_a_later_version(data: bytes) -> bytes:
    return data + b'{"event":"time-travel","time":"2026-11-24T10:15:02.123Z"}\n'


@pytest.mark.parametrize("spoil", [lambda _: b"\xff\n", lambda _: b"[" * 100_000 + b"\n", _line_of_a_later_version])
def test_a_damaged_ledger_of_the_case_hides_no_capture(spoil: Callable[[bytes], bytes], maker: CaseMaker) -> None:
    """Where the case's ledger cannot be read, captures are checked by their own seals and not called added."""
    ledger = maker.path / "ledger.jsonl"
    rewrite(ledger, spoil(ledger.read_bytes()))
    found = verify(maker.path)
    assert found.verdict == "mismatch"
    assert "added" not in _named(found)
    assert {seal.exhibit for seal in found.seals} >= {"MP/1", "MP/2"}
    item = next(maker.path.rglob("items/*one.jpg"))
    rewrite(item, b"changed")
    assert _named(verify(maker.path))["altered"] == [str(item.relative_to(maker.path))]


def test_a_line_that_was_never_finished_is_told(maker: CaseMaker) -> None:
    """The torn end that a power cut leaves in a case's ledger is no fault, and it is said that it is there."""
    ledger = maker.path / "ledger.jsonl"
    rewrite(ledger, ledger.read_bytes() + b'{"torn')
    found = verify(maker.path)
    assert found.verdict == "ok"
    assert any("6 bytes of a line that was never finished" in note for note in found.notes)


def test_lines_that_are_not_signed_yet(maker: CaseMaker) -> None:
    """A case whose last line nobody signed, as a process that died leaves it, could not be checked to its end."""
    newest = max((maker.path / "checkpoints").iterdir())
    newest.rename(newest.with_name(f"{newest.name}.part"))
    forget_here(maker.path)
    found = verify(maker.path)
    assert _named(found) == {"unchecked": ["ledger.jsonl"]}
    assert "its last 1 lines are not signed" in found.unchecked[0].reason
    assert found.signers


def test_a_case_without_any_checkpoint(maker: CaseMaker) -> None:
    """A case that nobody signed any more does not match."""
    shutil.rmtree(maker.path / "checkpoints")
    found = verify(maker.path)
    assert found.verdict == "mismatch"
    assert _named(found) == {"problems": ["ledger.jsonl"]}


def _sealed_again(maker: CaseMaker, capture: Path, change: Callable[[list[bytes]], list[bytes]]) -> Path:
    """Change the lines of a capture's ledger and sign them, as only the officer can."""
    ledger = capture / "ledger.jsonl"
    lines = change(ledger.read_bytes().splitlines())
    rewrite(ledger, b"".join(line + b"\n" for line in lines))
    tree = MerkleTree()
    for line in lines:
        tree.append(line)
    checkpoint = Checkpoint(capture_origin(maker.case.info.id, capture.name), tree.size, tree.root())
    rewrite(capture / "checkpoint", sign_checkpoint(checkpoint, maker.key).encode())
    return capture


def _of_format_9(lines: list[bytes]) -> list[bytes]:
    first = lines[0].replace(b"goldenhour-capture/1", b"goldenhour-capture/9")
    return [first, b'{"event":"time-travel","time":"2026-11-24T10:15:02.123Z"}', *lines[1:]]


def test_a_capture_of_a_later_version_cannot_be_checked(maker: CaseMaker) -> None:
    """What a newer goldenhour wrote is not called altered because of events that this one does not know."""
    capture = _sealed_again(maker, maker.case.captures()[0], _of_format_9)
    found = verify(capture)
    assert found.verdict == "unchecked"
    assert "update goldenhour" in found.unchecked[0].reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda lines: lines[:-1], "sealed without a last line that says how it ended"),
        (lambda lines: [lines[0], *lines], "line 2: begins a capture that has begun"),
        (lambda lines: [*lines, lines[2]], "the last line does not count what the ledger holds"),
    ],
)
def test_a_sealed_ledger_that_makes_no_sense(
    change: Callable[[list[bytes]], list[bytes]], reason: str, maker: CaseMaker
) -> None:
    """The officer's signature does not make a ledger whole that no capture of ours writes."""
    found = verify(_sealed_again(maker, maker.case.captures()[0], change))
    assert found.verdict == "mismatch"
    assert reason in {each.reason for each in found.problems}


@pytest.mark.parametrize("line", [b"\xff", b"[" * 100_000, b'{"event":"item"}'])
def test_files_that_a_damaged_ledger_says_nothing_of_are_not_called_added(line: bytes, maker: CaseMaker) -> None:
    """Where a capture's ledger cannot be read, the ledger is named, and its files are said to be unchecked."""
    capture = maker.case.captures()[0]
    rewrite(capture / "ledger.jsonl", line + b"\n")
    found = _named(verify(maker.path))
    assert "added" not in found
    assert found["unchecked"] == [f"captures/{capture.name}/"]
    assert f"captures/{capture.name}/ledger.jsonl" in found["problems"]


def test_checkpoints_of_another_case(maker: CaseMaker, tmp_path: Path) -> None:
    """A checkpoint that the same key signed over another ledger does not pass, in a case or in a capture."""
    other = make_case(tmp_path, "OTHER")
    other.capture(THINGS)
    other.capture(THINGS[1:])
    for pattern in ("checkpoints/00000005.checkpoint", "captures/*/checkpoint"):
        ours, theirs = next(maker.path.glob(pattern)), next(other.path.glob(pattern))
        before = ours.read_bytes()
        rewrite(ours, theirs.read_bytes())
        found = verify(maker.path)
        assert "the checkpoint is of another ledger" in {each.reason for each in found.problems}
        rewrite(ours, before)
    assert verify(maker.path).verdict == "ok"


def test_a_case_that_was_rolled_back_is_an_earlier_case(maker: CaseMaker) -> None:
    """An earlier state of the whole case verifies with the earlier seal, and not with the one that was written down."""
    before = shutil.copytree(maker.path, maker.path.with_name("before"))
    maker.capture(THINGS, scene="https://news.example/third.html")
    written_down = verify(maker.path).seals[0].fingerprint
    found = verify(before)
    assert found.verdict == "ok"
    assert written_down not in {seal.fingerprint for seal in found.seals}


def test_the_seal_and_the_signer_of_a_bundle_come_first(maker: CaseMaker, bundle: Path) -> None:
    """What stands in the notebook for a bundle is its own seal: it is told apart from those of its captures."""
    found = verify(bundle)
    assert [seal.exhibit for seal in found.seals] == ["", "MP/1", "MP/2"]
    assert found.signers[0].covers == "seal/checkpoint"
    assert [seal.exhibit for seal in verify(maker.path).seals] == ["", "MP/1", "MP/2"]


@pytest.mark.parametrize("name", ["data/case.json", "data/manifest.json"])
def test_a_bundle_of_a_later_version_cannot_be_checked(name: str, bundle: Path) -> None:
    """A bundle whose format is newer is not called altered on the ground of what is unknown in it."""
    file = bundle / name
    record = json.loads(file.read_bytes())
    record["format"] = record["format"].partition("/")[0] + "/99"
    rewrite(file, json.dumps(record).encode())
    found = verify(bundle)
    assert any("update goldenhour" in each.reason for each in found.unchecked)
    assert "does not say" not in str(found.problems)


def test_a_bundle_without_its_declaration_is_still_a_bundle(bundle: Path) -> None:
    """Where bagit.txt is gone, it is missing; the bundle does not become something that cannot be checked."""
    (bundle / "bagit.txt").unlink()
    assert _named(verify(bundle)) == {"missing": ["bagit.txt"]}


def test_the_inside_of_a_bundle_is_not_a_case(bundle: Path) -> None:
    """Whoever names the data folder of a bundle is told to name the folder above it."""
    [told] = verify(bundle / "data").unchecked
    assert told.reason == (
        "not a case, a capture or a bundle; verify the folder above it: this is the inside of a bundle"
    )


def test_what_is_missing_by_the_thousand_is_told_at_once(bundle: Path) -> None:
    """A list that names very many files that are not there is worked through in moments, not hours."""
    listed = "".join(f"{'0' * 64}  data/{number:07d}\n" for number in range(50_000))
    rewrite(bundle / "manifest-sha256.txt", (bundle / "manifest-sha256.txt").read_bytes() + listed.encode())
    assert len(verify(bundle).missing) == 50_000


def test_a_list_of_very_many_files_is_read_to_its_end(tmp_path: Path) -> None:
    """The hash list of a bundle of hundreds of thousands of files, larger than any other file, is no fault."""
    folder = tmp_path / "bag"
    (folder / "data").mkdir(parents=True)
    (folder / "bagit.txt").write_bytes(b"BagIt-Version: 1.0\n")
    lines = "".join(f"{'0' * 64}  data/{'n' * 90}{number:07d}\n" for number in range(110_000))
    (folder / "manifest-sha256.txt").write_text(lines)
    assert len(lines) > 16 << 20
    assert len(verify(folder).missing) == 110_000


def test_a_case_is_never_wrong_because_someone_works_in_it(maker: CaseMaker) -> None:
    """While captures are begun, written and sealed, verify may find what is not sealed yet, and never a mismatch."""

    def _work() -> None:
        for _ in range(15):
            capture = maker.begin()
            for number in range(30):
                capture.add(Thing(f"{number}.jpg", photo(number)))
                capture.folder.append(capture.events)
                capture.events.clear()
            capture.seal()

    worker = threading.Thread(target=_work)
    worker.start()
    found = [verify(maker.path)]
    while worker.is_alive():
        found.append(verify(maker.path))
    worker.join()
    assert len(found) > 5
    assert {each.verdict for each in found} <= {"ok", "unchecked"}, [
        _named(each) for each in found if each.verdict == "mismatch"
    ]
    assert verify(maker.path).verdict == "ok"


def test_a_case_that_is_signed_while_its_ledger_is_read_is_not_set_back(
    maker: CaseMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What this computer knows to be signed is looked up before the ledger's end is read, so that it is never more."""
    maker.capture([Thing("a.jpg", photo(1))])

    def _while_somebody_signs(case: str, path: Path) -> tuple[Signed | None, Path]:
        maker.capture([Thing("b.jpg", photo(2))])
        return signed_here(case, path)

    monkeypatch.setattr("exports.verification.case.signed_here", _while_somebody_signs)
    assert verify(maker.path).verdict == "unchecked"
    monkeypatch.undo()
    assert verify(maker.path).verdict == "ok"


def test_an_item_that_a_running_capture_speaks_of_and_that_is_gone(maker: CaseMaker) -> None:
    """In a capture that is not sealed, too, what a ledger line speaks of must be there and as it says."""
    capture = maker.begin()
    for thing in THINGS:
        capture.add(thing)
    capture.folder.append(capture.events)
    first, second = sorted((capture.folder.path / "items").iterdir())
    first.unlink()
    rewrite(second, b"changed")
    found = verify(maker.path)
    capture.folder.close()
    prefix = f"{CAPTURES}/{capture.folder.path.name}/items"
    assert _named(found)["missing"] == [f"{prefix}/{first.name}"]
    assert _named(found)["altered"] == [f"{prefix}/{second.name}"]


def test_a_case_that_names_captures_outside_of_it(maker: CaseMaker) -> None:
    """A capture whose id is a path leads nowhere: it is missing."""
    event = CaptureRegistered(
        time="2026-11-24T10:15:02.123Z",
        capture="../../key",
        exhibit="ZZ/1",
        scene="s",
        officer="o",
        initials="ZZ",
        signer=maker.key.public.raw.hex(),
    )
    maker.case.record(event, key=maker.key)
    assert _named(verify(maker.path)) == {"missing": ["captures/../../key"]}


@pytest.mark.parametrize("field", ["scene", "officer", "initials", "time"])
def test_a_case_that_says_something_else_of_a_captures_beginning(
    field: str, maker: CaseMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signed line of the case that names another scene, officer or time than the capture's own is a mismatch."""
    said = {"scene": "https://other.example/", "officer": "Jo", "initials": "JO", "time": "2020-01-01T00:00:00.000Z"}

    def _lie(**fields: str) -> CaptureRegistered:
        return CaptureRegistered(**{**fields, field: said[field]})

    monkeypatch.setattr("hashing.case.case.CaptureRegistered", _lie)
    maker.begin().seal()
    found = verify(maker.path)
    assert _named(found) == {"problems": [LEDGER]}
    assert "does not say of captures/" in found.problems[0].reason
    assert found.verdict == "mismatch"


@pytest.mark.parametrize("field", ["status", "exhibit", "size", "root", "fingerprint"])
def test_a_case_that_says_something_else_of_a_captures_end(
    field: str, maker: CaseMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A capture that is complete, and that the case calls interrupted, is a mismatch; so are other seals."""
    said: dict[str, Any] = {
        "status": "interrupted",
        "exhibit": "MP/9",
        "size": 3,
        "root": "00" * 32,
        "fingerprint": "AAAA",
    }

    def _lie(**fields: str) -> CaptureSealed:
        return CaptureSealed(**{**fields, field: said[field]})

    monkeypatch.setattr("hashing.case.case.CaptureSealed", _lie)
    maker.capture(THINGS)
    assert _named(verify(maker.path)) == {"problems": [LEDGER]}


@pytest.mark.parametrize("twice", ["begun", "sealed", "reference"])
def test_a_case_that_says_two_things_of_one_capture(twice: str, maker: CaseMaker) -> None:
    """A capture begins once and ends once, under a reference that no other has."""
    events = maker.case.events()
    begun = next(event for event in events if isinstance(event, CaptureRegistered))
    sealed = next(event for event in maker.case.events() if isinstance(event, CaptureSealed))
    further: CaptureRegistered | CaptureSealed = sealed if twice == "sealed" else begun
    if twice == "reference":
        further = replace(begun, capture="20261124T101502Z-01J")
    with maker.case._changing(maker.key) as change:
        change.append([further])
    found = verify(maker.path)
    assert LEDGER in _named(found)["problems"]
    said = "a second capture is called" if twice == "reference" else "does not begin once, and then end once"
    assert any(said in problem.reason for problem in found.problems)


def test_a_batch_of_which_only_the_folder_is_there(tmp_path: Path) -> None:
    """A power cut leaves a batch that had only begun as an empty folder: that was not added by anybody."""
    maker = make_case(tmp_path)
    (maker.path / "batches/20261124T101502Z-01234567").mkdir(parents=True)
    found = verify(maker.path)
    assert found.verdict == "unchecked"
    assert [each.reason for each in found.unchecked] == [
        "a batch that is being begun, or was left when it had only begun"
    ]
    (maker.path / "batches/20261124T101502Z-01234567/within").mkdir()
    assert verify(maker.path).verdict == "mismatch"


def test_two_exhibits_that_look_the_same(maker: CaseMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case in which somebody has called a second capture `MP/1`, in Cyrillic letters, is a mismatch."""
    maker.begin().seal()
    monkeypatch.setattr("hashing.case.case_memory.CaseMemory.next_exhibit", lambda _, initials: f"{initials}/1")
    maker.begin(initials="\u041c\u0420").seal()
    found = verify(maker.path)
    assert _named(found) == {"problems": [LEDGER]}
    assert "a second capture is called \u041c\u0420/1" in found.problems[0].reason
