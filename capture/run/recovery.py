"""Finishing off a capture whose process died: everything that had arrived is kept, accounted for and sealed.

What is sealed with a key was written by whoever has the key, and is authenticated as such:

 1. ledger lines and exchange files, by the marks in `ledger.mac`: what stands behind the newest that holds is cut off
 2. exchanges on their way in, by the MACs in their journals, and their bodies by theirs
 3. items, by a line of that ledger or by such a journal

Whatever else stands in the folder is moved out of the case, to a folder beside it, and told: it is never signed.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from capture.recorder.exchange import EndedExchange
from capture.recorder.incoming import JOURNAL, HeadArrived, Incoming, NameGiven, RequestSent, Step
from capture.recorder.reading import capture_readers, plain_sample
from capture.recorder.resumed import DIED, resumed_exchange
from capture.recorder.stopping import Stop
from capture.request.item_name import claimed_name, item_name
from capture.request.media_type import media_type
from capture.run.examination import Examination
from capture.run.writer import Writer, WriteRequest
from hashing.case.capture_folder import (
    CHECKPOINT,
    INCOMING,
    ITEMS,
    RESERVE,
    SCRATCH,
    WORKING,
    CaptureFolder,
    Seal,
    capture_events,
    capture_origin,
    end_unsealed,
)
from hashing.case.case import Case, Left
from hashing.case.events import (
    CaptureEvent,
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
from hashing.case.kinds import CaptureStatus, ItemKind
from hashing.case.server_dates import DateBounds
from hashing.errors import BadFormat, BadSignature, NotAsSigned, Unreadable, WouldOverwrite
from hashing.files import inside
from hashing.files.storage import OWNER_WRITES, PART, make_folder, read_small, storing, sync_folder, write_exclusively
from hashing.ledger.checkpoint import open_checkpoint
from hashing.ledger.keys import SigningKey
from hashing.ledger.ledger import LEDGER, ledger_lines
from hashing.ledger.merkle import MerkleTree
from hashing.times import Clock, system_clock, time_text
from hashing.tool import tool

_JOURNAL = re.compile(rf"[0-9]{{6,12}}{re.escape(JOURNAL)}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Recovered:
    """A capture that was finished off, what was found in it, and where what is not ours was put, if there was any."""

    capture: str
    exhibit: str
    found: tuple[str, ...]
    seal: Seal
    aside: Path | None = None
    status: str = CaptureStatus.INTERRUPTED


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of the unsealed captures of a case."""

    recovered: tuple[Recovered, ...]
    left: tuple[Left, ...]  # Those that are not ours, or no longer as we wrote them: they stay as they are.


def recover_abandoned(
    case: Case,
    *,
    key: SigningKey,
    officer: str,
    begun_here: bool = False,
    clock: Clock = system_clock,
    reasons: Mapping[str, str] = MappingProxyType({}),
) -> Recovery:
    """Finish off and seal, as interrupted, every capture of the case whose process died and that this key's owner made.

    `reasons` says of captures, by their id, why they ended although their process did not die: these are partial.
    With `begun_here` only those that this user's own notes know to have been begun on this computer. A capture that is
    still running is left alone. Raises Unwritable, Unreadable, BadFormat, NotAsSigned.
    """
    # 1. Take over what died and is ours; of all else the case says why it is left as it is.
    abandoned, left = case.lock_abandoned(key, begun_here=begun_here)
    exhibits = {event.capture: event.exhibit for event in case.events() if isinstance(event, CaptureRegistered)}
    recovered = []
    # 2. Finish each off and seal it. One that turns out to be altered stays, and the others go on.
    for folder in abandoned:
        try:
            recovered.append(
                _Finishing(case, folder, exhibits[folder.path.name], clock, reasons.get(folder.path.name, "")).finish(
                    key, officer
                )
            )
        except NotAsSigned as error:
            left.append(Left(folder.path, exhibits[folder.path.name], str(error).removeprefix(f"{folder.path}/")))
    # 3. A process may have died between the seal and the case's line about it: the seal is ours, so record it.
    for path in case.unrecorded():
        sealed = _record_seal(case, path, exhibits[path.name], key, clock)
        if sealed is not None:
            recovered.append(sealed)
        else:
            left.append(Left(path, exhibits[path.name], "sealed with another key, and the case does not record it"))
    return Recovery(tuple(recovered), tuple(left))


