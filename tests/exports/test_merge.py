from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest

from capture.run.recovery import recover_abandoned
from exports.bundle import export_bundle
from exports.custody.receipt import record_receipt, write_receipt
from exports.format.continuity import exhibits_of
from exports.merge import MISMATCH, NOTHING, REFUSED, TAKEN, THERE, UNCHECKED, WOULD_TAKE, MergeOutcome, Merger, merge
from exports.verification import verify
from hashing.case.case import Case
from hashing.case.custody import Handling, record_custody, record_description
from hashing.case.events import Custody, Described, Merged, MergedLine, encode
from hashing.case.timestamping import timestamp_seals
from hashing.errors import NotAsSigned, NotRecordable, StorageFull
from hashing.ledger.keys import load_or_create_signing_key
from hashing.ledger.ledger import LEDGER, Ledger
from tests.exports.small_case import OFFICER, CaseMaker, Thing, photo
from tests.exports.tampering import rewrite, sign_tail

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.time_authority import TimeAuthority

HILL = "John Hill"


@pytest.fixture
def other(tmp_path: Path) -> CaseMaker:
    """Make another officer's case: two exhibits, one of which was opened and has an item that is described."""
    other = CaseMaker(tmp_path / "UNIT-2", load_or_create_signing_key(tmp_path / "hill.pem")[0])
    other.capture([Thing("a.jpg", photo(5)), Thing("b.jpg", photo(6))], initials="JH")
    other.capture([Thing("c.jpg", photo(7))], initials="JH")
    record_custody(other.case, ["JH/1"], Handling(action="opened", reason="to look"), key=other.key, officer=HILL)
    record_description(other.case, "JH/1-0002", "the lorry", key=other.key, officer=HILL)
    return other


def merging(maker: CaseMaker, *sources: Path) -> list[MergeOutcome]:
    """Merge sources into a case, and see that it stays whole."""
    outcomes = list(merge(maker.case, sources, Merger(officer=OFFICER, key=maker.key)))
    assert verify(maker.path).verdict == "ok", verify(maker.path)
    assert not list(maker.path.glob(".merge*"))
    return outcomes


def told(outcomes: list[MergeOutcome]) -> list[tuple[str, str]]:
    """Return exhibit and outcome of each."""
    return [(each.exhibit, each.outcome) for each in outcomes]


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _flip(folder: Path) -> None:
    item = next(folder.glob("captures/*/items/0002*"))
    rewrite(item, item.read_bytes()[:-1] + b"x")


def _remove(folder: Path) -> None:
    next(folder.glob("captures/*/items/0002*")).unlink()


def _link(folder: Path) -> None:
    item = next(folder.glob("captures/*/items/0002*"))
    item.rename(folder.parent / "elsewhere")
    item.symlink_to(folder.parent / "elsewhere")


def _pipe(folder: Path) -> None:
    os.mkfifo(next(folder.glob("captures/*/items")) / "0009-pipe.jpg")


def _strange(folder: Path) -> None:
    (next(folder.glob("captures/*/items")) / os.fsdecode(b"\xff\n..jpg")).write_bytes(b"x")


@pytest.mark.parametrize("spoil", [_flip, _remove, _link, _pipe, _strange])
def test_what_does_not_match_is_not_taken(spoil: object, maker: CaseMaker, other: CaseMaker, tmp_path: Path) -> None:
    """Of a source with any fault nothing is taken, the fault is named, and the next source is."""
    bundle = export_bundle(other.case, key=other.key, officer=HILL, output=tmp_path / "out", exhibits=["JH/2"]).path
    assert callable(spoil)
    spoil(other.path)
    first, second = merging(maker, other.path, bundle)
    assert (first.outcome, first.capture, second.exhibit, second.outcome) == (MISMATCH, "", "JH/2", TAKEN)
    assert "nothing was taken" in first.reason
    assert "000" in first.reason or "jpg" in first.reason


def test_what_cannot_be_checked_is_not_taken(maker: CaseMaker, other: CaseMaker, tmp_path: Path) -> None:
    """No path, a file of others and a case with a running capture are unchecked; that a case is empty is said."""
    (tmp_path / "notes.txt").write_text("hello")
    empty = CaseMaker(tmp_path / "EMPTY", maker.key)
    other.begin(initials="JH").folder.close()
    before = snapshot(maker.path)
    found = merging(maker, tmp_path / "nowhere", tmp_path / "notes.txt", other.path, empty.path)
    assert [each.outcome for each in found] == [UNCHECKED, UNCHECKED, UNCHECKED, NOTHING]
    assert snapshot(maker.path) == before


