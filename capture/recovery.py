"""Finishing off a capture whose process died: everything that had arrived is kept, accounted for and sealed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capture.examination import Examination
from capture.intake import REMNANT
from capture.item_name import claimed_name, item_name
from capture.media_type import media_type
from capture.recorder.exchange import Arrival, Peer
from capture.recorder.incoming import HeadArrived, Incoming, NameGiven, RequestSent
from capture.recorder.settings import NetworkSettings
from capture.recorder.warc_records import request_record, response_record
from capture.writer import HandIn, Writer
from hashing.capture_folder import INCOMING, ITEMS, WORKING, Seal, capture_events, capture_origin
from hashing.events import (
    CaptureFinished,
    CaptureRegistered,
    CaptureResumed,
    Exchange,
    Failed,
    Item,
    Skipped,
    WarcClosed,
    WorkingCopy,
)
from hashing.storage import PART, read_error, storing
from hashing.times import Clock, system_clock, timestamp
from hashing.tool import tool
from hashing.warc import new_record_id, read_records

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hashing.capture_folder import CaptureFolder
    from hashing.case import Case
    from hashing.events import CaptureEvent, Event
    from hashing.keys import SigningKey

DIED = "the process that captured it died"

_SAMPLE = 4096
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Recovered:
    """A capture that was finished off, and what was found in it."""

    capture: str
    exhibit: str
    found: tuple[str, ...]
    seal: Seal


def finish_abandoned(case: Case, *, key: SigningKey, officer: str, clock: Clock = system_clock) -> list[Recovered]:
    """Finish off and seal, as interrupted, every capture of the case whose process died.

    A capture that is still running is left alone. Raises Unwritable, Unreadable, BadFormat.
    """
    exhibits = {event.capture: event.exhibit for event in case.events() if isinstance(event, CaptureRegistered)}
    return [
        _Recovery(case, folder, exhibits[folder.path.name], clock).finish(key, officer)
        for folder in case.take_abandoned(key)
    ]


class _Recovery:
    """One capture being finished off."""

    def __init__(self, case: Case, folder: CaptureFolder, exhibit: str, clock: Clock) -> None:
        self._case = case
        self._folder = folder
        self._exhibit = exhibit
        self._clock = clock
        self._found: list[str] = []

    def finish(self, key: SigningKey, officer: str) -> Recovered:
        try:
            if self._folder.ledger.torn:
                self._found.append(f"a last line of {len(self._folder.ledger.torn)} bytes was torn and is cut off")
            known = list(capture_events(self._folder.path))
            self._folder.release_reserve()
            if not any(isinstance(event, CaptureFinished) for event in known):
                self._account(known, key, officer)
            seal = self._folder.seal(key, capture_origin(self._case.info.id, self._folder.path.name))
        finally:
            self._folder.close()
        capture = self._folder.path.name
        self._case.record_seal(capture, self._exhibit, "interrupted", seal, key=key, clock=self._clock)
        return Recovered(capture, self._exhibit, tuple(self._found), seal)

    def _account(self, known: list[CaptureEvent], key: SigningKey, officer: str) -> None:
        """Bring into the ledger everything on disk that it does not speak of yet."""
        if not any(isinstance(event, WarcClosed) for event in known):
            self._cut_warcs(known)
        writer = Writer(self._folder, self._clock, disk_full=lambda: None)
        examination = Examination(self._folder, writer, self._clock)
        for hand_in in self._unrecorded(known, examination):
            writer.hand_in(hand_in)
        examination.close()
        writer.close()
        self._note_strays(list(capture_events(self._folder.path)))
        resumed = CaptureResumed(
            time=self._now(), officer=officer, signer=key.public.raw.hex(), tool=tool(), found=tuple(self._found)
        )
        self._folder.append([resumed])
        closed = {event.path for event in known if isinstance(event, WarcClosed)}
        self._folder.append([event for event in self._folder.close_warcs(self._clock) if event.path not in closed])
        self._folder.append([self._finished(list(capture_events(self._folder.path)))])

    def _cut_warcs(self, known: Iterable[CaptureEvent]) -> None:
        """Cut each WARC back to the last record that the ledger speaks of; the exchanges behind it are written anew."""
        ends: dict[str, int] = {}
        for event in known:
            for place in (event.warc, event.request_warc) if isinstance(event, Exchange) else ():
                if place is not None:
                    ends[place.file] = max(ends.get(place.file, 0), place.offset)
        for path in sorted(self._folder.path.glob("exchanges-*.warc.gz")):
            if path.name not in ends:
                end = 0
            else:
                with path.open("rb") as file:
                    file.seek(ends[path.name])
                    end = next(read_records(file)).end
            if cut := self._folder.warc.cut(path.name, end):
                self._found.append(f"{path.name}: {cut} bytes that no line speaks of were cut off and written anew")

    def _unrecorded(self, known: Iterable[CaptureEvent], examination: Examination) -> list[HandIn]:
        recorded = {event.exchange for event in known if isinstance(event, Exchange)}
        folder = self._folder.path / INCOMING
        hand_ins = []
        for journal in sorted(folder.glob("*.jsonl")):
            incoming = Incoming(folder, int(journal.stem))
            if int(journal.stem) in recorded:
                incoming.forget()
                continue
            hand_ins.append(self._hand_in(incoming, examination))
        for body in sorted(folder.glob("*.body")):
            if not body.with_suffix(".jsonl").exists():
                body.unlink()  # opened, but nothing had been asked for through it yet
        with storing(folder):
            for part in folder.glob(f"*{PART}"):
                part.unlink()
        return hand_ins

    def _hand_in(self, incoming: Incoming, examination: Examination) -> HandIn:
        steps = incoming.steps()
        sent = next((step for step in steps if isinstance(step, RequestSent)), None)
        head = next((step for step in steps if isinstance(step, HeadArrived)), None)
        name = next((step.name for step in steps if isinstance(step, NameGiven)), "")
        if name and (stored := self._folder.path / ITEMS / name).exists():
            stored.rename(incoming.body)  # its line was never written: it takes its place anew, with one
        if sent is None:
            incoming.forget()
            return HandIn()
        arrival = _arrival(incoming, sent, head)
        self._found.append(f"{sent.url}: {arrival.size} bytes had arrived")
        item = self._item(arrival, name)
        failed = Failed(time=self._now(), url=sent.url, reason=arrival.cut, ref=sent.ref, exchange=sent.exchange)
        photo = item is not None and item.kind == "photo"

        def _written() -> None:
            if item is not None and photo:
                examination.examine(item)

        return HandIn(arrival, item, (failed,) if arrival.cut else (), _written)

    def _item(self, arrival: Arrival, name: str) -> Item | None:
        whole_answer = arrival.status in range(200, 300)
        if not arrival.size or (arrival.in_warc and not whole_answer):
            return None
        kind = media_type(arrival.sample, arrival.header("content-type"))
        number = int(arrival.ref.rpartition("-")[2])
        plain = item_name(number, arrival.url, kind.kind, kind.extension)
        if not name and (self._folder.path / ITEMS / plain).exists():
            plain = f"{number:04d}-exchange-{arrival.number}{kind.extension}"
        return Item(
            time=self._now(),
            ref=arrival.ref,
            kind=kind.kind if whole_answer else REMNANT,
            url=arrival.url,
            path=f"{ITEMS}/{name or plain}",
            size=arrival.size,
            sha256=arrival.sha256,
            mime=kind.mime,
            exchange=arrival.number,
            found_in="on its way in when the process died",
            source="recovery",
            claimed_name=claimed_name(arrival.url)[:1000],
            content_encoding=arrival.header("content-encoding"),
            partial=arrival.cut,
        )

    def _note_strays(self, known: list[CaptureEvent]) -> None:
        """Record files that stand among the items or working copies and that no line speaks of."""
        spoken_of = {event.path for event in known if isinstance(event, Item | WorkingCopy)}
        strays: list[Event] = []
        for part in (*self._folder.path.glob(f"{ITEMS}/*"), *self._folder.path.glob(f"{WORKING}/*")):
            relative = f"{part.parent.name}/{part.name}"
            if relative in spoken_of:
                continue
            if part.name.endswith(PART):
                part.unlink()
                continue
            size, sha256, _ = _digest(part)
            ref = f"{self._exhibit}-{part.name[:4]}"
            how = "found without a record when the capture was finished off"
            strays.append(WorkingCopy(time=self._now(), ref=ref, path=relative, size=size, sha256=sha256, how=how))
            self._found.append(f"{relative}: {how}")
        self._folder.append(strays)

    def _finished(self, events: list[CaptureEvent]) -> CaptureFinished:
        items = [event for event in events if isinstance(event, Item)]
        return CaptureFinished(
            time=self._now(),
            status="interrupted",
            items=len(items),
            failed=sum(isinstance(event, Failed) for event in events),
            skipped=sum(event.count for event in events if isinstance(event, Skipped)),
            bytes=sum(item.size for item in items),
            reason=DIED,
        )

    def _now(self) -> str:
        return timestamp(self._clock())


def _arrival(incoming: Incoming, sent: RequestSent, head: HeadArrived | None) -> Arrival:
    """Put together from the journal and the body's file what the process that died had in memory."""
    size, sha256, sample = _digest(incoming.body) if incoming.body.exists() else (0, hashlib.sha256().hexdigest(), b"")
    whole = head is not None and head.length == size and not head.chunked
    cut = "" if whole else f"{DIED} when {size} bytes of it had arrived"
    peer = Peer(ip=sent.ip, port=sent.port, tls=sent.tls)
    # The framing of a chunked body is gone with the process: the body then stands in its item file alone.
    in_warc = head is not None and not head.chunked and size <= NetworkSettings().in_memory
    response_id, request_id = new_record_id(), new_record_id()
    record, response_sha256 = b"", ""
    if head is not None:
        record, response_sha256 = response_record(
            response_id,
            url=sent.url,
            date=sent.started,
            peer=peer,
            head=head.head,
            rest=incoming.body.read_bytes() if in_warc and size else (b"" if in_warc else None),
            payload_sha256=sha256 if in_warc else "",
            content_type=head.content_type,
            cut=bool(cut),
        )
    request, request_sha256 = request_record(
        request_id,
        url=sent.url,
        date=sent.started,
        peer=peer,
        request=sent.request,
        response_id=response_id if record else "",
    )
    headers = {"content-type": head.content_type, "content-encoding": head.content_encoding} if head else {}
    return Arrival(
        number=sent.exchange,
        ref=sent.ref,
        url=sent.url,
        method=sent.method,
        started=sent.started,
        seconds=0.0,
        peer=peer,
        proxy=sent.proxy,
        status=head.status if head is not None else 0,
        phrase="",
        headers=headers,
        replaced=sent.replaced,
        size=size,
        sha256=sha256,
        sample=sample,
        cut=cut,
        close_delimited=head is not None and head.length < 0 and not head.chunked,
        in_warc=in_warc,
        incoming=incoming,
        response_record=record,
        request_record=request,
        response_id=response_id,
        request_id=request_id,
        response_sha256=response_sha256,
        request_sha256=request_sha256,
    )


def _digest(path: Path) -> tuple[int, str, bytes]:
    """Return a file's size, SHA-256 in hexadecimal, and first bytes. Raises Unreadable."""
    digest, size, sample = hashlib.sha256(), 0, b""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                sample = sample or piece[:_SAMPLE]
                digest.update(piece)
                size += len(piece)
    except OSError as error:
        raise read_error(path, error) from error
    return size, digest.hexdigest(), sample
