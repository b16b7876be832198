"""Taking in what somebody hands in: stored whole, opened in the sandbox, recorded, sealed."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec.structs import replace

from capture.recorder.stopping import Stop
from capture.run.run import COMPLETE, INTERRUPTED, NOTHING, PARTIAL, CaptureResult
from capture.versions import versions_record
from hashing.case.capture_folder import capture_events, capture_origin
from hashing.case.custody import demand_recordable
from hashing.case.events import CAPTURE_FORMAT, CaptureFinished, CaptureStarted, IntakeBegun, Item
from hashing.case.facts import Fact
from hashing.errors import StorageFull, Unreadable
from hashing.files.storage import read_error
from hashing.files.walk import FoundFile, PassedOver, walk
from hashing.sandbox import NotRead, Readers, handed_over
from hashing.times import Clock, system_clock, time_text
from hashing.tool import tool
from intelligence.errors import NotTakenIn
from intelligence.intake.pieces import PIECE, HeldFile, Piece, plain
from intelligence.intake.reading import READER, form_of
from intelligence.intake.store import SOURCE, ArrivingFile, IntakeStore, address_of

if TYPE_CHECKING:
    from hashing.case.capture_folder import CaptureFolder
    from hashing.case.case import Case
    from hashing.ledger.keys import SigningKey

_DEEPEST = 4
"""Archives in archives that are opened."""
_LARGEST_EXCERPT = 64 << 20
"""Bytes of a file of which verification compares parts."""
_LOAD = ("intelligence.intake.reading", "capture.photo.examine")
_KINDS = {
    **dict.fromkeys(("zip", "tar", "7z", "RAR"), "archive"),
    **dict.fromkeys(("whatsapp", "telegram"), "chat"),
    "warc": "web archive",
    "mail": "mail",
    "mbox": "mailbox",
    "mhtml": "saved page",
}
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class SenderClaim:
    """What whoever sent a file claims of it, where it stands under another name here; `cut` is why it is not whole."""

    name: str
    facts: tuple[Fact, ...] = ()
    cut: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeRequest:
    """What is handed in, and what the officer states of it."""

    paths: tuple[Path, ...]
    officer: str
    initials: str
    received_from: str = ""
    """A pseudonym."""
    consent: str = ""
    title: str = ""
    note: str = ""
    claims: Mapping[Path, SenderClaim] = field(default_factory=dict)
    """By path, for files that arrived under numbers."""

    def given(self, path: Path) -> str:
        """Return the name of what was given, without what stands above it."""
        claim = self.claims.get(path)
        return claim.name if claim is not None else plain(path.name or path.resolve().name or "folder")


@dataclass(frozen=True, slots=True)
class _Holder:
    """A stored file that holds others, waiting to be opened; `folder` is the address of what it stands in."""

    item: Item
    form: str
    folder: str
    depth: int


def take_in(
    request: IntakeRequest,
    case: Case,
    *,
    key: SigningKey,
    stop: Stop | None = None,
    clock: Clock = system_clock,
) -> CaptureResult:
    """Take files and folders into a case as a sealed capture of its own. Nothing is fetched.

    What cannot be read is recorded as failed with its reason. `stop` ends it, sealed, with what was taken until then.
    Raises Unreadable where a path is not there, NotRecordable for words that cannot be kept, and Unwritable; what was
    written until then can be finished off as any capture whose process died.
    """
    texts = {"received from": request.received_from, "consent": request.consent, "note": request.note}
    demand_recordable({**texts, "title": request.title, "officer": request.officer})
    for path in request.paths:
        try:
            path.stat()
        except OSError as error:
            raise read_error(path, error) from error
        if path.resolve().is_relative_to(case.path.resolve()):
            raise NotTakenIn(f"{path}: stands in the case itself", hint="what is in a case is taken in already")
    known = _known(case)

    def _start(capture_id: str, exhibit: str) -> CaptureStarted:
        return CaptureStarted(
            time=time_text(clock()),
            format=CAPTURE_FORMAT,
            case=case.info.id,
            capture=capture_id,
            exhibit=exhibit,
            scene=SOURCE,  # and not from whom: that is said once, where it can be withheld
            officer=request.officer,
            initials=request.initials,
            signer=key.public.raw.hex(),
            tool=tool(),
            versions=versions_record(),
            settings={"archives_in_archives": _DEEPEST},
            title=request.title,
            note=request.note,
        )

    folder, started = case.begin_capture(request.initials, _start, key=key, clock=clock)
    stop = stop or Stop()
    try:
        with Readers(load=_LOAD) as readers:
            store = IntakeStore(folder, started.exhibit, readers, known, clock)
            try:
                status = _Intake(folder, store, readers, stop, clock).take(request)
            finally:
                store.close()
        seal = folder.seal(key, capture_origin(case.info.id, started.capture))
    except BaseException:
        folder.close()
        raise
    case.record_seal(started.capture, started.exhibit, status, seal, key=key, clock=clock)
    return CaptureResult(folder.path, started.capture, started.exhibit, status, seal, reason=stop.reason)


def _known(case: Case) -> dict[str, str]:
    """Return the first item of the case with each SHA-256. Raises Unreadable, BadFormat."""
    found: dict[str, str] = {}
    for path in case.captures():
        with suppress(Unreadable):
            for event in capture_events(path):
                if isinstance(event, Item):
                    found.setdefault(event.sha256, event.ref)
    return found


class _Intake:
    """One intake while it goes on."""

    def __init__(self, folder: CaptureFolder, store: IntakeStore, readers: Readers, stop: Stop, clock: Clock) -> None:
        self._folder = folder
        self._store = store
        self._readers = readers
        self._stop = stop
        self._clock = clock
        self._holders: deque[_Holder] = deque()

    def take(self, request: IntakeRequest) -> str:
        """Take everything, finish the ledger, and return the status. Raises what makes that impossible."""
        self._folder.append(
            [
                IntakeBegun(
                    time=time_text(self._clock()),
                    given=tuple(map(request.given, request.paths)),
                    received_from=request.received_from,
                    consent=request.consent,
                )
            ]
        )
        try:
            for path in request.paths:
                self._take_path(path, request)
            self._store.flush()
        except StorageFull as error:
            self._folder.release_reserve()
            self._stop.end(error.reason)
            self._store.fail(address_of(request.given(path)), error.reason)
            self._store.flush()
        store = self._store
        status = INTERRUPTED if self._stop.asked else PARTIAL if store.failed or self._stop.reason else COMPLETE
        if not store.items and not self._stop.asked:
            status = NOTHING
        self._folder.append(self._folder.close_warcs(self._clock))
        self._folder.finish(
            CaptureFinished(
                time=time_text(self._clock()),
                status=status,
                items=store.items,
                failed=store.failed,
                skipped=store.skipped,
                bytes=store.bytes,
                reason=self._stop.reason,
            )
        )
        return status

    def _take_path(self, path: Path, request: IntakeRequest) -> None:
        """Take a file, or every file of a folder, and what these hold."""
        given, below, claim = request.given(path), len(str(path)) + 1, request.claims.get(path)
        for found in walk([path]):
            if self._stop.reason:
                return
            names = [given, *Path(str(found.path)[below:]).parts]
            if isinstance(found, FoundFile):
                self._take_file(found, names, claim)
            elif isinstance(found, PassedOver):
                self._store.skip(address_of(*names), f"{found.reason}: not followed, and no file")
            else:
                self._store.fail(address_of(*names), found.reason)
            while self._holders and not self._stop.reason:
                self._open(self._holders.popleft())

    def _take_file(self, found: FoundFile, names: list[str], claim: SenderClaim | None) -> None:
        """Store one file as it stands there; its name and time are claims of whoever handed it in."""
        path, address = found.path, address_of(*names)
        arriving = self._store.arriving()
        try:
            # What the officer named may be a link; what stands in a folder was a file when its names were listed.
            descriptor = os.open(path, _READ if found.given else _READ | os.O_NOFOLLOW)
            with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
                status = os.fstat(descriptor)
                if stat.S_ISREG(status.st_mode):
                    self._read_into(file, arriving)
        except OSError as error:
            arriving.close()
            self._store.fail(address, read_error(path, error).reason)
            return
        reason = self._stop.reason or ("" if stat.S_ISREG(status.st_mode) else "a pipe or a device, and no file")
        if reason:
            arriving.close()
            self._store.fail(address, reason)
            return
        facts = claim.facts if claim is not None else (Fact("file time", _time_of(status), "file system"),)
        self._keep(arriving, address, HeldFile(name=plain("/".join(names)), facts=facts), None, 0)
        if claim is not None and claim.cut:
            self._store.fail(address, claim.cut)

    def _read_into(self, file: BinaryIO, arriving: ArrivingFile) -> None:
        while not self._stop.reason and (data := file.read(PIECE)):
            arriving.write(data)

    def _keep(self, arriving: ArrivingFile, address: str, member: HeldFile, of: Item | None, depth: int) -> None:
        """Store a file, and note it where it holds others."""
        form = form_of(arriving.head, member.name.lower()) if not member.post else ""
        member = replace(member, kind=member.kind or _KINDS.get(form, ""))
        item = self._store.store(arriving, address, member, of)
        if form:
            folder = address.rpartition("/")[0]
            self._holders.append(_Holder(item, form, folder, depth))

    def _open(self, holder: _Holder) -> None:
        """Take out what a file holds. What cannot be read of it is said, and it stays whole."""
        item = holder.item
        if holder.depth >= _DEEPEST:
            self._store.skip(item.url, f"not opened: it stands in {_DEEPEST} archives", item.ref)
            return
        self._store.flush()
        try:
            with handed_over(self._folder.path / item.path) as file:
                self._take_pieces(
                    self._readers.stream(READER, holder.form, item.url, holder.folder, files=[file], answer=Piece),
                    holder,
                )
        except NotRead as error:
            self._store.fail(item.url, f"could not be opened, and is kept whole: {error}", item.ref)

    def _take_pieces(self, pieces: Iterator[Piece], holder: _Holder) -> None:
        item, member = holder.item, HeldFile(name="")
        arriving: ArrivingFile | None = None
        for piece in pieces:
            if self._stop.reason:
                break
            address = f"{item.url}/{address_of(piece.name).removeprefix('intake:/')}" if piece.name else item.url
            if piece.begins is not None:
                member, arriving = _bounded(piece.begins, item), self._store.arriving()
            elif piece.data and arriving is not None:
                arriving.write(piece.data)
            elif piece.ends and arriving is not None:
                place = f"{item.url}/{address_of(member.name).removeprefix('intake:/')}"
                self._keep(arriving, place, member, item, holder.depth + 1)
                arriving = None
            elif piece.failed:
                self._store.fail(address, piece.failed[:500], item.ref)
                _drop(arriving)
                arriving = None
            elif piece.skipped:
                self._store.skip(address, piece.skipped[:500], item.ref)
            else:
                self._store.describe(item, piece.facts[:200], piece.text)
        _drop(arriving)


def _time_of(status: os.stat_result) -> str:
    """Return when a file was changed last, as the file system claims; a time that no calendar has as its number."""
    try:
        return time_text(datetime.fromtimestamp(status.st_mtime, UTC))
    except (ValueError, OverflowError, OSError):
        return f"{status.st_mtime:.0f} seconds from 1970"


def _drop(arriving: ArrivingFile | None) -> None:
    """Let go of a file that did not come to its end: what holds it is kept whole."""
    if arriving is not None:
        arriving.close()


def _bounded(member: HeldFile, of: Item) -> HeldFile:
    """Return what a reader says of a member within bounds: it is trusted no more than the file that it read."""
    if of.size > _LARGEST_EXCERPT and member.offset >= 0:
        return replace(member, offset=-1, facts=member.facts[:100])
    return replace(member, facts=member.facts[:100]) if len(member.facts) > 100 else member  # noqa: PLR2004
