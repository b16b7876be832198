"""An exchange on its way in: its body on disk as it arrives, and beside it what a recovery needs to finish it off.

`000017.body` holds the body so far, `000017.journal` what is known of it. That begins with two places of 256 bytes: one
after the other they say how long the body will be when the next piece is written, and its digest by then, under a MAC,
so that one of them is always of what is there. Three lines at most follow: the request when it was sent, the head of
the response when it arrived, and the item's name just before the body takes its place among the items. Each line begins
with its MAC, which covers the exchange's number, its place and the line before it. What no MAC covers was not written
by this capture.

A process that is killed loses nothing of this; what the system had not written when the power fails is lost with the
rest of its memory.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from hashing.case.events import Tls
from hashing.errors import Unreadable
from hashing.files import inside
from hashing.files.storage import create, read_small, reading, storing, sync_file, write_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hashing.ledger.mac import Mac


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
    recorded: str = ""


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

JOURNAL = ".journal"

_SAMPLE = 4096
_PIECE = 1 << 20
_TAG = 65  # Bytes of a MAC and the space behind it.
_SLOT = 256
_MARKS = 2 * _SLOT  # Bytes of a place for a mark, and of both: there is room for every mark before the first line.

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Step)


class Incoming:
    """The files of one exchange on its way in; `root` is the case's folder, where it is in one."""

    def __init__(self, folder: Path, number: int, mac: Mac, *, root: inside.Root = None) -> None:
        self.journal = folder / f"{number:06d}{JOURNAL}"
        self.body = folder / f"{number:06d}.body"
        self._number = str(number).encode()
        self._mac = mac
        self._root = root
        self._lines: list[bytes] = []
        # Whether something stands behind these lines: of a process that died, or of somebody else.
        self._behind = False
        self._journal = self._descriptor = -1
        self._slot = 0

    def note(self, step: Step) -> None:
        """Add a step to the journal. Raises StorageFull, Unwritable."""
        line = _encoder.encode(step)
        # The tag covers all lines before this one: none can be taken out, put elsewhere, or moved to another exchange.
        written = f"{self._tag(self._lines, line)} ".encode() + line + b"\n"
        with storing(self.journal):
            if not self._lines:
                self._journal = create(self.journal, root=self._root)
                written = bytes(_MARKS) + written
            elif self._journal < 0:
                self._journal = inside.open_file(self.journal, os.O_WRONLY, self._root, alone=True)
                os.lseek(self._journal, self._end(), os.SEEK_SET)
            # What stands behind our lines goes first: a line behind a stranger's would never be read as ours.
            if self._behind:
                os.ftruncate(self._journal, self._end())
                self._behind = False
            write_all(self._journal, written)
        self._lines.append(line)

    def close_journal(self) -> None:
        """Let go of the journal, to which nothing more is added as a rule."""
        if self._journal >= 0:
            os.close(self._journal)
            self._journal = -1

    def __del__(self) -> None:
        self.close_journal()

    def open_body(self) -> int:
        """Create the body's file and return its descriptor. Raises StorageFull, Unwritable."""
        self._descriptor = create(self.body, root=self._root)
        return self._descriptor

    def mark(self, size: int, sha256: str) -> None:
        """State how long the body will be and its digest, before the piece that makes it so. Raises OSError.

        Behind a step, and before the journal is let go of.
        """
        text = f"{size:020d} {sha256}"
        tag = self._mac.of(b"body", self._number, text.encode())
        os.pwrite(self._journal, f"{text} {tag}\n".encode(), self._slot * _SLOT)
        self._slot = 1 - self._slot

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
        """Remove the files: what they held is in the ledger now. Raises Unwritable."""
        self.close_journal()
        with storing(self.journal):
            # The journal last: without it nobody knows what the body is.
            inside.unlink_all((self.body, self.journal), self._root, missing_ok=True)

    def steps(self) -> tuple[list[Step], bytes]:
        """Read the journal back: the steps that this capture wrote, and the bytes that stand behind them.

        Raises Unreadable.
        """
        if not inside.kind(self.journal, self._root):
            return [], b""
        data = read_small(self.journal, root=self._root)
        found, lines = list[Step](), list[bytes]()
        # Up to the first line whose tag does not hold: whatever follows it was not written, or not in this order, by
        # us. What stands behind the last newline is a torn line.
        for raw in data[_MARKS:].split(b"\n")[:-1]:
            tag, _, line = raw.partition(b" ")
            if not self._mac.holds(tag, *self._parts(lines, line)):
                break
            found.append(_decoder.decode(line))
            lines.append(line)
        self._lines = lines
        self._behind = len(data) > self._end()
        return found, data[self._end() :]

    def marked(self) -> dict[int, str]:
        """Return how long the body was when it was marked, and its digests by then."""
        found, data = {0: hashlib.sha256().hexdigest()}, b""
        with suppress(Unreadable):  # what is no file of ours vouches for nothing
            data = read_small(self.journal, root=self._root)
        for slot in (data[:_SLOT], data[_SLOT:_MARKS]):
            text, _, tag = slot.partition(b"\n")[0].rpartition(b" ")
            if self._mac.holds(tag, b"body", self._number, text):
                size, _, sha256 = text.decode().partition(" ")
                found[int(size)] = sha256
        return found

    def foreign(self) -> int:
        """Return how many bytes stand in the body behind those that this capture wrote. Raises Unreadable."""
        return self._body_size() - self._ours()[0]

    def cut_body(self) -> None:
        """Take from the body what this capture did not write. Raises Unwritable, Unreadable."""
        size = self._ours()[0]
        with storing(self.body):
            descriptor = inside.open_file(self.body, os.O_WRONLY, self._root, alone=True)
            try:
                os.ftruncate(descriptor, size)
            finally:
                os.close(descriptor)

    def arrived(self) -> tuple[int, str, bytes]:
        """Wait until the body that this capture wrote is on disk; return its size, SHA-256 and first bytes.

        Raises Unreadable, Unwritable.
        """
        if self._body_size():
            sync_file(self.body, root=self._root)  # a process that died may not have come to it
        return self._ours()

    def body_bytes(self) -> bytes:
        """Return the body whole; for a small one. Raises Unreadable."""
        return read_small(self.body, self._body_size(), root=self._root) if self._body_size() else b""

    def _body_size(self) -> int:
        with reading(self.body):
            return inside.size(self.body, self._root) if inside.kind(self.body, self._root) else 0

    def _ours(self) -> tuple[int, str, bytes]:
        """Return size, SHA-256 and first bytes of as much of the body as one of its marks vouches for."""
        marked, ours = self.marked(), 0
        digest, size, sample = hashlib.sha256(), 0, b""
        if self._body_size():
            with reading(self.body), open(inside.open_file(self.body, root=self._root), "rb") as file:  # noqa: PTH123 - a descriptor
                for end in sorted(marked):
                    while size < end and (piece := file.read(min(end - size, _PIECE))):
                        sample = sample or piece[:_SAMPLE]
                        digest.update(piece)
                        size += len(piece)
                    if size == end and digest.hexdigest() == marked[end]:
                        ours = end
        return ours, marked[ours], sample[:ours]

    def _end(self) -> int:
        return _MARKS + sum(_TAG + len(line) + 1 for line in self._lines)

    def _tag(self, lines: Sequence[bytes], line: bytes) -> str:
        return self._mac.of(*self._parts(lines, line))

    def _parts(self, lines: Sequence[bytes], line: bytes) -> tuple[bytes, ...]:
        return (b"journal", self._number, *lines, line)
