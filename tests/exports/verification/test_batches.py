from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commands.display.tables import case_remarks
from exports.format.case_view import read_case
from exports.verification import verify
from exports.verification.batches import check_batches
from hashing.case.batch_events import (
    BATCH_FORMAT,
    BatchEvent,
    BatchFinished,
    BatchStarted,
    RowEnded,
    RowStarted,
    RowTaken,
)
from hashing.case.batch_folder import BatchFolder
from hashing.case.events import BatchBegun, BatchEnded
from hashing.case.own_runs import Signed, signed_here
from hashing.times import system_clock
from tests.exports.small_case import OFFICER, CaseMaker, Thing, make_case, photo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from exports.verification.check import Check
    from hashing.case.events import CaseEvent

MOMENT = "2026-11-24T10:15:02.123Z"
ROW = "ab" * 32


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Return a case of one sealed capture."""
    made = make_case(tmp_path)
    made.capture([Thing("one.jpg", photo(1))])
    return made


def add_batch(maker: CaseMaker, changed: dict[str, str] | None = None, *, ended: bool = True) -> Path:
    """Add a batch of one row to a case, ended or going on; return its ledger."""
    return fill_batch(maker, BatchFolder.create(maker.case, system_clock(), maker.key), changed, ended=ended)


def fill_batch(maker: CaseMaker, folder: BatchFolder, changed: dict[str, str] | None = None, *, ended: bool) -> Path:
    """Have a batch that has only its folder capture one row; return its ledger."""
    case, signer = maker.case, maker.key.public.raw.hex()
    capture = case.captures()[0].name
    named = {"case": case.info.id, "batch": folder.id, "format": BATCH_FORMAT, **(changed or {})}
    lines: list[BatchEvent] = [
        BatchStarted(
            time=MOMENT, officer=OFFICER, signer=signer, tool="test", source="rows.txt", rows=1, settings={}, **named
        ),
        RowTaken(time=MOMENT, row=ROW, line=1, scene="https://a.example/"),
        RowStarted(time=MOMENT, row=ROW, capture=capture, exhibit="MP/1", attempt=1),
        RowEnded(time=MOMENT, row=ROW, status="complete", capture=capture, exhibit="MP/1"),
    ]
    if ended:
        lines.append(BatchFinished(time=MOMENT, status="finished", done=1, failed=0, left=0))
    folder.append(*lines)
    case.record(BatchBegun(time=MOMENT, batch=folder.id, officer=OFFICER, signer=signer), key=maker.key)
    if ended:
        root = folder.ledger.root().hex()
        end = BatchEnded(
            time=MOMENT, batch=folder.id, status="finished", size=folder.ledger.size, root=root, signer=signer
        )
        case.record(end, key=maker.key)
        folder.end()
    folder.close()
    return folder.path / "ledger.jsonl"


def test_a_batch_of_which_only_the_first_file_is_there_is_being_begun(maker: CaseMaker) -> None:
    """A power cut while a batch begins may leave its first file alone; with another beside it, both were added."""
    begun = maker.path / "batches/20261124T101502Z-00000000"
    begun.mkdir(parents=True)
    (begun / "ledger.mac").touch()
    found = verify(maker.path)
    assert (found.verdict, found.added) == ("unchecked", ())
    assert any("being begun" in each.reason for each in found.unchecked)
    (begun / "other.txt").touch()
    assert [each.path.rpartition("/")[2] for each in verify(maker.path).added] == ["ledger.mac", "other.txt"]


def test_a_case_with_a_batch_is_whole(maker: CaseMaker) -> None:
    """The ledger of a batch belongs to its case, and so does the list of rows that failed, with or without it."""
    ledger = add_batch(maker)
    (ledger.parent / "failed.csv").write_bytes(b"scene")
    assert verify(maker.path).verdict == "ok"
    (ledger.parent / "failed.csv").unlink()
    assert verify(maker.path).verdict == "ok"
    (ledger.parent / "notes.txt").touch()
    found = verify(maker.path)
    assert [each.path for each in found.added] == [f"batches/{ledger.parent.name}/notes.txt"]


def test_a_batch_that_goes_on_cannot_be_checked_yet(maker: CaseMaker) -> None:
    """Until it has ended nothing has signed its ledger, and that is said."""
    add_batch(maker, ended=False)
    found = verify(maker.path)
    assert found.verdict == "unchecked"
    assert "not finished" in found.unchecked[0].reason


def _cut(data: bytes) -> bytes:
    return b"".join(data.splitlines(keepends=True)[:-1])


def _changed(data: bytes) -> bytes:
    return data.replace(b"a.example", b"b.example")


def _torn(data: bytes) -> bytes:
    return data + b"{"


def _longer(data: bytes) -> bytes:
    return data + data.splitlines(keepends=True)[1]


def _foreign(data: bytes) -> bytes:
    return data + b'{"event":"item","time":""}\n'


def _endless(data: bytes) -> bytes:
    return data + b"[" * 100_000 + b"\n"


@pytest.mark.parametrize("spoil", [_cut, _changed, _torn, _longer, _foreign, _endless])
def test_an_altered_ledger_of_a_batch(maker: CaseMaker, spoil: Callable[[bytes], bytes]) -> None:
    """Whatever is changed in a ledger that has ended shows, for the case has signed its root."""
    ledger = add_batch(maker)
    ledger.write_bytes(spoil(ledger.read_bytes()))
    found = verify(maker.path)
    assert found.verdict == "mismatch"
    assert {each.path for each in found.problems} == {f"batches/{ledger.parent.name}/ledger.jsonl"}


def test_a_ledger_that_is_gone_or_a_link(maker: CaseMaker, tmp_path: Path) -> None:
    """A batch that the case registered and that is not there is missing; a link in its place is not followed."""
    ledger = add_batch(maker)
    ledger.rename(tmp_path / "elsewhere")
    assert [each.path for each in verify(maker.path).missing] == [f"batches/{ledger.parent.name}/ledger.jsonl"]
    ledger.symlink_to(tmp_path / "elsewhere")
    assert verify(maker.path).verdict == "mismatch"


@pytest.mark.parametrize("name", ["case", "batch", "format"])
def test_a_batch_of_another_case(maker: CaseMaker, name: str) -> None:
    """A ledger that says that it belongs elsewhere does not belong here."""
    add_batch(maker, {name: "another"})
    [problem] = verify(maker.path).problems
    assert problem.reason == "line 1: it is of another batch, another case or another version"


def test_a_batch_that_the_case_does_not_know(maker: CaseMaker, tmp_path: Path) -> None:
    """A folder that somebody added is no batch of the case; one that is just being made may become one."""
    ledger = add_batch(maker)
    other = make_case(tmp_path / "other")
    (other.path / "batches" / ledger.parent.name).mkdir(parents=True)
    copy = other.path / "batches" / ledger.parent.name / "ledger.jsonl"
    copy.write_bytes(ledger.read_bytes())
    assert verify(other.path).verdict == "mismatch"
    copy.write_bytes(b"")
    assert verify(other.path).verdict == "unchecked"


def test_a_batch_that_is_begun_while_its_case_is_verified(maker: CaseMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that came after the files were listed is not missing, and not added: it could not be checked."""

    def _while_a_batch_begins(case: str, path: Path) -> tuple[Signed | None, Path]:
        add_batch(maker)
        return signed_here(case, path)

    monkeypatch.setattr("exports.verification.case.signed_here", _while_a_batch_begins)
    assert verify(maker.path).verdict == "unchecked"
    monkeypatch.undo()
    assert verify(maker.path).verdict == "ok"