def test_a_reference_is_never_given_twice(maker: CaseMaker, tmp_path: Path) -> None:
    """A capture whose reference another one has here is refused, with what to do; the others of its case are taken."""
    other = CaseMaker(tmp_path / "B", maker.key)
    other.capture([Thing("a.jpg", photo(5))])
    other.capture([Thing("a.jpg", photo(6))], initials="XX")
    outcomes = merging(maker, other.path)
    assert sorted(told(outcomes)) == [("MP/1", REFUSED), ("XX/1", TAKEN)]
    [refused] = [each for each in outcomes if each.outcome == REFUSED]
    assert "another capture under that reference" in refused.reason
    assert "--initials" in refused.hint
    cyrillic = CaseMaker(tmp_path / "C", maker.key)
    for initials in ("\u041c\u0420", "XX", "MP"):
        cyrillic.capture([Thing("a.jpg", photo(7))], initials=initials)
    said = [("MP/2", REFUSED), ("XX/1", REFUSED), ("\u041c\u0420/1", REFUSED)]
    assert sorted(told(merging(maker, cyrillic.path))) == said


def test_the_same_capture_with_another_seal(maker: CaseMaker, other: CaseMaker, tmp_path: Path) -> None:
    """Two seals of one capture cannot both be true: the second is a mismatch, and does not replace the first."""
    begun = other.begin(initials="JH")
    shutil.copytree(other.path, tmp_path / "copy")
    begun.seal()
    copied = Case.open(tmp_path / "copy")
    recover_abandoned(copied, key=other.key, officer=HILL)
    assert ("JH/3", TAKEN) in told(merging(maker, other.path))
    before = snapshot(maker.path / "captures")
    assert ("JH/3", MISMATCH) in told(merging(maker, copied.path))
    assert snapshot(maker.path / "captures") == before


def test_the_case_itself(maker: CaseMaker) -> None:
    """The case itself, what is in it, and a folder that holds it are refused."""
    link = maker.path.parent / "link"
    link.symlink_to(maker.path)
    sources = (maker.path, next(maker.path.glob("captures/*")), maker.path.parent, link)
    assert {each.outcome for each in merging(maker, *sources)} == {REFUSED}


@pytest.mark.parametrize("initials", ["..", "A/B", "A\nB", "\u202eX", "X" * 200])
def test_a_reference_that_goldenhour_never_gives(initials: str, maker: CaseMaker, tmp_path: Path) -> None:
    """A stranger's ledger names what it likes; only what could be a reference becomes one."""
    other = CaseMaker(tmp_path / "B", maker.key)
    other.capture([Thing("a.jpg", photo(5))], initials=initials)
    assert [each.outcome for each in merging(maker, other.path)] == [REFUSED]


def test_a_log_that_cannot_be_shown(maker: CaseMaker, other: CaseMaker) -> None:
    """Of a case with a line whose signer nobody can name nothing is taken in."""
    event = Custody(time="2026-11-25T08:00:00.000Z", ref="JH/1", action="opened", officer=HILL, signer="00")
    other.case.record(event, key=other.key)
    assert told(merging(maker, other.path)) == [("", MISMATCH)]


def test_a_log_that_is_no_text(maker: CaseMaker, other: CaseMaker) -> None:
    """Bytes that are no UTF-8, in a field that no event has, make a clear refusal of the capture that they speak of."""
    event = Custody(
        time="2026-11-25T08:00:00.000Z", ref="JH/1", action="opened", officer=HILL, signer=other.key.public.raw.hex()
    )
    with Ledger.open(other.path / LEDGER) as ledger:
        ledger.append([encode(event)[:-1] + b',"x":"\xff"}'])
    sign_tail(other.path, other.key)
    assert {each.outcome for each in merging(maker, other.path)} <= {MISMATCH, UNCHECKED, TAKEN}
    assert "JH/1" not in {each.ref for each in exhibits_of(maker.case)}


