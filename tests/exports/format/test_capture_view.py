from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exports.format.capture_view import RUNNING, read_capture
from hashing.case.capture_folder import CHECKPOINT
from hashing.case.events import CaptureResumed
from hashing.case.facts import Fact
from hashing.errors import BadFormat
from hashing.ledger.ledger import LEDGER
from tests.exports.small_case import OFFICER, SCENE, Thing, make_case, photo

if TYPE_CHECKING:
    from pathlib import Path


def test_sealed_capture(tmp_path: Path) -> None:
    """A sealed capture is gathered with its items, their exchanges, facts and working copies, and its seal."""
    maker = make_case(tmp_path)
    facts = (Fact("camera", "NIKON D750", "Image Model"),)
    path = maker.capture(
        [Thing("page.html", b"<p>hi", "page", "text/html", text="hi"), Thing("p.jpg", photo(), facts=facts)]
    )
    view = read_capture(path)
    assert (view.started.scene, view.started.officer, view.status) == (SCENE, OFFICER, "complete")
    page, picture = view.items
    assert (page.ref, page.response and page.response.exchange) == ("MP/1-0001", 1)
    assert page.working_copies == (*view.working_copies,)
    assert [copy.path for copy in page.working_copies] == ["working/0001-text.txt"]
    assert picture.facts == facts
    assert picture.captured == (picture.response.started if picture.response else "")
    assert view.seal is not None
    assert view.seal.size > 0
    assert view.signer == maker.key.public.fingerprint()
    assert view.bytes == 5 + len(photo())


def test_what_failed_and_was_skipped(tmp_path: Path) -> None:
    """What was not captured is in the view with its reasons."""
    capture = make_case(tmp_path).begin()
    capture.fail("https://news.example/gone.jpg", "404 Not Found")
    capture.skip("https://news.example/", "embedded in the page itself", 14)
    view = read_capture(capture.seal())
    assert [(each.url, each.reason) for each in view.failed] == [("https://news.example/gone.jpg", "404 Not Found")]
    assert [(each.reason, each.count) for each in view.skipped] == [("embedded in the page itself", 14)]


def test_running_capture(tmp_path: Path) -> None:
    """A capture that is still being written is shown as running, without a seal."""
    capture = make_case(tmp_path).begin()
    capture.add(Thing("p.jpg", photo()))
    capture.folder.append(capture.events)
    view = read_capture(capture.folder.path)
    assert (view.status, view.seal, len(view.items)) == (RUNNING, None, 1)
    capture.folder.close()


def test_items_are_read_in_the_order_of_their_references(tmp_path: Path) -> None:
    """Items are recorded as they arrive and shown by their numbers, past 9999 too."""
    capture = make_case(tmp_path).begin()
    for number in range(3):
        capture.add(Thing(f"{number}.jpg", photo(number)))
    capture.events.reverse()
    assert [entry.ref[-4:] for entry in read_capture(capture.seal()).items] == ["0001", "0002", "0003"]


def test_whoever_finished_a_capture_signed_it(tmp_path: Path) -> None:
    """Where a capture was finished off by another officer, the signer is the one named last."""
    maker = make_case(tmp_path)
    other = make_case(tmp_path, "OTHER").key
    capture = maker.begin()
    signer = other.public.raw.hex()
    resumed = CaptureResumed(
        time="2026-11-24T10:15:02.123Z",
        officer="JB",
        signer=signer,
        tool="t",
        found=("a torn line",),
        salt="00" * 16,
    )
    capture.events.append(resumed)
    view = read_capture(capture.seal())
    assert view.recovered == (resumed,)
    assert view.signer == other.public.fingerprint()


@pytest.mark.parametrize("ledger", [b"", b"{}\n", b"\x00\xff\n", b'{"event":"facts","facts":[],"ref":"","time":""}\n'])
def test_no_capture(tmp_path: Path, ledger: bytes) -> None:
    """A ledger that does not begin with a capture is refused by name."""
    (tmp_path / LEDGER).write_bytes(ledger)
    with pytest.raises(BadFormat):
        read_capture(tmp_path)


def test_broken_checkpoint(tmp_path: Path) -> None:
    """A checkpoint that is none is refused by name."""
    path = make_case(tmp_path).capture([Thing("p.jpg", photo())])
    (path / CHECKPOINT).chmod(0o600)
    (path / CHECKPOINT).write_bytes(b"nothing\n")
    with pytest.raises(BadFormat, match="checkpoint"):
        read_capture(path)
