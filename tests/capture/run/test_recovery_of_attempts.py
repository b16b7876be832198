"""A process that dies between the exchanges for one thing: each is recorded, and none takes another's name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from capture.recorder.incoming import HeadArrived, Incoming, NameGiven, RequestSent
from capture.run.recovery import aside_folder, recover_abandoned
from exports.format.capture_view import read_capture
from exports.verification import verify
from tests.exports.small_case import make_case

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exports.small_case import CaptureMaker

HALF, WHOLE = b"<!doctype html><p>half of", b"<!doctype html><p>the whole page"


@dataclass(frozen=True, slots=True)
class Begun:
    """An exchange for the scene that was on its way in."""

    body: bytes
    status: int = 200
    length: int = -1
    """What its head declares; -1 where its body comes in chunks."""
    name: str = ""
    settled: bool = True
    """Whether its body has that name already."""


def arrive(capture: CaptureMaker, number: int, begun: Begun) -> None:
    """Leave an exchange on its way in, as the recorder does."""
    folder, chunked = capture.folder.path, begun.length < 0
    incoming = Incoming(folder / "incoming", number, capture.folder.mac)
    incoming.note(
        RequestSent(
            exchange=number, ref="MP/1-0001", url="https://news.example/story", method="GET",
            started="2026-11-20T10:00:00.000Z", request=b"GET /story HTTP/1.1\r\n\r\n", ip="93.184.216.34", port=443,
        )
    )  # fmt: skip
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % begun.length
    head = b"HTTP/1.1 %d Said\r\n%s\r\n\r\n" % (begun.status, framing)
    incoming.note(
        HeadArrived(
            status=begun.status, head=head, length=begun.length, chunked=chunked, content_type="text/html"
        )
    )  # fmt: skip
    if begun.name:
        incoming.note(NameGiven(name=begun.name))
    descriptor = incoming.open_body()
    incoming.mark(len(begun.body), sha256(begun.body).hexdigest())
    os.write(descriptor, begun.body)
    incoming.close_body()
    if begun.name and begun.settled:
        incoming.body.rename(folder / "items" / begun.name)


@pytest.mark.parametrize(
    ("first", "kept"),
    [
        (Begun(HALF, length=1000), False),
        (Begun(HALF), True),
        (Begun(b"", length=1000), False),
        (Begun(b"moved", 302), True),
        (Begun(b"moved", 302, length=5), False),
        (Begun(b"busy", 503), True),
        (Begun(b"busy", 503, name="0001-exchange-1.body"), True),
        (Begun(b"busy", 503, name="0001-exchange-1.body", settled=False), True),
    ],
)
@pytest.mark.parametrize(
    "last",
    [
        Begun(WHOLE, length=len(WHOLE)),
        Begun(WHOLE),
        Begun(WHOLE, name="0001-story.html"),
        Begun(WHOLE, name="0001-story.html", settled=False),
    ],
)
def test_an_exchange_that_another_followed(first: Begun, kept: bool, last: Begun, tmp_path: Path) -> None:
    """The page is the last exchange's; a body before it is an item of its own where the WARC cannot hold it."""
    maker = make_case(tmp_path)
    capture = maker.begin()
    capture.folder.append(capture.events)
    arrive(capture, 1, first)
    arrive(capture, 2, last)
    capture.folder.close()
    [_] = recover_abandoned(maker.case, key=maker.key, officer="John Doe").recovered
    view = read_capture(capture.folder.path)
    superseded = [("MP/1-0001.1", "superseded body", "items/0001-exchange-1.body", first.body)] if kept else []
    assert [
        (item.ref, item.kind, item.path, (capture.folder.path / item.path).read_bytes())
        for item in sorted(view.items, key=lambda item: item.exchange)
    ] == [*superseded, ("MP/1-0001", "page", "items/0001-story.html", WHOLE)]
    assert verify(maker.path).verdict == "ok"


@pytest.mark.parametrize("name", ["", "0001-story.html"])
def test_a_name_that_is_taken(name: str, tmp_path: Path) -> None:
    """What somebody put where an item of ours belongs goes out of its way, and the capture is finished off."""
    maker = make_case(tmp_path)
    capture = maker.begin()
    capture.folder.append(capture.events)
    arrive(capture, 1, Begun(WHOLE, name=name, settled=False))
    capture.folder.close()
    (capture.folder.path / "items/0001-story.html").write_bytes(b"I confess")
    [_] = recover_abandoned(maker.case, key=maker.key, officer="John Doe").recovered
    [entry] = read_capture(capture.folder.path).items
    assert (capture.folder.path / entry.path).read_bytes() == WHOLE
    assert (aside_folder(maker.case) / capture.folder.path.name / "0001-story.html").read_bytes() == b"I confess"
    assert verify(maker.path).verdict == "ok"