def aside_folder(case: Case) -> Path:
    """Return the folder beside a case to which goes what its recovery found and nobody vouches for."""
    path = Path(os.path.realpath(case.path))
    return path.with_name(f"{path.name}.set-aside")


def put_aside(case: Case, name: str, data: bytes) -> Path:
    """Keep bytes that stood in a case and that nobody vouches for; return their file. Raises Unwritable."""
    folder = aside_folder(case)
    with suppress(WouldOverwrite):
        make_folder(folder)
    path = _free(folder, name)
    write_exclusively(path, data)
    return path


def _free(folder: Path, name: str) -> Path:
    """Return a name that is not taken."""
    path, number = folder / name, 1
    while os.path.lexists(path):
        number += 1
        path = folder / f"{name}.{number}"
    return path


def _record_seal(case: Case, path: Path, exhibit: str, key: SigningKey, clock: Clock) -> Recovered | None:
    """Have the case record the seal of a capture whose process died right after sealing it, if it is ours."""
    # 1. Ours by its signature; 2. over these very lines, which are hashed anew; 3. of a capture that had ended. Only
    # then does the case record it: else it would vouch for a seal that it cannot check.
    note = read_small(path / CHECKPOINT, root=case.path)
    try:
        checkpoint = open_checkpoint(note, key.public)
    except (BadSignature, BadFormat):
        return None
    tree = MerkleTree()
    for line in ledger_lines(path / LEDGER, root=case.path):
        tree.append(line)
    known = (capture_origin(case.info.id, path.name), tree.size, tree.root())
    status = next((event.status for event in capture_events(path) if isinstance(event, CaptureFinished)), "")
    if (checkpoint.origin, checkpoint.size, checkpoint.root) != known or not status:
        return None
    seal = Seal.of(checkpoint, note)
    end_unsealed(path)
    case.record_seal(path.name, exhibit, status, seal, key=key, clock=clock)
    return Recovered(path.name, exhibit, ("it was sealed already, and the case records it now",), seal, status=status)


