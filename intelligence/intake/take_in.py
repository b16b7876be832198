"""Taking in what somebody hands in: stored whole, opened in the sandbox, recorded, sealed."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from msgspec.structs import replace

from capture.recorder.stopping import Stop
from capture.run.run import CaptureResult
from capture.versions import versions_record
from hashing.case.capture_folder import CaptureFolder, capture_events, capture_origin
from hashing.case.case import Case
from hashing.case.custody import demand_recordable
from hashing.case.events import CAPTURE_FORMAT, CaptureFinished, CaptureStarted, IntakeBegun, Item
from hashing.case.facts import Fact
from hashing.case.kinds import CaptureStatus
from hashing.errors import BadFormat, StorageFull, Unreadable
from hashing.files.real_path import real_path
from hashing.files.storage import read_error
from hashing.files.walk import FoundFile, PassedOver, walk
from hashing.ledger.keys import SigningKey
from hashing.ledger.ledger import LEDGER
from hashing.sandbox import NotRead, Readers
from hashing.times import Clock, system_clock, time_text
from hashing.tool import tool
from intelligence.errors import NotTakenIn
from intelligence.intake.pieces import PIECE, HeldFile, Piece, plain
from intelligence.intake.protection import Protection
from intelligence.intake.reading import READER, form_of
from intelligence.intake.store import SOURCE, ArrivingFile, IntakeStore, address_of

_DEEPEST = 4  # Archives in archives that are opened.
_LARGEST_EXCERPT = 64 << 20  # Bytes of a file of which verification compares parts.
_LOAD = ("intelligence.intake.reading", "capture.photo.examine")
_LOAD_COPIES = ("exports.report.small_copy", "PIL.JpegImagePlugin", "PIL.PngImagePlugin")
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
    received_from: str = ""  # A pseudonym.
    consent: str = ""
    title: str = ""
    note: str = ""
    claims: Mapping[Path, SenderClaim] = field(default_factory=dict)  # By path, for files that arrived under numbers.

    def given(self, path: Path) -> str:
        """Return the name of what was given, without what stands above it."""
        claim = self.claims.get(path)
        return claim.name if claim is not None else plain(path.name or real_path(path).name or "folder")


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
    protection: Protection | None = None,
) -> CaptureResult:
    """Take files and folders into a case as a sealed capture of its own. Nothing is fetched.

    What cannot be read is recorded as failed with its reason. `stop` ends it, sealed, with what was taken until then.
    With `protection`, what names the source is kept by it, and stands in the originals alone.
    Raises Unreadable where a path is not there, NotRecordable for words that cannot be kept, and Unwritable; what was
    written until then can be finished off as any capture whose process died.
    """
    # 1. Refuse what cannot be recorded, and what is not there, before the case knows of it.
    _demand_there(request, case)
    # What a protected source hands in is compared with itself alone: that it has what another has tells who it is.
    known, unknown = _known(case) if protection is None else ({}, [])

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

    # 2. An intake is a capture that fetches nothing: it has a folder, a ledger, a seal, and a line in the case.
    folder, started = case.begin_capture(request.initials, _start, key=key, clock=clock)
    stop = stop or Stop()
    try:
        with Readers(load=_LOAD if protection is None else (*_LOAD, *_LOAD_COPIES)) as readers:
            store = IntakeStore(folder, started.exhibit, readers, known, clock, protection)
            try:
                for name, reason in unknown:
                    store.skip(SOURCE, f"not compared with {name}, which cannot be read: {reason}")
                status = _Intake(folder, store, readers, stop, clock, protection).take(request, started.exhibit)
            finally:
                store.close()
        seal = folder.seal(key, capture_origin(case.info.id, started.capture))
    except BaseException:
        folder.close()
        raise
    case.record_seal(started.capture, started.exhibit, status, seal, key=key, clock=clock)
    return CaptureResult(folder.path, started.capture, started.exhibit, status, seal, reason=stop.reason)


def _demand_there(request: IntakeRequest, case: Case) -> None:
    """Refuse words that cannot be kept, and paths that are not there or stand in the case.

    Raises NotRecordable, Unreadable, NotTakenIn.
    """
    texts = {"received from": request.received_from, "consent": request.consent, "note": request.note}
    demand_recordable({**texts, "title": request.title, "officer": request.officer})
    for path in request.paths:
        try:
            path.stat()
        except OSError as error:
            raise read_error(path, error) from error
        if real_path(path).is_relative_to(real_path(case.path)):
            raise NotTakenIn(f"{path}: stands in the case itself", hint="what is in a case is taken in already")


def _known(case: Case) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Return the first item of the case with each SHA-256, and which captures cannot be read, each with the reason.

    Items of protected sources are left out: a bundle without them would name them.
    """
    # A capture that cannot be read keeps nothing from being taken in; that it was not compared is told.
    found, unread = dict[str, str](), list[tuple[str, str]]()
    for path in case.captures():
        try:
            for event in capture_events(path):
                if isinstance(event, IntakeBegun) and event.protected:
                    break
                if isinstance(event, Item):
                    found.setdefault(event.sha256, event.ref)
        except (Unreadable, BadFormat) as error:
            unread.append((path.name, str(error).removeprefix(f"{path / LEDGER}: ")))
    return found, unread


