"""The folder of one capture while it is being written, and its seal.

    ledger.jsonl              what happened, in order
    ledger.mac                what authenticates these lines until they are sealed; gone afterwards
    exchanges-00001.warc.gz   the exchanges; bodies of items stand in items/
    items/                    originals, read-only once stored
    working/                  working copies
    incoming/                 bodies on their way in; gone when the capture is sealed
    checkpoint                the seal: a signed statement of the ledger's length and root

Whoever holds this object holds the lock on the ledger, so an unlocked folder without a checkpoint is one whose
process has died. The folder stands in `captures/` of a case, or in a draft beside it: two levels below the case's own,
and nothing below that is reached through a link.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import msgspec

from hashing.case.events import (
    CaptureEvent,
    CaptureFinished,
    Commitments,
    Event,
    Salted,
    WarcClosed,
    WorkingCopy,
    decode_capture_event,
    encode,
)
from hashing.case.redaction import SALT_BYTES, commitments, masked_form
from hashing.case.warc_file import WarcFile
from hashing.errors import BadFormat, Unauthenticated, WouldOverwrite
from hashing.files import inside
from hashing.files.digest import Digest
from hashing.files.lock import is_locked
from hashing.files.read import FileDigests, digest_file
from hashing.files.storage import (
    OWNER_READS,
    create,
    make_folder,
    reading,
    settle,
    settle_for_good,
    storing,
    sync_file,
    sync_folder,
    write_all,
    write_file,
    write_new,
)
from hashing.ledger.checkpoint import Checkpoint, sign_checkpoint
from hashing.ledger.keys import SigningKey
from hashing.ledger.ledger import LEDGER, Ledger, ledger_lines
from hashing.ledger.mac import Mac
from hashing.ledger.marks import MARKS, LedgerMarks, newest_mark, read_marks
from hashing.ledger.merkle import MerkleTree
from hashing.times import Clock

ITEMS = "items"
WORKING = "working"
INCOMING = "incoming"
CHECKPOINT = "checkpoint"

RESERVE = "reserve"
SCRATCH = "scratch"
# Held back on the disk from the start, so that a full disk still leaves room to say so and to seal.
_RESERVE_BYTES = 1 << 20


class Seal(msgspec.Struct, frozen=True):
    """What a checkpoint says: number of ledger lines, root hash in hexadecimal, and the fingerprint to write down."""

    size: int
    root: str
    fingerprint: str
    checkpoint_sha256: str

    @classmethod
    def of(cls, checkpoint: Checkpoint, note: bytes) -> Seal:
        """Describe a checkpoint and the signed note that carries it."""
        return cls(checkpoint.size, checkpoint.root.hex(), checkpoint.fingerprint(), Digest.of_bytes(note).hex)


def capture_origin(case_id: str, capture_id: str) -> str:
    """Return the name of a capture's ledger in its checkpoint."""
    return f"goldenhour/{case_id}/{capture_id}"


