"""Putting a case or a bundle into a store: every file under its SHA-256, locked, and then the head."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from exports.bundle.draft import ByteProgress, ahead
from exports.errors import NotAnswered, NotWhole
from exports.store.connection import WORKERS, ObjectStore, StoredObject
from exports.store.earlier import earlier_objects
from exports.store.head import BODIES, FORMAT, HEADS, HeadFile, HeadInfo, StoreHead, encode_head, head_name
from exports.store.heads import newest_head
from exports.store.location import Location
from exports.store.locks import Lock, demand_fit
from exports.store.sending import Sender, composite, in_parts, opened
from exports.store.vouched import ZIP, Vouched, VouchedFile
from hashing.case.case import Case
from hashing.case.custody import Handling, record_custody
from hashing.case.events import CaptureSealed, Custody
from hashing.errors import WouldOverwrite
from hashing.files.digest import Digest, new_hash
from hashing.ledger.keys import SigningKey
from hashing.times import Clock, system_clock, time_text
from hashing.tool import tool


@dataclass(frozen=True, slots=True)
class Pushed:
    """What is in the store now: the head of it, what of it was sent this time, and how it is locked."""

    head: StoreHead
    sent: int
    sent_bytes: int
    lock: Lock
    tightened: int = 0  # Objects of earlier states that are locked longer, or more strictly, from now on.


def push(
    path: Path,
    state: Vouched,
    store: ObjectStore,
    lock: Lock,
    *,
    progress: Callable[[int, int], None] | None = None,
    clock: Clock = system_clock,
) -> Pushed:
    """Put what `path` vouches for into a store that is fit for it; what is there already is looked at and kept.

    Each object is looked at again when it is there: its checksum as the store gives it, its size, its lock. `progress`
    is told bytes done and bytes to do. Raises UnfitStore; WouldOverwrite where the prefix holds something else;
    NotWhole for an object that is not what its name says, and for a file that is not what its record says; NotAnswered.
    """
    demand_fit(store, lock, clock)
    before = newest_head(store)
    if before is not None and (before.info.what, before.info.id) != (state.what, state.id):
        raise WouldOverwrite(
            f"{store.location}: holds the {before.info.what} {before.info.name}", hint="choose a prefix of its own"
        )
    if before is not None and before.info.lines > state.lines:
        raise WouldOverwrite(
            f"{store.location}: holds a later state of the case, of {before.info.lines} lines; here are {state.lines}",
            hint="this is not the newest copy of the case",
        )
    run = _Push(path, state, store, lock, progress)
    files = run.bodies()
    same = before is not None and before.files == files and before.info.lines == state.lines
    head = before if before is not None and same else _head(state, files, clock)
    run.head(head)
    return Pushed(head, run.sent, run.sent_bytes, lock, run.earlier(head))


def _head(state: Vouched, files: tuple[HeadFile, ...], clock: Clock) -> StoreHead:
    info = HeadInfo(
        format=FORMAT,
        what=state.what,
        name=state.name,
        id=state.id,
        lines=state.lines,
        files=len(files),
        bytes=sum(file.size for file in files),
        pushed=time_text(clock()),
        tool=tool(),
    )
    return StoreHead(head_name(info, Digest.of_bytes(encode_head(info, files)).hex), info, files)


class _Push:
    def __init__(
        self, path: Path, state: Vouched, store: ObjectStore, lock: Lock, progress: Callable[[int, int], None] | None
    ) -> None:
        self._path = path
        self._files = state.files
        self._root = None if state.what == ZIP else path
        self._store = store
        self._lock = lock
        self._progress = ByteProgress(sum({file.sha256: file.size for file in state.files}.values()), progress)
        self._sender = Sender(store, lock, self._progress.add)
        self.sent = self.sent_bytes = 0
        self._counting = threading.Lock()

    def bodies(self) -> tuple[HeadFile, ...]:
        """See to it that every file is there; return them as the head lists them."""
        prefix = self._store.location.key(BODIES, "")
        once = {file.sha256: file for file in self._files}
        there = {name for key in self._store.keys(prefix) if (name := key.removeprefix(prefix)) in once}
        versions = dict[str, str]()
        large = [file for file in once.values() if in_parts(file.size)]
        for file in large:  # in parts, side by side
            versions[file.sha256] = self._secure(file, there=file.sha256 in there)
        small = [file for file in once.values() if not in_parts(file.size)]
        pool = ThreadPoolExecutor(WORKERS)
        try:
            found = ahead(pool, lambda file: self._secure(file, there=file.sha256 in there), small)
            versions |= {file.sha256: version for file, version in zip(small, found, strict=True)}
        finally:
            pool.shutdown(cancel_futures=True)
        return tuple(HeadFile(file.path, file.size, file.sha256, versions[file.sha256]) for file in self._files)

    def head(self, head: StoreHead) -> None:
        """Put the head there, or see to the lock of the one that is there."""
        data, key = encode_head(head.info, head.files), self._store.location.key(HEADS, head.name)
        sha256 = Digest.of_bytes(data).hex
        if new := self._store.found(key) is None:
            self._sender.put(key, data, len(data), sha256)
        self._locked(key, sha256, len(data), "", trusted=new)

    def earlier(self, head: StoreHead) -> int:
        """Lock what earlier pushes have left as is asked, where it is less; return how many objects these are."""
        if self._lock == Lock():
            return 0
        newest = {f"{HEADS}/{head.name}", *(f"{BODIES}/{file.sha256}" for file in head.files)}
        tightened = 0
        for name, found in earlier_objects(self._store, newest):
            if not self._lock.met_by(found):
                self._lock.tighten(self._store, self._store.location.key(*name.split("/")), found)
                tightened += 1
        return tightened

    def _secure(self, file: VouchedFile, *, there: bool) -> str:
        """See to it that a file's object is there, right and locked; return its version."""
        key, parts = self._store.location.key(BODIES, file.sha256), None
        with opened(self._path / file.path if self._root else self._path, self._root) as descriptor:
            if not there or self._store.found(key) is None:  # a delete marker hides it
                parts = self._sender.send(key, descriptor, file.size, file.sha256)
            sent = parts is not None
            if parts is None:
                self._progress.add(file.size)
                parts = composite(descriptor, file.size) if in_parts(file.size) else ""
        with self._counting:
            self.sent += sent
            self.sent_bytes += file.size if sent else 0
        return self._locked(key, file.sha256, file.size, parts, trusted=sent).version

    def _locked(self, key: str, sha256: str, size: int, parts: str, *, trusted: bool) -> StoredObject:
        """Look at an object, and lock it as is asked where it is not; `trusted` is what the store took just now.

        Raises NotWhole, NotAnswered.
        """
        for _ in range(2):
            found, where = self._store.found(key), self._store.location.named(key)
            if found is None:
                raise NotAnswered(f"{where}: is not there, although the store took it")
            same = has_bytes(found, sha256, size, parts)
            if same is None and not trusted:
                same = read_back(self._store, key, found, lambda _: None) == sha256
            if same is False:
                raise NotWhole(f"{where}: holds other bytes than its name says", hint="find out who put them there")
            if self._lock.met_by(found):
                return found
            self._lock.tighten(self._store, key, found)
        raise NotAnswered(f"{where}: is not locked as was asked, although the store said so")


