"""A part of an open file, as a stream of its own; several can be read at the same time."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class FileSection(io.RawIOBase):
    """`size` bytes of a file from `begin` on; the file's own position is neither used nor moved."""

    def __init__(self, descriptor: int, begin: int, size: int) -> None:
        self._descriptor = descriptor
        self._begin, self._size = begin, size
        self._position = 0

    def readable(self) -> bool:
        """Say that this stream is for reading."""
        return True

    def seekable(self) -> bool:
        """Say that this stream can be moved in."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer`. Raises OSError."""
        view = memoryview(buffer).cast("B")[: max(self._size - self._position, 0)]
        count = os.preadv(self._descriptor, [view], self._begin + self._position) if view else 0
        self._position += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to an offset. Raises OSError, as a file does, for one before the first byte."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError(f"no place before the first byte: {start + offset}")
        self._position = start + offset
        return self._position