class _Finishing:
    """One capture being finished off."""

    def __init__(self, case: Case, folder: CaptureFolder, exhibit: str, clock: Clock, reason: str) -> None:
        self._reason = reason
        self._case = case
        self._folder = folder
        self._root = folder.root
        self._exhibit = exhibit
        self._clock = clock
        self._readers = capture_readers()
        self._found: list[str] = []
        self._aside: Path | None = None

    def finish(self, key: SigningKey, officer: str) -> Recovered:
        try:
            # 1. Behind the last line that our key vouches for may stand a torn line, or what others wrote: it is not
            # sealed.
            self._keep_behind()
            known = list(capture_events(self._folder.path))
            self._folder.release_reserve()
            # 2. Where the ledger was finished, nothing is added to it; else it learns of all that is ours on disk.
            if any(isinstance(event, CaptureFinished) for event in known):
                self._unrecorded(known, None)
                self._move_strays(known)
            else:
                self._account(known, key, officer)
            # 3. Seal it, and have the case say so.
            seal = self._folder.seal(key, capture_origin(self._case.info.id, self._folder.path.name))
        finally:
            self._readers.close()
            self._folder.close()
        capture = self._folder.path.name
        status = next(event.status for event in capture_events(self._folder.path) if isinstance(event, CaptureFinished))
        self._case.record_seal(capture, self._exhibit, status, seal, key=key, clock=self._clock)
        return Recovered(capture, self._exhibit, tuple(self._found), seal, self._aside, status)

    def _keep_behind(self) -> None:
        """Say what stood behind the last line that was written whole; keep it, where that is more than a torn line."""
        behind = self._folder.behind
        if b"\n" in behind:
            path = self._aside_for(LEDGER)
            write_exclusively(path, behind)
            lines = behind.count(b"\n")
            self._found.append(f"{lines} lines behind the last that this key wrote are not sealed")
        elif behind:
            self._found.append(f"a last line of {len(behind)} bytes was torn and is cut off")

    def _account(self, known: list[CaptureEvent], key: SigningKey, officer: str) -> None:
        """Bring into the ledger everything of ours on disk that it does not speak of yet."""
        # 1. The WARC ends where the marks say that we had written it: cut off what stands behind that.
        self._found += self._folder.warc.cut_back()
        # 2. What was on its way in becomes items and failures, by the writer that a capture has.
        stop = Stop()
        writer = Writer(self._folder, self._clock, stop)
        examination = Examination(self._folder, writer, self._clock, stop, self._readers)
        for request in self._unrecorded(known, examination):
            writer.submit(request)
        writer.flush()
        examination.close()
        writer.close()
        if stop.error is not None:
            raise stop.error
        # 3. What no line speaks of by now is nobody's: move it beside the case.
        self._move_strays(list(capture_events(self._folder.path)))
        # 4. Say who finished it off, what was found, and how it ended.
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
                dates.add(event)
        if (said := dates.event(self._now())) is not None:
            self._folder.append([said])

    def _unrecorded(self, known: Iterable[CaptureEvent], examination: Examination | None) -> list[WriteRequest]:
        """Return what was on its way in and is ours; all else in that folder is moved out of it."""
        # 1. Read each journal; what our key does not vouch for counts as a stranger's.
        recorded = {event.exchange for event in known if isinstance(event, Exchange)}
        folder = self._folder.path / INCOMING
        begun, kept = list[tuple[Incoming, RequestSent, Sequence[Step]]](), {RESERVE, SCRATCH}
        with storing(folder):
            names = inside.names(folder, self._root)
        for name in filter(_JOURNAL.fullmatch, names):
            number = int(name.partition(".")[0])
            incoming = Incoming(folder, number, self._folder.mac, root=self._root)
            try:
                steps, behind = incoming.steps()
            except Unreadable:
                continue  # a pipe, a link, or endless: none that a recorder writes
            sent = next((step for step in steps if isinstance(step, RequestSent)), None)
            if sent is None or sent.exchange != number or incoming.journal.name != name:
                continue
            if b"\n" in behind:
                self._keep_copy(incoming.journal)
                self._found.append(f"{name}: lines behind those that this key wrote are not sealed")
            kept |= {incoming.journal.name, incoming.body.name}
            if number in recorded:
                incoming.forget()
            elif examination is not None:
                begun.append((incoming, sent, steps))
        # 2. Nothing stays in the folder but journals of ours, with their bodies.
        for name in names:
            if name not in kept:
                self._move_aside(folder / name)
        if examination is None:
            return []
        # 3. Make hand-ins of the rest. Of several exchanges for one thing (redirects, attempts), only the last can have
        # brought it.
        last = {sent.ref: sent.exchange for _, sent, _ in sorted(begun, key=lambda each: each[1].exchange)}
        spoken_of = {event.path for event in known if isinstance(event, Item)}
        return [
            self._write_request(*each, examination, spoken_of, followed=last[each[1].ref] != each[1].exchange)
            for each in begun
        ]

    def _write_request(
        self,
        incoming: Incoming,
        sent: RequestSent,
        steps: Sequence[Step],
        examination: Examination,
        spoken_of: Container[str],
        *,
        followed: bool,
    ) -> WriteRequest:
        # 1. Find the body: it may have got its name among the items already, and not its line.
        head = next((step for step in steps if isinstance(step, HeadArrived)), None)
        name = next((step.name for step in steps if isinstance(step, NameGiven)), "")
        stored = self._folder.path / ITEMS / (name or "none")
        with storing(stored):
            if name and inside.is_file(stored, self._root) and not inside.kind(incoming.body, self._root):
                # Its line was never written: it takes its place anew, with one.
                inside.rename(stored, incoming.body, self._root)
                inside.set_mode(incoming.body, OWNER_WRITES, self._root)
            if inside.kind(incoming.body, self._root) not in {0, stat.S_IFREG}:
                self._move_aside(incoming.body)
        # 2. Keep of it what our marks vouch for; a copy of the whole goes beside the case.
        if foreign := incoming.foreign():
            self._keep_copy(incoming.body)
            incoming.cut_body()
            remark = f"{foreign} bytes behind those that this key vouches for are not sealed"
            self._found.append(f"{incoming.body.name}: {remark}")
        # 3. Make of it the exchange and the item that it would have been, cut where it was cut.
        exchange = resumed_exchange(incoming, sent, head)
        self._found.append(f"{sent.url}: {exchange.size} bytes had arrived")
        item = self._item(exchange, name, spoken_of, followed=followed)
        if item is not None and not name:
            incoming.note(NameGiven(name=item.path.rpartition("/")[2]))  # this process may die as well
        if item is not None and inside.kind(self._folder.path / item.path, self._root):
            self._move_aside(self._folder.path / item.path)
        failed = Failed(time=self._now(), url=sent.url, reason=exchange.cut, ref=sent.ref, exchange=sent.exchange)
        photo = item is not None and item.kind == ItemKind.PHOTO

        def _written() -> None:
            if item is not None and photo:
                examination.examine(item)

        return WriteRequest.of_exchange(exchange, item, (failed,) if exchange.cut and not followed else (), _written)

    def _keep_copy(self, path: Path) -> None:
        """Copy a file whose end is not ours out of the case, before that end is cut off."""
        target = self._aside_for(path.name)
        with storing(target):
            source = inside.open_file(path, root=self._root)
            with open(source, "rb") as file, target.open("xb") as copy:  # noqa: PTH123 - a descriptor
                target.chmod(OWNER_WRITES)
                shutil.copyfileobj(file, copy)
                os.fsync(copy.fileno())

    def _item(self, exchange: EndedExchange, name: str, spoken_of: Container[str], *, followed: bool) -> Item | None:
        # As the run would have named it, as far as that can be told: what was asked for is known, what the page around
        # it said of it is not.
        whole_answer = exchange.status in range(200, 300) and not followed
        if not exchange.size or (exchange.held and not whole_answer):
            return None
        kind = media_type(plain_sample(self._readers, exchange), exchange.header("content-type"))
        number = int(exchange.ref.rpartition("-")[2])
        plain = item_name(number, exchange.url, kind.kind, kind.extension)
        if followed or f"{ITEMS}/{plain}" in spoken_of:
            plain = f"{number:04d}-exchange-{exchange.number}.body"
        return Item(
            time=self._now(),
            ref=f"{exchange.ref}.{exchange.number}" if followed else exchange.ref,
            kind=kind.kind if whole_answer else ItemKind.SUPERSEDED_BODY,
            url=exchange.url,
            path=f"{ITEMS}/{name or plain}",
            size=exchange.size,
            sha256=exchange.sha256,
            mime=kind.mime,
            exchange=exchange.number,
            found_in="on its way in when the process died",
            extractor="recovery",
            claimed_name=claimed_name(exchange.url)[:1000],
            content_encoding=exchange.header("content-encoding"),
            partial=exchange.cut,
        )

    def _move_strays(self, known: list[CaptureEvent]) -> None:
        """Move out of the case what stands among the items or working copies and no line speaks of.

        Excerpts and texts of ours that had no line yet are among it: what they were made of has one.
        """
        spoken_of = {event.path for event in known if isinstance(event, Item | WorkingCopy)}
        for folder in (ITEMS, WORKING):
            with storing(self._folder.path / folder):
                names = inside.names(self._folder.path / folder, self._root)
            for name in names:
                if f"{folder}/{name}" not in spoken_of:
                    self._move_aside(self._folder.path / folder / name)
            # Before any line says that they are gone: a power cut may bring back what was not made lasting.
            sync_folder(self._folder.path / folder, root=self._root)

    def _move_aside(self, path: Path) -> None:
        """Move something out of the case, whatever it is; what is empty or half-written and ours by its name goes."""
        with storing(path):
            nothing = inside.is_file(path, self._root) and not inside.size(path, self._root)
            if nothing or (inside.is_file(path, self._root) and path.name.endswith(PART)):
                inside.unlink(path, self._root)
                return
            target = self._aside_for(path.name)
            with inside.reach(path, self._root) as (name, folder):
                os.rename(name, target, src_dir_fd=folder)
            sync_folder(target.parent)
        relative = path.relative_to(self._folder.path).as_posix()
        self._found.append(f"{relative}: no line of this key speaks of it: not sealed")

    def _aside_for(self, name: str) -> Path:
        """Return a free name in the folder beside the case for what is not ours. Raises Unwritable."""
        above = aside_folder(self._case)
        self._aside = above / self._folder.path.name
        for folder in (above, self._aside):
            with suppress(WouldOverwrite):
                make_folder(folder)
        return _free(self._aside, name)

    def _finished(self, events: list[CaptureEvent]) -> CaptureFinished:
        items = [event for event in events if isinstance(event, Item)]
        status = CaptureStatus.PARTIAL if items else CaptureStatus.NOTHING
        return CaptureFinished(
            time=self._now(),
            status=status if self._reason else CaptureStatus.INTERRUPTED,
            items=len(items),
            failed=sum(isinstance(event, Failed) for event in events),
            skipped=sum(event.count for event in events if isinstance(event, Skipped)),
            bytes=sum(item.size for item in items),
            reason=self._reason or DIED,
        )

    def _now(self) -> str:
        return time_text(self._clock())
