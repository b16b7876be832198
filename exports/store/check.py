"""Is all of a case or a bundle in a store, unaltered? By its own sealed records, and without fetching it.

The list of the store's newest head is compared with what the case or the bundle vouches for, and each object with its
line, by the SHA-256 that the store computed when it took the bytes. Of a file that came in parts the store gives the
SHA-256 of the parts' SHA-256, which is compared with the file on this disk. That the store tells the truth is not
proven so: reading the bodies does that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from exports.bundle.draft import ByteProgress, ahead
from exports.errors import NotAnswered, NotCheckable, StoreRefused
from exports.format.result import MISMATCH, OK, UNCHECKED, Added, Altered, Missing, Unchecked
from exports.store.connection import WORKERS, ObjectStore, StoredObject
from exports.store.earlier import earlier_objects
from exports.store.head import BODIES, HEADS, HeadFile, StoreHead
from exports.store.heads import newest_head
from exports.store.locks import Lock
from exports.store.push import has_bytes, read_back
from exports.store.sending import composite, opened
from exports.store.vouched import ZIP, Vouched, VouchedFile
from hashing.errors import Unreadable
from hashing.files.as_typed import as_typed
from hashing.files.read import digest_file
from hashing.times import time_text

IN_PART = "in part"
_HIDDEN = "a delete marker or another version hides it; `store pull` gets what was pushed"
_SAME = timedelta(days=1)
_MOST = 1_000  # Faults of one kind that are told.


class StoreCheck(msgspec.Struct, kw_only=True):
    """What was found in a store; `later` are files that came after the state that it holds, `unlocked` objects."""

    location: str
    what: str
    name: str
    lines: int
    files: int = 0
    bytes: int = 0
    read: bool = False
    altered: list[Altered] = []
    missing: list[Missing] = []
    added: list[Added] = []
    unchecked: list[Unchecked] = []
    later: list[str] = []
    unlocked: int = 0
    # Files, and objects of earlier states, that are locked for less long, or less strictly, than the head.
    short: list[str] = []
    locked_until: str = ""  # When the first lock ends, of the objects that have one which ends.

    @property
    def verdict(self) -> str:
        """mismatch, unchecked, in part (whole, and the case has more by now), or ok."""
        if self.altered or self.missing or self.added:
            return MISMATCH
        if self.unchecked:
            return UNCHECKED
        return IN_PART if self.later else OK

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain values, as docs/json.md describes them."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain | {"verdict": self.verdict}


@dataclass(frozen=True, slots=True)
class JudgedObject:
    """What was found out of one file: a fault, if any, and its lock as the store states it."""

    fault: Altered | Missing | Unchecked | None = None
    stored: StoredObject | None = None


def check_store(
    path: Path,
    state: Vouched,
    store: ObjectStore,
    *,
    read: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> StoreCheck:
    """Compare a store with what `path` vouches for; with `read`, fetch and hash every body.

    `progress` is told bytes done and bytes to do. Raises NotCheckable where nothing of it is there; NotWhole for a head
    that is not what its name says; NotAnswered.
    """
    head = newest_head(store)
    if head is None:
        raise NotCheckable(
            f"{store.location}: nothing was pushed there",
            hint=f"goldenhour store push {as_typed(path)} {store.location} --legal-hold",
        )
    found = StoreCheck(location=str(store.location), what=head.info.what, name=head.info.name, lines=head.info.lines)
    found.read = read
    if (head.info.what, head.info.id) != (state.what, state.id):
        found.altered.append(Altered(head.info.name, f"{state.what} {state.id}", f"{head.info.what} {head.info.id}"))
        return found
    then = state.at(head.info.lines)
    if then is None:
        said = f"a state of {head.info.lines} lines"
        found.added.append(Added(head.name, f"{said}, which is no state of this case: it has {state.lines}"))
        return found
    if head.hidden:
        found.altered.append(Altered(f"{HEADS}/{head.name}", "the version that was pushed", _HIDDEN))
    found.later = sorted(file.path for file in state.files if file.path not in then and _evidence(file))
    _compare_lists(found, head, then)
    expected = [file for file in head.files if (ours := then.get(file.path)) and ours.sha256 == file.sha256]
    asked = _lock_of(store, head)
    _judge_all(found, path, state, store, expected, asked, progress)
    newest = {f"{HEADS}/{head.name}", *(f"{BODIES}/{file.sha256}" for file in head.files)}
    for name, stored in earlier_objects(store, newest):
        _note_lock(found, name, stored, asked)
    return found


def _lock_of(store: ObjectStore, head: StoreHead) -> Lock:
    """Return what the last push asked for: the lock of its head.

    A bucket that locks by itself counts from when each object came, and the head came last: so a day less is the same.
    """
    stored = store.found(store.location.key(HEADS, head.name))
    if stored is None:
        return Lock()
    until = stored.until and max(stored.until, datetime.min.replace(tzinfo=UTC) + _SAME) - _SAME
    return Lock(stored.mode, until, stored.hold)


def _note_lock(found: StoreCheck, name: str, stored: StoredObject, asked: Lock) -> None:
    if not asked.met_by(stored) and len(found.short) < _MOST:
        until = f"locked until {time_text(stored.until)}" if stored.until else "not locked until any time"
        found.short.append(f"{name}: {until}{', legal hold' if stored.hold else ''}")


def _evidence(file: VouchedFile) -> bool:
    """Say whether a file that came later is more than the case's own next checkpoints."""
    return file.path.startswith(("captures/", "batches/"))


