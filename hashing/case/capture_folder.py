"""The folder of one capture while it is being written, and its seal.

    ledger.jsonl              what happened, in order
    exchanges-00001.warc.gz   the exchanges, raw
    items/                    originals, read-only once stored
    working/                  working copies
    incoming/                 bodies on their way in; gone when the capture is sealed
    checkpoint                the seal: a signed statement of the ledger's length and root

Whoever holds this object holds the lock on the ledger, so an unlocked folder without a checkpoint is one whose
process has died.
"""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hashing.case.events import (
    CaptureFinished,
    Commitments,
    Event,
    Salted,
    WarcClosed,
    WorkingCopy,
    decode_capture_event,
    encode,
)
from hashing.case.redaction import SALT_BYTES, commitments
from hashing.case.warc_file import WarcFile
from hashing.errors import WouldOverwrite
from hashing.files.digest import Digest
from hashing.files.read import digest_file
from hashing.files.storage import create, make_folder, settle, storing, sync_folder, write_all, write_file, write_new
from hashing.ledger.checkpoint import Checkpoint, sign_checkpoint
from hashing.ledger.ledger import LEDGER, Ledger, ledger_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Self

    from hashing.case.events import CaptureEvent
    from hashing.ledger.keys import SigningKey
    from hashing.times import Clock

ITEMS = "items"
WORKING = "working"
INCOMING = "incoming"
CHECKPOINT = "checkpoint"

RESERVE = "reserve"
SCRATCH = "scratch"
_RESERVE_BYTES = 1 << 20
"""Held back on the disk from the start, so that a full disk still leaves room to say so and to seal."""


@dataclass(frozen=True, slots=True)
class Seal:
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
    """A capture that is being written."""

    def __init__(self, path: Path, ledger: Ledger, warc: WarcFile) -> None:
        self.path = path
        self.ledger = ledger
        self.warc = warc

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make the folder and take its lock. Raises WouldOverwrite, Unwritable, StorageFull."""
        make_folder(path)
        for name in (ITEMS, WORKING, INCOMING):
            make_folder(path / name)
        reserve = create(path / INCOMING / RESERVE)
        try:
            with storing(path):
                # Written, not only allocated: not every file system can promise room.
                write_all(reserve, bytes(_RESERVE_BYTES))
        finally:
            os.close(reserve)
        ledger = Ledger.create(path / LEDGER)
        sync_folder(path.parent)
        return cls(path, ledger, WarcFile(path))

    @classmethod
    def reopen(cls, path: Path) -> Self:
        """Go on with a capture whose process died. Raises InUse where it did not, Unwritable, BadFormat."""
        ledger = Ledger.open(path / LEDGER)
        return cls(path, ledger, WarcFile(path))

    def append(self, events: Sequence[Event]) -> None:
        """Record events; they are on disk when this returns. Raises StorageFull, Unwritable."""
        self.ledger.append([encode(_salted(event)) for event in events])

    def finish(self, finished: CaptureFinished) -> None:
        """Record what every line so far commits to, and then how the capture ended: the last line before the seal.

        Raises StorageFull, Unwritable, Unreadable, BadFormat.
        """
        root, size = commitments(ledger_lines(self.path / LEDGER))
        self.append([Commitments(time=finished.time, root=root.hex(), size=size), finished])

    def settle_item(self, part: Path, name: str) -> str:
        """Give a body that is on disk its place among the items; return its path within the capture."""
        settle(part, self.path / ITEMS / name)
        return f"{ITEMS}/{name}"

    def add_item(self, data: bytes, name: str) -> None:
        """Store bytes as an item; `sync_items` then makes its name last. Raises WouldOverwrite, Unwritable."""
        write_file(self.path / ITEMS / name, data)

    def take_back(self, path: str) -> None:
        """Remove an item that no line speaks of, and whose bytes another item holds. Raises Unwritable."""
        with storing(self.path / path):
            (self.path / path).unlink()

    def sync_items(self) -> None:
        """Make the items' names survive a power cut."""
        sync_folder(self.path / ITEMS)

    def add_working_copy(self, clock_time: str, ref: str, name: str, data: bytes, how: str) -> WorkingCopy:
        """Store a file derived from an item; return the event that records it."""
        write_new(self.path / WORKING / name, data)
        digest = Digest.of_bytes(data).hex
        return WorkingCopy(time=clock_time, ref=ref, path=f"{WORKING}/{name}", size=len(data), sha256=digest, how=how)

    def add_working_file(self, clock_time: str, ref: str, name: str, made: Path, how: str) -> WorkingCopy:
        """Move a file that was made in the scratch folder to the working copies; return the event that records it.

        Raises WouldOverwrite, Unwritable, Unreadable.
        """
        with storing(made), made.open("rb") as file:
            os.fsync(file.fileno())
        read = digest_file(made, follow_symlinks=False)
        settle(made, self.path / WORKING / name)
        sync_folder(self.path / WORKING)
        sha256 = read.digests[0].hex
        return WorkingCopy(time=clock_time, ref=ref, path=f"{WORKING}/{name}", size=read.size, sha256=sha256, how=how)

    @property
    def scratch(self) -> Path:
        """A folder for what is made of items on the way to a working copy; it is gone when the capture is sealed."""
        path = self.path / INCOMING / SCRATCH
        with suppress(WouldOverwrite):
            make_folder(path)
        return path

    def release_reserve(self) -> None:
        """Give the reserved space back, when the disk is full or the capture ends."""
        with suppress(FileNotFoundError):
            (self.path / INCOMING / RESERVE).unlink()

    def close_warcs(self, clock: Clock) -> list[WarcClosed]:
        """Finish the exchange files and read them back; return an event for each. Raises BadFormat, Unreadable."""
        return self.warc.finish(clock)

    def seal(self, key: SigningKey, origin: str) -> Seal:
        """Sign the ledger as it stands and let go of the folder, which is never changed again."""
        self.release_reserve()
        shutil.rmtree(self.path / INCOMING / SCRATCH, ignore_errors=True)  # what stays makes the next line complain
        with storing(self.path), suppress(FileNotFoundError):  # gone already where a process died just here
            (self.path / INCOMING).rmdir()
        (self.path / LEDGER).chmod(0o400)
        checkpoint = Checkpoint(origin, self.ledger.size, self.ledger.root())
        note = sign_checkpoint(checkpoint, key).encode()
        write_new(self.path / CHECKPOINT, note)
        self.close()
        return Seal.of(checkpoint, note)

    def close(self) -> None:
        """Let go of the folder without sealing it."""
        self.warc.close()
        self.ledger.close()


def _salted(event: Event) -> Event:
    if isinstance(event, Salted) and not event.salt:
        return msgspec.structs.replace(event, salt=secrets.token_hex(SALT_BYTES))
    return event


def is_sealed(path: Path) -> bool:
    """Say whether the capture in `path` has its checkpoint."""
    return (path / CHECKPOINT).is_file()


def capture_events(path: Path) -> Iterator[CaptureEvent]:
    """Yield the events of the capture in `path`. Raises Unreadable, BadFormat."""
    return map(decode_capture_event, ledger_lines(path / LEDGER))