def test_a_batch_that_registers_while_its_case_is_verified(maker: CaseMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that registers and captures behind the last line that was read, however often it is looked, is no stranger's.

    The folder of a stranger beside it still is.
    """
    folders = [BatchFolder.create(maker.case, system_clock(), maker.key) for _ in range(6)]

    def _late(check: Check, events: Iterable[CaseEvent], case: str) -> None:
        fill_batch(maker, folders.pop(), ended=False)
        check_batches(check, events, case)

    monkeypatch.setattr("exports.verification.case.check_batches", _late)
    found = verify(maker.path)
    assert (found.verdict, found.problems, len(folders)) == ("unchecked", (), 1)
    stranger = folders.pop()
    stranger.append(BatchFinished(time=MOMENT, status="finished", done=0, failed=0, left=0))
    stranger.close()
    monkeypatch.undo()
    reasons = {each.reason for each in verify(maker.path).problems if stranger.id in each.path}
    assert "the case's ledger knows no such batch" in reasons


def test_a_case_tells_of_its_batches(maker: CaseMaker) -> None:
    """`show` says of each batch how far it came."""
    add_batch(maker)
    add_batch(maker, ended=False)
    views = read_case(maker.path).batches
    assert {(view.status, view.rows, view.done, view.left) for view in views} == {
        ("finished", 1, 1, 0),
        ("running", 1, 1, 0),
    }
    told = sorted(line.partition(" by ")[2] for line in case_remarks(read_case(maker.path)) if line[:5] == "batch")
    assert told[0] == (f"{OFFICER}, finished: 1 row, 1 done, 0 failed, 0 left")