def _compare_lists(found: StoreCheck, head: StoreHead, then: dict[str, VouchedFile]) -> None:
    listed = {file.path: file for file in head.files}
    for name, ours in then.items():
        if name not in listed:
            found.missing.append(Missing(name, f"sha256:{ours.sha256}"))
        elif listed[name].sha256 != ours.sha256:
            found.altered.append(Altered(name, f"sha256:{ours.sha256}", f"sha256:{listed[name].sha256}"))
    found.added += [Added(name, f"sha256:{file.sha256}") for name, file in listed.items() if name not in then]


def _judge_all(
    found: StoreCheck,
    path: Path,
    state: Vouched,
    store: ObjectStore,
    files: Iterable[HeadFile],
    asked: Lock,
    progress: Callable[[int, int], None] | None,
) -> None:
    files = list(files)
    told = ByteProgress(sum(file.size for file in files), progress)
    judge = _Judge(store, path, None if state.what == ZIP else path, told, read=found.read)
    ends = list[datetime]()
    pool = ThreadPoolExecutor(WORKERS)
    try:
        for file, judged in zip(files, ahead(pool, judge.judge, files), strict=True):
            found.files += 1
            found.bytes += file.size
            _note(found, judged.fault)
            if judged.stored is not None:
                _note_lock(found, file.path, judged.stored, asked)
            if judged.stored is not None and not judged.stored.locked:
                found.unlocked += 1
            elif judged.stored is not None and judged.stored.until is not None and not judged.stored.hold:
                ends.append(judged.stored.until)
    finally:
        pool.shutdown(cancel_futures=True)
    found.locked_until = time_text(min(ends)) if ends else ""


def _note(found: StoreCheck, fault: Altered | Missing | Unchecked | None) -> None:
    if isinstance(fault, Altered) and len(found.altered) < _MOST:
        found.altered.append(fault)
    elif isinstance(fault, Missing) and len(found.missing) < _MOST:
        found.missing.append(fault)
    elif isinstance(fault, Unchecked) and len(found.unchecked) < _MOST:
        found.unchecked.append(fault)


class _Judge:
    """Judges one object after another, in any thread."""

    def __init__(
        self, store: ObjectStore, path: Path, root: Path | None, progress: ByteProgress, *, read: bool
    ) -> None:
        self._store = store
        self._path, self._root = path, root
        self._progress = progress
        self._read = read

    def judge(self, file: HeadFile) -> JudgedObject:
        """Compare the object of a file with its line. Raises NotAnswered where the store is gone."""
        try:
            judged = self._judge(file)
        except StoreRefused as error:
            judged = JudgedObject(Unchecked(file.path, str(error)))
        if not self._read:
            self._progress.add(file.size)
        return judged

    def _judge(self, file: HeadFile) -> JudgedObject:
        key = self._store.location.key(BODIES, file.sha256)
        expected = f"sha256:{file.sha256}"
        now = self._store.found(key)
        if now is None or (file.version and now.version != file.version):
            kept = self._store.found(key, file.version) if file.version else None
            if kept is None and now is None:
                return JudgedObject(Missing(file.path, expected))
            if kept is not None:
                return JudgedObject(Altered(file.path, f"version {file.version}", _HIDDEN))
        assert now is not None  # noqa: S101 - tells the type
        found = f"sha256:{now.sha256}" if now.sha256 else f"parts {now.composite}"
        same = has_bytes(now, file.sha256, file.size, "")
        if same is None and now.composite and not self._read:
            same = self._has_parts(file, now)
        if same is not False and self._read:
            try:
                digest = read_back(self._store, key, now, self._progress.add)
            except NotAnswered as error:
                return JudgedObject(Unchecked(file.path, str(error)), now)
            same, found = digest == file.sha256, f"sha256:{digest}"
        if same is None:
            why = "came in parts that this disk has not" if now.composite else "the store gives no SHA-256 of it"
            return JudgedObject(Unchecked(file.path, f"{why}: add --read"), now)
        if not same:
            return JudgedObject(
                Altered(file.path, expected, found if now.size == file.size else f"{now.size} bytes"), now
            )
        return JudgedObject(None, now)

    def _has_parts(self, file: HeadFile, now: StoredObject) -> bool | None:
        """Compare an object that came in parts with the file on this disk; None where that is not whole itself."""
        try:
            path = self._path / file.path if self._root else self._path
            with opened(path, self._root) as descriptor:
                same = has_bytes(now, file.sha256, file.size, composite(descriptor, file.size))
            return same or (False if digest_file(path, root=self._root).digests[0].hex == file.sha256 else None)
        except (Unreadable, OSError):
            return None
