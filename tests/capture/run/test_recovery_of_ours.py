"""What somebody does to a capture between the death of its process and its recovery is told, and never sealed."""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from capture.recorder.incoming import HeadArrived, Incoming, NameGiven, RequestSent
from capture.run.recovery import aside_folder, recover_abandoned
from exports.format.capture_view import read_capture
from exports.verification import verify
from hashing.ledger.ledger import Ledger, ledger_lines
from hashing.ledger.mac import Mac
from tests.exports.small_case import CaptureMaker, CaseMaker, Thing, make_case, photo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORGED = b"I confess. - the suspect"
BODY = b"what the server sent, as far as it came"


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Return an empty case."""
    return make_case(tmp_path)


@pytest.fixture
def died(maker: CaseMaker) -> CaptureMaker:
    """Return a capture whose process died: an item is on record, one is on its way in, one has its name already."""
    capture = maker.begin()
    capture.add(Thing("one.jpg", photo(1)))
    capture.folder.warc.sync()
    capture.folder.append(capture.events)
    for number, name in ((2, ""), (3, "0003-three.html")):
        incoming = arrive(capture.folder.path, number, capture.folder.mac, name, BODY + b"%d" % number)
        if name:
            incoming.body.rename(capture.folder.path / "items" / name)
    capture.folder.close()
    return capture


def arrive(folder: Path, number: int, mac: Mac, name: str, body: bytes) -> Incoming:
    """Leave an exchange on its way in, as the recorder does."""
    incoming = Incoming(folder / "incoming", number, mac)
    incoming.note(
        RequestSent(
            exchange=number, ref=f"MP/1-000{number}", url=f"https://news.example/{number}", method="GET",
            started="2026-11-20T10:00:00.000Z", request=b"GET / HTTP/1.1\r\n\r\n", ip="93.184.216.34", port=443,
        )
    )  # fmt: skip
    incoming.note(HeadArrived(status=200, head=b"HTTP/1.1 200 OK\r\n\r\n", length=len(body), content_type="text/html"))
    if name:
        incoming.note(NameGiven(name=name))
    descriptor = incoming.open_body()
    incoming.mark(len(body), sha256(body).hexdigest())
    os.write(descriptor, body)
    incoming.close_body()
    return incoming


def _no_change(_: Path) -> None:
    """Leave all as it was."""


def _line(folder: Path) -> None:
    with Ledger.open(folder / "ledger.jsonl") as ledger:
        line = list(ledger_lines(folder / "ledger.jsonl"))[1]
        ledger.append([line.replace(b"/one.jpg", b"/" + FORGED[:9])])


def _line_with_a_mark(folder: Path) -> None:
    _line(folder)
    marks = folder / "ledger.mac"
    marks.write_bytes(
        marks.read_bytes() + marks.read_bytes().splitlines()[-1].replace(b'"size":2', b'"size":4') + b"\n"
    )


def _item(folder: Path) -> None:
    (folder / "items/0009-confession.html").write_bytes(FORGED)


def _working_copy(folder: Path) -> None:
    (folder / "working/0001-text.txt").write_bytes(FORGED)


def _exchange(folder: Path) -> None:
    arrive(folder, 7, Mac.that_nobody_checks(), "0007-confession.html", FORGED)


def _body_behind(folder: Path) -> None:
    with (folder / "incoming/000002.body").open("ab") as body:
        body.write(FORGED)


def _body_without_journal(folder: Path) -> None:
    (folder / "incoming/000008.body").write_bytes(FORGED)


def _journal_line(folder: Path) -> None:
    with (folder / "incoming/000002.journal").open("ab") as journal:
        journal.write(b"0" * 64 + b' {"step":"name","name":"' + FORGED + b'"}\n')


def _link(folder: Path) -> None:
    (folder / "incoming/000009.body").symlink_to(folder / "ledger.jsonl")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "incoming/000009.journal")


def _warc(folder: Path) -> None:
    (folder / "exchanges-00009.warc.gz").write_bytes(FORGED)


@pytest.mark.parametrize(
    "change",
    [
        _no_change, _line, _line_with_a_mark, _item, _working_copy, _exchange, _body_behind, _body_without_journal,
        _journal_line, _link, _pipe, _warc,
    ],
)  # fmt: skip
def test_what_was_added_is_not_sealed(maker: CaseMaker, died: CaptureMaker, change: Callable[[Path], None]) -> None:
    """All that the key's owner wrote is sealed, and nothing else, which is kept beside the case; the case is whole."""
    folder = died.folder.path
    change(folder)
    [recovered] = recover_abandoned(maker.case, key=maker.key, officer="John Doe").recovered
    items = {entry.path: (folder / entry.path).read_bytes() for entry in read_capture(folder).items}
    assert list(items.values()) == [photo(1), BODY + b"2", BODY + b"3"]
    assert "items/0003-three.html" in items
    assert verify(maker.path).verdict == "ok", verify(maker.path)
    for path in folder.rglob("*"):
        assert not path.is_file() or FORGED not in path.read_bytes(), path
    kept = [path for path in aside_folder(maker.case).rglob("*") if path.is_file() and not path.is_symlink()]
    if change not in {_no_change, _link, _pipe, _line, _line_with_a_mark, _warc}:
        assert any(FORGED in path.read_bytes() for path in kept), recovered
    assert bool(recovered.aside) == (change not in {_no_change, _warc})
    assert (change is _no_change) == all("not sealed" not in said and "cut off" not in said for said in recovered.found)