def test_a_capture_that_names_items_of_another_exhibit(maker: CaseMaker, other: CaseMaker) -> None:
    """No item comes under a reference that is not of its own exhibit."""
    begun = other.begin(initials="XX")
    item = begun.add(Thing("a.jpg", photo(9)))
    begun.events[-1] = msgspec.structs.replace(item, ref="MP/1-0001")
    begun.seal()
    assert ("XX/1", REFUSED) in told(merging(maker, other.path))


def test_links_in_a_circle(maker: CaseMaker, tmp_path: Path) -> None:
    """A path that leads nowhere but to itself is unchecked."""
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert [each.outcome for each in merging(maker, tmp_path / "a")] == [UNCHECKED]


def test_a_name_that_is_no_text(maker: CaseMaker) -> None:
    """The name of whoever merges must be one that a ledger can hold."""
    with pytest.raises(NotRecordable):
        Merger(officer="\udcff", key=maker.key)


@pytest.mark.parametrize("more", [b"", b"y" * 50])
def test_a_source_that_changes_meanwhile(more: bytes, maker: CaseMaker, other: CaseMaker) -> None:
    """What is taken is what was verified: a file that changed or grew between the two is a mismatch."""
    total = sum(len(data) for data in snapshot(other.path).values())
    item = next(other.path.glob("captures/*/items/0002*"))
    whole = item.read_bytes()

    def _change(done: int, _: int) -> None:
        if done > total:  # all of it is verified, and the first file is copied
            rewrite(item, whole[:-1] + b"x" + more)

    outcomes = list(merge(maker.case, [other.path], Merger(officer=OFFICER, key=maker.key), progress=_change))
    assert ("JH/1", MISMATCH) in told(outcomes)
    assert verify(maker.path).verdict == "ok"
    assert not list(maker.path.glob(".merge*"))


def test_a_full_disk(small_disk: Path, other: CaseMaker, tmp_path: Path) -> None:
    """Where there is no room that is said, no draft stays, and the case is whole."""
    other.capture([Thing("large.bin", os.urandom(7 << 20), kind="data")], initials="JH")
    maker = CaseMaker(small_disk / "case", load_or_create_signing_key(tmp_path / "key.pem")[0])
    with pytest.raises(StorageFull):
        list(merge(maker.case, [other.path], Merger(officer=OFFICER, key=maker.key)))
    assert not list(maker.path.glob(".merge*"))
    assert verify(maker.path).verdict == "ok"


def test_two_merges_at_once(maker: CaseMaker, other: CaseMaker) -> None:
    """Each capture is taken by one of two, and the other finds it there."""
    with ThreadPoolExecutor(2) as pool:
        both = [
            pool.submit(
                lambda: list(merge(Case.open(maker.path), [other.path], Merger(officer=OFFICER, key=maker.key)))
            )
            for _ in range(2)
        ]
        outcomes = [each for future in both for each in future.result()]
    assert sorted(told(outcomes)) == [("JH/1", THERE), ("JH/1", TAKEN), ("JH/2", THERE), ("JH/2", TAKEN)]
    assert verify(maker.path).verdict == "ok", verify(maker.path)


def test_a_key_that_came_along_signs_nothing_here(maker: CaseMaker, other: CaseMaker) -> None:
    """The key of a merged capture's seal is no key of the case: what it signs of the case's ledger does not count."""
    merging(maker, other.path)
    event = Described(
        time="2026-11-25T08:00:00.000Z",
        ref="MP/1",
        description="x",
        officer=HILL,
        signer=maker.key.public.raw.hex(),
    )
    with Ledger.open(maker.path / LEDGER) as ledger:
        ledger.append([encode(event)])
    sign_tail(maker.path, other.key)
    assert verify(maker.path).verdict == "mismatch"
    with pytest.raises(NotAsSigned):
        maker.case.demand_as_signed()


@pytest.mark.parametrize(
    ("said", "reason"), [("", "does not prove"), ("{}", "does not prove"), ("before", "came before it")]
)
def test_what_another_case_never_said(said: str, reason: str, maker: CaseMaker, other: CaseMaker) -> None:
    """A line that is not proven to stand in the other case's ledger is a fault of the case that states it."""
    merging(maker, other.path)
    stated = next(event for event in maker.case.events() if isinstance(event, MergedLine))
    forged = {
        "": msgspec.structs.replace(stated, said=stated.said.replace("to look", "to alter")),
        "{}": msgspec.structs.replace(stated, said="{}"),
        "before": msgspec.structs.replace(stated, case="0123456789abcdef"),
    }[said]
    maker.case.record(forged, key=maker.key)
    found = verify(maker.path)
    assert [reason in each.reason for each in found.problems] == [True]