class CaptureFolder:
    """A capture that is being written; `mac` authenticates it until it is sealed.

    `behind` are bytes that stood in the ledger of a process that died, behind what it had written as a whole.
    """

    def __init__(
        self, path: Path, ledger: Ledger, warc: WarcFile, marks: LedgerMarks, mac: Mac, *, behind: bytes = b""
    ) -> None:
        self.path = path
        self.root = case_folder(path)
        self.ledger = ledger
        self.warc = warc
        self.mac = mac
        self.behind = behind
        self._marks = marks
        # Over the masked forms of all lines; None where a process that died wrote some of them.
        self._masked: MerkleTree | None = None
        try:
            with reading(path):
                self.kept = inside.KeptFolder(path, self.root)
                """What this run's fetches reach their files through; one that outlives a failure may hold it longer."""
        except BaseException:
            self.close()
            raise

    @classmethod
    def create(cls, path: Path, mac: Mac) -> Self:
        """Make the folder and take its lock. Raises WouldOverwrite, Unwritable, StorageFull."""
        root = case_folder(path)
        make_folder(path, root=root)
        for name in (ITEMS, WORKING, INCOMING):
            make_folder(path / name, root=root)
        reserve = create(path / INCOMING / RESERVE, root=root)
        try:
            with storing(path):
                # Written, not only allocated: not every file system can promise room.
                write_all(reserve, bytes(_RESERVE_BYTES))
        finally:
            os.close(reserve)
        # Before the ledger, so that there is never a ledger whose lines nothing authenticates.
        marks = LedgerMarks.create(path, mac, root=root)
        ledger = Ledger.create(path / LEDGER, root=root)
        sync_folder(path.parent, root=root)
        folder = cls(path, ledger, WarcFile(path, root=root), marks, mac)
        folder._masked = MerkleTree()
        return folder

    @classmethod
    def reopen(cls, path: Path, mac: Mac) -> Self:
        """Go on with a capture whose process died, from what it is known to have written.

        Raises InUse where it did not die; Unauthenticated where somebody else wrote it, and nothing is changed then;
        Unwritable, BadFormat.
        """
        root = case_folder(path)
        for name in (ITEMS, WORKING, INCOMING):
            if inside.kind(path / name, root) not in {stat.S_IFDIR, 0 if name == INCOMING else stat.S_IFDIR}:
                raise Unauthenticated(f"{path / name}: not a folder, as a capture of goldenhour has it")
        # 1. The lock tells whether its process died.
        ledger = Ledger.open(path / LEDGER, root=root)
        try:
            # 2. The newest mark made with our key says up to which line, and which byte of each WARC, we wrote it.
            mark = newest_mark(read_marks(path, mac, root=root), ledger.roots())
            if mark is None:
                raise Unauthenticated(f"{path}: not written with this key, or altered since")
            marks = LedgerMarks.open(path, mac, root=root)
            # 3. What stands behind that is cut off, and handed on to be kept elsewhere.
            behind = ledger.cut(mark.size)
        except BaseException:
            ledger.close()
            raise
        return cls(path, ledger, WarcFile(path, root=root, grown=mark.warcs), marks, mac, behind=behind)

    @staticmethod
    def authenticated(path: Path, mac: Mac) -> bool:
        """Say whether all lines of an unsealed capture were written with this key. Raises Unreadable, BadFormat."""
        root, tree, newest = case_folder(path), MerkleTree(), 0
        marks = read_marks(path, mac, root=root)
        # A mark must be of this very root, and the newest one of the last line: marks of an earlier state hold as well.
        for line in ledger_lines(path / LEDGER, root=root):
            tree.append(line)
            mark = marks.get(tree.size)
            if mark is not None and mark.root == tree.root().hex():
                newest = tree.size
        return 0 < newest == tree.size

    def append(self, events: Sequence[Event]) -> None:
        """Record events; they are on disk when this returns. Raises StorageFull, Unwritable."""
        lines = [encode(_salted(event)) for event in events]
        self.ledger.append(lines, self._mark)
        if self._masked is not None:
            try:
                for line in lines:
                    self._masked.append(masked_form(line))
            except BadFormat:  # said when the capture is finished, so that what arrives until then is kept
                self._masked = None

    def _mark(self, size: int, root: bytes) -> None:
        self._marks.add(size, root, self.warc.grown())

    def finish(self, finished: CaptureFinished) -> None:
        """Record what every line so far commits to, and then how the capture ended: the last line before the seal.

        Raises StorageFull, Unwritable, Unreadable, BadFormat.
        """
        if self._masked is None:
            root, size = commitments(ledger_lines(self.path / LEDGER, root=self.root))
        else:
            root, size = self._masked.root(), self._masked.size
        self.append([Commitments(time=finished.time, root=root.hex(), size=size), finished])

    def settle_item(self, part: Path, name: str) -> str:
        """Give a body that is on disk its place among the items; return its path within the capture."""
        settle(part, self.path / ITEMS / name, root=self.kept)
        return f"{ITEMS}/{name}"

    def add_item(self, data: bytes, name: str) -> None:
        """Store bytes as an item; `sync_items` then makes its name last. Raises WouldOverwrite, Unwritable."""
        write_file(self.path / ITEMS / name, data, root=self.kept)

    def remove_item(self, path: str) -> None:
        """Remove an item that no line speaks of, and whose bytes another item holds. Raises Unwritable."""
        with storing(self.path / path):
            inside.unlink(self.path / path, self.root)

    def sync_items(self) -> None:
        """Make the items' names survive a power cut."""
        sync_folder(self.path / ITEMS, root=self.kept)

    def add_working_copy(
        self, clock_time: str, ref: str, name: str, data: bytes, how: str, *, redacted: bool = False
    ) -> WorkingCopy:
        """Store a file derived from an item; return the event that records it."""
        write_new(self.path / WORKING / name, data, root=self.root)
        digest, path = Digest.of_bytes(data).hex, f"{WORKING}/{name}"
        return WorkingCopy(
            time=clock_time, ref=ref, path=path, size=len(data), sha256=digest, how=how, redacted=redacted
        )

    def add_working_file(self, clock_time: str, ref: str, name: str, made: Path, how: str) -> WorkingCopy:
        """Move a file that was made in the scratch folder to the working copies; return the event that records it.

        Raises WouldOverwrite, Unwritable, Unreadable.
        """
        read = self.read_back(made)
        settle_for_good(made, self.path / WORKING / name, root=self.root)
        sha256 = read.digests[0].hex
        return WorkingCopy(time=clock_time, ref=ref, path=f"{WORKING}/{name}", size=read.size, sha256=sha256, how=how)

    def read_back(self, made: Path) -> FileDigests:
        """Wait until a file that was made in the scratch folder is on disk; return its size and its SHA-256.

        Raises Unwritable, Unreadable.
        """
        sync_file(made, root=self.root)
        return digest_file(made, follow_symlinks=False)

    @property
    def scratch(self) -> Path:
        """A folder for what is made of items on the way to a working copy; it is gone when the capture is sealed."""
        path = self.path / INCOMING / SCRATCH
        with suppress(WouldOverwrite):
            make_folder(path, root=self.root)
        return path

    def release_reserve(self) -> None:
        """Give the reserved space back, when the disk is full or the capture ends."""
        with storing(self.path), suppress(NotADirectoryError):
            inside.unlink(self.path / INCOMING / RESERVE, self.root, missing_ok=True)

    def close_warcs(self, clock: Clock) -> list[WarcClosed]:
        """Finish the exchange files and read them back; return an event for each. Raises BadFormat, Unreadable."""
        return self.warc.finish(clock)

    def seal(self, key: SigningKey, origin: str) -> Seal:
        """Sign the ledger as it stands and let go of the folder, which is never changed again."""
        import shutil

        self.release_reserve()
        self.kept.close()
        # 1. Nothing is on its way in any more; a body that is left there stops this, since its folder cannot go.
        with storing(self.path), suppress(FileNotFoundError):  # gone already where a process died just here
            with inside.reach(self.path / INCOMING / SCRATCH, self.root) as (name, folder):
                shutil.rmtree(name, ignore_errors=True, dir_fd=folder)  # what stays makes the next line complain
            with inside.reach(self.path / INCOMING, self.root) as (name, folder):
                os.rmdir(name, dir_fd=folder)
        # 2. Sign the ledger's length and root. With this file in its place the capture is sealed: it is written whole
        # and made to last before it gets its name.
        checkpoint = Checkpoint(origin, self.ledger.size, self.ledger.root())
        note = sign_checkpoint(checkpoint, key).encode()
        write_new(self.path / CHECKPOINT, note, root=self.root)
        self.close()
        # 3. What authenticated the lines until now is of no use any more.
        end_unsealed(self.path)
        return Seal.of(checkpoint, note)

    def close(self) -> None:
        """Let go of the folder without sealing it."""
        self.warc.close()
        self.ledger.close()
        self._marks.close()