def test_a_body_that_was_replaced(maker: CaseMaker, died: CaptureMaker) -> None:
    """Bytes in the place of a body, and those of another exchange, are none that its marks vouch for."""
    folder = died.folder.path
    (folder / "incoming/000002.body").write_bytes(FORGED)
    (folder / "items/0003-three.html").write_bytes(BODY + b"2")
    [recovered] = recover_abandoned(maker.case, key=maker.key, officer="John Doe").recovered
    assert [entry.url for entry in read_capture(folder).items] == ["https://news.example/one.jpg"]
    assert sum("this key vouches for" in said for said in recovered.found) == 2
    assert verify(maker.path).verdict == "ok"


def _without_marks(folder: Path) -> None:
    (folder / "ledger.mac").unlink()


def _line_altered(folder: Path) -> None:
    ledger = folder / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"capture-started", b"capture-ztarted"))


def _warc_altered(folder: Path) -> None:
    warc = folder / "exchanges-00001.warc.gz"
    data = bytearray(warc.read_bytes())
    data[-20] ^= 1
    warc.write_bytes(data)


def _another_capture(folder: Path) -> None:
    other = folder.with_name("20200101T000000Z-00000000")
    folder.rename(other)
    maker = next(path for path in folder.parent.iterdir() if path != other)
    shutil.copytree(maker, folder)
    shutil.rmtree(other)


def _folder_a_link(folder: Path) -> None:
    (folder / "items").rename(folder.parents[2] / "items")
    (folder / "items").symlink_to(folder.parents[2] / "items")


def _second_name(folder: Path) -> None:
    (folder / "ledger.jsonl").rename(folder.parents[2] / "precious")
    os.link(folder.parents[2] / "precious", folder / "ledger.jsonl")


@pytest.mark.parametrize(
    "change", [_without_marks, _line_altered, _warc_altered, _another_capture, _folder_a_link, _second_name]
)
def test_what_was_altered_is_left_as_it_is(maker: CaseMaker, change: Callable[[Path], None]) -> None:
    """A capture whose own lines or exchanges are not as they were written is told, not sealed, and keeps every byte."""
    captures = [maker.begin(), maker.begin()]
    for capture in captures:
        capture.add(Thing("one.jpg", photo(1)))
        capture.folder.warc.sync()
        capture.folder.append(capture.events)
        capture.folder.close()
    folder = captures[0].folder.path
    change(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "reserve"}
    found = recover_abandoned(maker.case, key=maker.key, officer="John Doe")
    assert [each.path for each in found.left] == [folder]
    assert not (folder / "checkpoint").exists()
    marks = folder / "ledger.mac"  # to which a new line may have been begun
    assert all(path.read_bytes() == data for path, data in before.items() if path != marks)
    assert len(found.recovered) == 1