def test_a_draft_of_somebody_elses_making(maker: CaseMaker, other: CaseMaker) -> None:
    """A mark that names what is on record, or leads out of the case, moves nothing."""
    draft = maker.path / ".merge.00000000-1-00000000.part"
    draft.mkdir()
    known = next(maker.path.glob("captures/*"))
    for name in (known.name, "../checkpoints", "..", ""):
        (draft / "placed").write_text(name)
        assert verify(maker.path).verdict == "unchecked"
        maker.case.undo_unrecorded_moves(key=maker.key)
        assert not (draft / "placed").exists()
        assert verify(maker.path).added == ()
    os.mkfifo(draft / "placed")
    maker.case.undo_unrecorded_moves(key=maker.key)
    assert {each.outcome for each in merge(maker.case, [other.path], Merger(officer=OFFICER, key=maker.key))} == {TAKEN}


def test_a_whole_case_is_taken(maker: CaseMaker, other: CaseMaker) -> None:
    """Each capture keeps every byte and its reference; its log says where it came from and what was stated there."""
    began = next(each.registered.began for each in exhibits_of(other.case, "JH/1"))
    assert told(merging(maker, other.path)) == [("JH/1", TAKEN), ("JH/2", TAKEN)]
    for capture in other.case.captures():
        taken = maker.path / "captures" / capture.name
        assert snapshot(taken) == snapshot(capture)
        assert {path.stat().st_mode & 0o777 for path in taken.rglob("*") if path.is_file()} == {0o400}
    [exhibit] = exhibits_of(maker.case, "JH/1")
    assert exhibit.registered.began == began
    log = [(entry.event, entry.elsewhere, entry.ref) for entry in exhibit.log]
    theirs = other.case.info.id
    assert log == [
        ("seized", "", "JH/1"),
        ("sealed", "", "JH/1"),
        ("opened", theirs, "JH/1"),
        ("described", theirs, "JH/1-0002"),
        ("merged", "", "JH/1"),
    ]
    moment = datetime.fromisoformat(began).astimezone(UTC)
    handling = Handling(action="received", giver=HILL, at=moment)
    record_custody(maker.case, ["JH/1-0001"], handling, key=maker.key, officer=OFFICER)
    maker.capture([Thing("z.jpg", photo(9))], initials="JH")
    assert [each.ref for each in exhibits_of(maker.case)] == ["MP/1", "MP/2", "JH/1", "JH/2", "JH/3"]


def test_only_what_was_stated_since_is_added(maker: CaseMaker, other: CaseMaker) -> None:
    """The same capture is never taken twice; what its own case has recorded meanwhile is kept, once."""
    merging(maker, other.path)
    assert {(each.outcome, each.stated) for each in merging(maker, other.path)} == {(THERE, 0)}
    record_custody(
        other.case, ["JH/2"], Handling(action="handed-over", giver=HILL, receiver=OFFICER), key=other.key, officer=HILL
    )
    again = [(each.exhibit, each.outcome, each.stated) for each in merging(maker, other.path)]
    assert again == [("JH/1", THERE, 0), ("JH/2", THERE, 1)]
    assert sum(isinstance(event, Merged) for event in maker.case.events()) == 3
    alone = next(path for path in other.path.glob("captures/*") if list(path.glob("items/0002*")))
    assert told(merging(maker, alone)) == [("JH/1", THERE)]