def has_bytes(found: StoredObject, sha256: str, size: int, parts: str) -> bool | None:
    """Say whether an object has these bytes, by its size and the store's checksum; None where it gives none.

    `parts` is the checksum that it gives where the file came in parts of the size that we send.
    """
    if found.size != size:
        return False
    if found.sha256:
        return found.sha256 == sha256
    comparable = parts.partition("-")[2] == found.composite.partition("-")[2]
    return found.composite == parts if parts and comparable else None


def read_back(store: ObjectStore, key: str, found: StoredObject, progress: Callable[[int], None]) -> str:
    """Fetch an object and return the SHA-256 of its bytes, up to a piece more than it is said to have.

    Raises NotAnswered.
    """
    digest = new_hash()
    for piece in store.read(key, found.version):
        digest.update(piece)
        progress(len(piece))
        if digest.size > found.size:
            break
    return digest.hexdigest()


COPIED = "copied"


def record_copies(case: Case, pushed: Pushed, location: Location, *, key: SigningKey, officer: str) -> tuple[str, ...]:
    """Record as a custody event that the exhibits which were pushed are in a store; return their references.

    Raises NotRecordable, InUse, Unwritable, NotAsSigned.
    """
    handling = Handling(action=COPIED, receiver=str(location), reason=f"object lock: {pushed.lock}")
    told, exhibits = set[str](), list[str]()
    for number, event in enumerate(case.events()):
        if isinstance(event, CaptureSealed) and number < pushed.head.info.lines:
            exhibits.append(event.exhibit)
        elif isinstance(event, Custody):
            said = (event.action, event.receiver, event.reason)
            if said == (handling.action, handling.receiver, handling.reason):
                told.add(event.ref)
    refs = [exhibit for exhibit in exhibits if exhibit not in told]
    if refs:
        record_custody(case, refs, handling, key=key, officer=officer)
    return tuple(refs)
