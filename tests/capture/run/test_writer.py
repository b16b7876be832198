"""In which order the one thread writes."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

from capture.recorder.stopping import Stop
from capture.run.writer import Writer, WriteRequest
from hashing.case.capture_folder import CaptureFolder, capture_events
from hashing.case.events import Excerpt, Item, Skipped
from hashing.case.kinds import ItemKind
from hashing.times import system_clock, time_text
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from hashing.case.case import Case
    from hashing.ledger.keys import SigningKey


def _skipped(name: str) -> WriteRequest:
    return WriteRequest(
        events=(Skipped(time=time_text(system_clock()), url=f"https://example.org/{name}", reason="-"),)
    )


def _excerpt(number: int) -> WriteRequest:
    data = f"post {number}".encode()
    item = Item(
        time=time_text(system_clock()),
        ref=f"MP/1-{number:04d}",
        kind=ItemKind.POST,
        url=f"https://example.org/{number}",
        path=f"items/{number:04d}-post.json",
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        mime="application/json",
        exchange=1,
        found_in="list",
        extractor="test",
        excerpt=Excerpt(of="MP/1-0001", offset=0),
    )
    return WriteRequest(item=item, data=data, no_room=lambda: _skipped("no-room").events[0])


def test_what_leads_on_is_written_before_all_that_waits(case: Case, key: SigningKey) -> None:
    """Texts are in the ledger in their own order, before every line that waited already, and each has its file."""
    folder = CaptureFolder.create(case.path / "captures" / "20261124T101502Z-00000000", key.mac("any"))
    writer, begun, gate = Writer(folder, system_clock, Stop()), threading.Event(), threading.Event()

    def _hold() -> None:
        begun.set()
        gate.wait(PATIENCE)

    writer.submit(WriteRequest(events=_skipped("first").events, written=_hold))
    assert begun.wait(PATIENCE)
    for number in range(40):
        writer.submit(_skipped(f"photo-{number}"))
    for number in range(2, 42):
        written = writer.submit(_excerpt(number), leads_on=True)
    gate.set()
    written.result(PATIENCE)
    assert all((folder.path / f"items/{number:04d}-post.json").stat().st_size for number in range(2, 42))
    writer.close()
    folder.close()
    urls = [event.url.rpartition("/")[2] for event in capture_events(folder.path) if isinstance(event, Item | Skipped)]
    assert urls == ["first", *map(str, range(2, 42)), *(f"photo-{number}" for number in range(40))]
