"""A photo's bytes, read at any place, and never more of them than a photo needs."""

from __future__ import annotations

import io
from typing import BinaryIO

from capture.errors import CaptureError

_READS = 4_000_000  # Reads in one photo; a file that asks for more is built to keep its reader busy.


class PhotoNotRead(CaptureError):
    """A part of a photo could not be read; the message is the reason."""


class PhotoFile:
    """A file or a block of one. `size` is in bytes."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file = file
        self.size = size
        self._reads = 0

    @classmethod
    def of_bytes(cls, data: bytes) -> PhotoFile:
        """Return a block that stands in memory."""
        return cls(io.BytesIO(data), len(data))

    def at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, or fewer where the file ends. Raises NotRead."""
        # Counted, so that a file of parts that point at each other ends on every machine after the same steps.
        self._reads += 1
        if self._reads > _READS:
            raise PhotoNotRead("it has more parts than a photo has")
        if offset < 0 or offset >= self.size or length <= 0:
            return b""
        try:
            self.file.seek(offset)
            return self.file.read(min(length, self.size - offset))
        except OSError as error:
            raise PhotoNotRead(f"the disk could not be read: {error.strerror}") from error