def test_a_copy_of_the_case_that_went_on(maker: CaseMaker, tmp_path: Path) -> None:
    """What was captured and recorded in a copy of this very case comes along; what both have is not told twice."""
    record_custody(maker.case, ["MP/1"], Handling(action="opened"), key=maker.key, officer=OFFICER)
    shutil.copytree(maker.path, tmp_path / "COPY")
    copy = CaseMaker(tmp_path / "COPY", maker.key)
    copy.capture([Thing("n.jpg", photo(9))])
    record_custody(copy.case, ["MP/1"], Handling(action="opened", reason="again"), key=maker.key, officer=HILL)
    outcomes = [(each.exhibit, each.outcome, each.stated) for each in merging(maker, copy.path)]
    assert outcomes == [("MP/1", THERE, 1), ("MP/2", THERE, 0), ("MP/3", TAKEN, 0)]
    assert {each.stated for each in merging(maker, copy.path)} == {0}
    [exhibit] = exhibits_of(maker.case, "MP/1")
    opened = [(entry.reason, entry.elsewhere) for entry in exhibit.log if entry.event == "opened"]
    assert opened == [("", ""), ("again", maker.case.info.id)]


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_a_bundle_of_a_part(name: str, maker: CaseMaker, other: CaseMaker, tmp_path: Path) -> None:
    """From a bundle comes what is in it, with what was stated; in a third case, too, that is proven."""
    bundle = export_bundle(
        other.case, key=other.key, officer=HILL, output=tmp_path / name, exhibits=["JH/1"], zipped=name.endswith("zip")
    )
    assert told(merging(maker, bundle.path)) == [("JH/1", TAKEN)]
    handed = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "on", exhibits=["JH/1"])
    assert verify(handed.path).verdict == "ok"
    third = CaseMaker(tmp_path / "THIRD", load_or_create_signing_key(tmp_path / "third.pem")[0])
    assert told(merging(third, handed.path)) == [("JH/1", TAKEN)]
    [exhibit] = exhibits_of(third.case, "JH/1")
    stated = {(entry.event, entry.elsewhere) for entry in exhibit.log if entry.elsewhere}
    assert stated >= {("opened", other.case.info.id), ("merged", maker.case.info.id), ("copied", maker.case.info.id)}


def test_a_trusted_time_comes_along(maker: CaseMaker, other: CaseMaker, authority: TimeAuthority) -> None:
    """The token of a capture's seal stays as it is, and is on record in the case."""
    assert all(each.timestamped for each in timestamp_seals(other.case, [authority.url()], key=other.key))
    merging(maker, other.path)
    assert {each.covers for each in verify(maker.path).timestamps} == {"JH/1", "JH/2"}


def test_a_receipt_of_the_case(maker: CaseMaker, other: CaseMaker, tmp_path: Path) -> None:
    """A verification of the case covers what was merged, and its receipt can be recorded."""
    merging(maker, other.path)
    write_receipt(tmp_path / "receipt", verify(maker.path), key=other.key, officer="John Hill")
    events = record_receipt(maker.case, (tmp_path / "receipt").read_bytes(), key=maker.key, officer=OFFICER)
    assert {event.ref for event in events} == {"MP/1", "MP/2", "JH/1", "JH/2"}


def test_a_dry_run(maker: CaseMaker, other: CaseMaker) -> None:
    """Without who merges, it is said what would be taken, and nothing is written."""
    before = snapshot(maker.path)
    assert told(list(merge(maker.case, [other.path], None))) == [("JH/1", WOULD_TAKE), ("JH/2", WOULD_TAKE)]
    assert snapshot(maker.path) == before
    merging(maker, other.path)
    assert told(list(merge(maker.case, [other.path], None))) == [("JH/1", THERE), ("JH/2", THERE)]


def test_a_dry_run_foretells_what_sources_do_to_each_other(maker: CaseMaker, other: CaseMaker, tmp_path: Path) -> None:
    """The same capture twice, or two under one reference, are found out before anything is taken, as when it is."""
    third = CaseMaker(tmp_path / "UNIT-3", load_or_create_signing_key(tmp_path / "third.pem")[0])
    third.capture([Thing("d.jpg", photo(8))], initials="JH")
    sources = [other.path, third.path, other.path]
    said = list(merge(maker.case, sources, None))
    assert [each.outcome for each in said] == [WOULD_TAKE, WOULD_TAKE, REFUSED, THERE, THERE]
    assert f"JH/1: {other.path} has another capture under that reference" in said[2].reason
    apart: list[MergeOutcome] = []
    for source in sources:
        apart.extend(merge(maker.case, [source], None, earlier=apart))
    assert apart == said
    done = [TAKEN if each.outcome == WOULD_TAKE else each.outcome for each in said]
    assert [each.outcome for each in merging(maker, *sources)] == done
