"""Finishing off a capture whose process died: everything that had arrived is kept, accounted for and sealed."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from capture.recorder.decoding import decoded_sample
from capture.recorder.incoming import HeadArrived, Incoming, NameGiven, RequestSent
from capture.recorder.resumed import DIED, digest_of, resumed_arrival
from capture.request.item_name import claimed_name, item_name
from capture.request.media_type import media_type
from capture.request.stopping import Stop
from capture.run.examination import Examination
from capture.run.intake import REMNANT
from capture.run.writer import HandIn, Writer
from hashing.case.capture_folder import CHECKPOINT, INCOMING, ITEMS, WORKING, Seal, capture_events, capture_origin
from hashing.case.events import (
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
from hashing.case.server_dates import DateBounds
from hashing.files.storage import PART, read_small, storing
from hashing.ledger.checkpoint import parse_checkpoint
from hashing.times import Clock, system_clock, timestamp
from hashing.tool import tool
from hashing.warc.record import read_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from capture.recorder.exchange import Arrival
    from hashing.case.capture_folder import CaptureFolder
    from hashing.case.case import Case
    from hashing.case.events import CaptureEvent, Event
    from hashing.ledger.keys import SigningKey


@dataclass(frozen=True, slots=True)
class Recovered:
    """A capture that was finished off, and what was found in it."""

    capture: str
    exhibit: str
    found: tuple[str, ...]
    seal: Seal
    status: str = "interrupted"


def finish_abandoned(
    case: Case,
    *,
    key: SigningKey,
    officer: str,
    clock: Clock = system_clock,
    reasons: Mapping[str, str] = MappingProxyType({}),
) -> list[Recovered]:
    """Finish off and seal, as interrupted, every capture of the case whose process died.

    `reasons` says of captures, by their id, why they ended although their process did not die: these are partial.
    A capture that is still running is left alone. Raises Unwritable, Unreadable, BadFormat.
    """
    abandoned = case.take_abandoned(key)
    exhibits = {event.capture: event.exhibit for event in case.events() if isinstance(event, CaptureRegistered)}
    recovered = [
        _Recovery(case, folder, exhibits[folder.path.name], clock, reasons.get(folder.path.name, "")).finish(
            key, officer
        )
        for folder in abandoned
    ]
    for path in case.unrecorded():
        _record_seal(case, path, exhibits[path.name], key, clock)
    return recovered


def _record_seal(case: Case, path: Path, exhibit: str, key: SigningKey, clock: Clock) -> None:
    """Have the case record the seal of a capture whose process died right after sealing it."""
    note = read_small(path / CHECKPOINT)
    checkpoint, _ = parse_checkpoint(note)
    status = next(event.status for event in capture_events(path) if isinstance(event, CaptureFinished))
    case.record_seal(path.name, exhibit, status, Seal.of(checkpoint, note), key=key, clock=clock)


class _Recovery:
    """One capture being finished off."""

    def __init__(self, case: Case, folder: CaptureFolder, exhibit: str, clock: Clock, reason: str) -> None:
        self._reason = reason
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
        status = next(event.status for event in capture_events(self._folder.path) if isinstance(event, CaptureFinished))
        self._case.record_seal(capture, self._exhibit, status, seal, key=key, clock=self._clock)
        return Recovered(capture, self._exhibit, tuple(self._found), seal, status)

    def _account(self, known: list[CaptureEvent], key: SigningKey, officer: str) -> None:
        """Bring into the ledger everything on disk that it does not speak of yet."""
        if not any(isinstance(event, WarcClosed) for event in known):
            self._cut_warcs(known)
        stop = Stop()
        writer = Writer(self._folder, self._clock, stop)
        examination = Examination(self._folder, writer, self._clock, stop)
        for hand_in in self._unrecorded(known, examination):
            writer.hand_in(hand_in)
        writer.flush()
        examination.close()
        writer.close()
        if stop.error is not None:
            raise stop.error
        self._note_strays(list(capture_events(self._folder.path)))
        resumed = CaptureResumed(
            time=self._now(), officer=officer, signer=key.public.raw.hex(), tool=tool(), found=tuple(self._found)
        )
        self._folder.append([resumed])
        self._record_dates()
        closed = {event.path for event in known if isinstance(event, WarcClosed)}
        self._folder.append([event for event in self._folder.close_warcs(self._clock) if event.path not in closed])
        self._folder.finish(self._finished(list(capture_events(self._folder.path))))

    def _record_dates(self) -> None:
        """Record what all exchanges say of this computer's clock, those found now among them."""
        dates = DateBounds()
        for event in capture_events(self._folder.path):
            if isinstance(event, Exchange):
                dates.take(event)
        if (said := dates.event(self._now())) is not None:
            self._folder.append([said])

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
        arrival = resumed_arrival(incoming, sent, head)
        self._found.append(f"{sent.url}: {arrival.size} bytes had arrived")
        item = self._item(arrival, name)
        failed = Failed(time=self._now(), url=sent.url, reason=arrival.cut, ref=sent.ref, exchange=sent.exchange)
        photo = item is not None and item.kind == "photo"

        def _written() -> None:
            if item is not None and photo:
                examination.examine(item)

        return HandIn(arrival, item, events=(failed,) if arrival.cut else (), written=_written)

    def _item(self, arrival: Arrival, name: str) -> Item | None:
        whole_answer = arrival.status in range(200, 300)
        if not arrival.size or (arrival.in_warc and not whole_answer):
            return None
        sample = decoded_sample(arrival.sample, arrival.header("content-encoding"))
        kind = media_type(sample, arrival.header("content-type"))
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
            size, sha256, _ = digest_of(part)
            ref = f"{self._exhibit}-{part.name[:4]}"
            how = "found without a record when the capture was finished off"
            strays.append(WorkingCopy(time=self._now(), ref=ref, path=relative, size=size, sha256=sha256, how=how))
            self._found.append(f"{relative}: {how}")
        self._folder.append(strays)

    def _finished(self, events: list[CaptureEvent]) -> CaptureFinished:
        items = [event for event in events if isinstance(event, Item)]
        return CaptureFinished(
            time=self._now(),
            status=("partial" if items else "nothing") if self._reason else "interrupted",
            items=len(items),
            failed=sum(isinstance(event, Failed) for event in events),
            skipped=sum(event.count for event in events if isinstance(event, Skipped)),
            bytes=sum(item.size for item in items),
            reason=self._reason or DIED,
        )

    def _now(self) -> str:
        return timestamp(self._clock())