def _salted(event: Event) -> Event:
    if isinstance(event, Salted) and not event.salt:
        return msgspec.structs.replace(event, salt=os.urandom(SALT_BYTES).hex())
    return event


def case_folder(path: Path) -> Path:
    """Return the folder of the case that the capture in `path` belongs to: two levels above."""
    return path.parent.parent


def is_sealed(path: Path) -> bool:
    """Say whether the capture in `path` has its checkpoint. Raises Unreadable."""
    with reading(path):
        return inside.is_file(path / CHECKPOINT, case_folder(path))


def at_work(path: Path) -> bool:
    """Say whether a process writes to the unsealed capture in `path`; the lock ends with it. Raises Unreadable."""
    with reading(path):
        return is_locked(path / LEDGER, case_folder(path))


def end_unsealed(path: Path) -> None:
    """Remove what authenticated a capture that is sealed now, and make its ledger read-only. Raises Unwritable."""
    root = case_folder(path)
    with storing(path):
        inside.set_mode(path / LEDGER, OWNER_READS, root)
        inside.unlink(path / MARKS, root, missing_ok=True)
    sync_folder(path, root=root)  # once the seal is on record, nobody looks for it any more


def capture_events(path: Path) -> Iterator[CaptureEvent]:
    """Yield the events of the capture in `path`. Raises Unreadable, BadFormat."""
    return map(decode_capture_event, ledger_lines(path / LEDGER, root=case_folder(path)))
