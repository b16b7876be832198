"""An exchange on its way in: its body on disk as it arrives, and beside it what a recovery needs to finish it off.

`000017.body` holds the body so far, `000017.jsonl` three lines at most: the request when it was sent, the head of the
response when it arrived, and the item's name just before the body takes its place among the items. A process that is
killed loses nothing of this; what the system had not written when the power fails is lost with the rest of its memory.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from hashing.case.events import Tls
from hashing.files.storage import create, storing, write_all

if TYPE_CHECKING:
    from pathlib import Path


class RequestSent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="step", tag="request"):
    """The request as sent, credentials replaced, and where it went."""

    exchange: int
    ref: str
    url: str
    method: str
    started: str
    request: bytes
    ip: str = ""
    port: int = 0
    proxy: str = ""
    tls: Tls | None = None
    replaced: tuple[str, ...] = ()


class HeadArrived(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="step", tag="head"):
    """The head of the response, credentials replaced; `length` is what it declares, -1 for nothing."""

    status: int
    head: bytes
    length: int
    chunked: bool = False
    content_type: str = ""
    content_encoding: str = ""


class NameGiven(msgspec.Struct, frozen=True, kw_only=True, tag_field="step", tag="name"):
    """The item's name, written before the body is moved there."""

    name: str


Step = RequestSent | HeadArrived | NameGiven

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Step)


class Incoming:
    """The two files of one exchange on its way in."""

    def __init__(self, folder: Path, number: int) -> None:
        self.journal = folder / f"{number:06d}.jsonl"
        self.body = folder / f"{number:06d}.body"
        self._descriptor = -1

    def note(self, step: Step) -> None:
        """Add a step to the journal. Raises StorageFull, Unwritable."""
        with storing(self.journal):
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(self.journal, flags, 0o600)
            try:
                write_all(descriptor, _encoder.encode(step) + b"\n")
            finally:
                os.close(descriptor)

    def open_body(self) -> int:
        """Create the body's file and return its descriptor. Raises StorageFull, Unwritable."""
        self._descriptor = create(self.body)
        return self._descriptor

    def close_body(self) -> None:
        """Wait until the body is on disk, and close it. Raises StorageFull, Unwritable."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            try:
                with storing(self.body):
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def forget(self) -> None:
        """Remove both files: what they held is in the ledger now."""
        self.body.unlink(missing_ok=True)
        self.journal.unlink(missing_ok=True)

    def steps(self) -> list[Step]:
        """Read the journal back; a torn last line is left out."""
        if not self.journal.exists():
            return []
        lines = self.journal.read_bytes().split(b"\n")[:-1]
        return [_decoder.decode(line) for line in lines]
