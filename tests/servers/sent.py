"""What a server sent: every byte of an answer that was handed to the system, up to a bound."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.servers.seen import Seen


@dataclass(frozen=True, slots=True)
class Sent:
    """The answer to one request: its size in bytes, and the bytes where they were few enough to be kept."""

    seen: Seen
    size: int
    kept: bytes

    @property
    def data(self) -> bytes:
        """Every byte of the answer. Raises ValueError where there were more than the server keeps."""
        if len(self.kept) != self.size:
            raise ValueError(f"{self.seen.path}: only {len(self.kept)} of {self.size} bytes were kept")
        return self.kept


class Answer:
    """An answer under way. Bytes are noted before they go out, so that no client can have them sooner than a test."""

    def __init__(self, seen: Seen, keep: int) -> None:
        self._seen = seen
        self._keep = keep
        self._kept = bytearray()
        self._size = 0
        self._lock = threading.Lock()

    def add(self, data: memoryview) -> None:
        """Note bytes that go out now."""
        with self._lock:
            if self._size == len(self._kept):
                self._kept += data[: self._keep - len(self._kept)]
            self._size += len(data)

    def add_unseen(self, count: int) -> None:
        """Note a number of bytes that went out without passing through here (sendfile)."""
        with self._lock:
            self._size += count

    def take_back(self, count: int) -> None:
        """Note that the last `count` bytes did not go out."""
        with self._lock:
            self._size -= count
            del self._kept[self._size :]

    def snapshot(self) -> Sent:
        """Return what was sent so far."""
        with self._lock:
            return Sent(self._seen, self._size, bytes(self._kept))