class _Intake:
    """One intake while it goes on."""

    def __init__(
        self,
        folder: CaptureFolder,
        store: IntakeStore,
        readers: Readers,
        stop: Stop,
        clock: Clock,
        protection: Protection | None,
    ) -> None:
        self._folder = folder
        self._store = store
        self._readers = readers
        self._stop = stop
        self._clock = clock
        self._protection = protection
        self._holders: deque[_Holder] = deque()

    def take(self, request: IntakeRequest, exhibit: str) -> str:
        """Take everything, finish the ledger, and return the status. Raises what makes that impossible."""
        # 1. Who gave what, before the first file: an intake that dies half-way must not lose from whom it came. Of a
        # protected source names and consent go to its register, not into the case.
        given, consent = tuple(map(request.given, request.paths)), request.consent
        if self._protection is not None:
            self._protection.begin(exhibit, given, consent)
            given, consent = (), ""
        begun = IntakeBegun(
            time=time_text(self._clock()),
            given=given,
            received_from=request.received_from,
            consent=consent,
            protected=self._protection is not None,
        )
        self._folder.append([begun])
        try:
            # 2. Every path; a full disk ends it, and what was taken until then is sealed.
            for path in request.paths:
                self._take_path(path, request)
            self._store.flush()
        except StorageFull as error:
            self._folder.release_reserve()
            self._stop.end(error.reason)
            self._store.fail(self._address([request.given(path)]), error.reason)
            self._store.flush()
        # 3. The status, from the strongest: nothing at all, interrupted, in part, complete.
        store = self._store
        status = CaptureStatus.COMPLETE
        if self._stop.asked:
            status = CaptureStatus.INTERRUPTED
        elif store.failed or self._stop.reason:
            status = CaptureStatus.PARTIAL
        if not store.items and not self._stop.asked:
            status = CaptureStatus.NOTHING
        self._folder.append(self._folder.close_warcs(self._clock))
        self._folder.finish(
            CaptureFinished(
                time=time_text(self._clock()),
                status=status,
                items=store.items,
                failed=store.failed,
                skipped=store.skipped,
                # Each disclosure shows this line: of one file, the sum is the size that it withholds.
                bytes=store.bytes if self._protection is None else 0,
                reason=self._stop.reason,
            )
        )
        return status

    def _take_path(self, path: Path, request: IntakeRequest) -> None:
        """Take a file, or every file of a folder, and what these hold."""
        given, below, claim = request.given(path), len(str(path)) + 1, request.claims.get(path)
        # A file is stored before it is opened, and what it holds is taken out before the next file: the order of
        # references then follows that of the folder.
        for found in walk([path]):
            if self._stop.reason:
                return
            names = [given, *Path(str(found.path)[below:]).parts]
            if isinstance(found, FoundFile):
                self._take_file(found, names, claim)
            elif isinstance(found, PassedOver):
                self._store.skip(self._address(names), f"{found.reason}: not followed, and no file")
            else:
                self._store.fail(self._address(names), found.reason)
            while self._holders and not self._stop.reason:
                self._open(self._holders.popleft())

    def _take_file(self, found: FoundFile, names: list[str], claim: SenderClaim | None) -> None:
        """Store one file as it stands there; its name and time are claims of whoever handed it in."""
        path, address = found.path, self._address(names)
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
        # Judged by the descriptor that was read, not by the name: that may mean something else by now.
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
        # On disk before its bytes are handed to the sandbox: whatever the archive does there, it is safe.
        self._store.flush()
        try:
            files, arguments = [self._folder.path / item.path], (holder.form, item.url, holder.folder)
            self._take_pieces(self._readers.stream(READER, *arguments, files=files, answer=Piece), holder)
        except NotRead as error:
            self._store.fail(
                item.url, self._said(item.url, f"could not be opened, and is kept whole: {error}"), item.ref
            )

    def _take_pieces(self, pieces: Iterator[Piece], holder: _Holder) -> None:
        item, member = holder.item, HeldFile(name="")
        arriving: ArrivingFile | None = None
        # The sandbox tells of a file in pieces: it begins, comes in parts, ends. One that fails in between is dropped
        # whole, since half a file under an item's name would pass for the file.
        for piece in pieces:
            if self._stop.reason:
                break
            if piece.begins is not None:
                member, arriving = _bounded(piece.begins, item), self._store.arriving()
            elif piece.data and arriving is not None:
                arriving.write(piece.data)
            elif piece.ends and arriving is not None:
                self._keep(arriving, self._address([member.name], item.url), member, item, holder.depth + 1)
                arriving = None
            elif piece.failed or piece.skipped:
                address = self._address([piece.name], item.url) if piece.name else item.url
                record = self._store.fail if piece.failed else self._store.skip
                record(address, self._said(address, (piece.failed or piece.skipped)[:500]), item.ref)
                if piece.failed:
                    _drop(arriving)
                    arriving = None
            else:
                self._store.describe(item, piece.facts[:200], piece.text)
        _drop(arriving)

    def _address(self, names: list[str], folder: str = "intake:") -> str:
        """Return the address of what has this name in a folder; of a protected source, one that names nothing."""
        if self._protection is not None:
            return self._protection.address(folder, "/".join(names))
        return f"{folder}/{address_of(*names).removeprefix('intake:/')}"

    def _said(self, address: str, reason: str) -> str:
        """Return a reason that a reader gives; of a protected source, that it is kept apart."""
        return reason if self._protection is None else self._protection.reason(address, reason)


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
