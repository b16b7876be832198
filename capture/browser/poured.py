"""A long string in an answer of the browser's, written to a file as it arrives: a picture is held nowhere as a whole.

An answer whose result begins with the string `data` (a screenshot in Base64, a saved page as text) is passed on by the
piece; what is left of the message is the answer without it.
"""

from __future__ import annotations

import binascii
import json
import re
import threading
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from capture.errors import NotRendered

_BEGINS = re.compile(rb'\{"id":(\d+),"result":\{"data":"')
_LONGEST_BEGIN = 64
_LONGEST_MESSAGE = 512 << 20
LARGEST = 1 << 30  # Bytes of a file of what a page looked like: a page that goes on for ever fills no disk.
_ESCAPED = rb"\\u[0-9a-fA-F]{4}|\\[^u]"
_WHOLE = re.compile(rb'(?:(?:%s)*[^"\\]+)*' % _ESCAPED)
"""A piece of a JSON string (RFC 8259, section 7) that may be read by itself: no escape stands at its end, which may go
on in the next piece."""
_LAST = re.compile(rb'(?:%s)*(?=")' % _ESCAPED)


class Pour:
    """Where a string goes as it arrives, until it is `closed`; `packed` says that it is Base64 (RFC 4648)."""

    def __init__(self, file: BinaryIO, *, packed: bool) -> None:
        self._file, self._packed = file, packed
        self._lock = threading.Lock()
        self._closed = False
        self._room = LARGEST
        self.error: OSError | NotRendered | None = None  # Why not all of it is in the file.

    def close(self) -> None:
        """Write no more to the file, whatever is still to come."""
        with self._lock:
            self._closed = True

    def write_from(self, buffer: bytearray, start: int) -> tuple[int, bool]:
        """Write what can be read of the string so far; return where that ends, and whether the string does."""
        if self._packed:
            end = buffer.find(b'"', start)
            stop = end if end >= 0 else len(buffer) - (len(buffer) - start) % 4
            data = binascii.a2b_base64(buffer[start:stop], strict_mode=True)
        else:
            found = _WHOLE.match(buffer, start)
            stop = found.end() if found is not None else start
            last = _LAST.match(buffer, stop)
            stop, end = (last.end(),) * 2 if last is not None else (stop, -1)
            data = str(json.loads(b'"' + bytes(buffer[start:stop]) + b'"')).encode("utf-8", "surrogatepass")
        with self._lock:
            self._room -= len(data)
            if self._room < 0:
                self.error = self.error or NotRendered(f"it is larger than {LARGEST >> 20:,} MiB")
            if not self._closed and self.error is None:
                try:
                    self._file.write(data)
                except OSError as error:
                    self.error = error
        return stop, end >= 0


class Messages:
    """Splits what the browser writes into messages; of those that answer a command in `pours` the string is poured."""

    def __init__(self, pours: Mapping[int, Pour]) -> None:
        self._pours = pours
        self._buffer = bytearray()
        self._searched = 0
        self._begun = False
        self._pour: Pour | None = None
        self._at = 0

    def fed(self, piece: bytes) -> Iterator[bytes]:
        """Yield the messages that end in this piece. Raises ValueError for what no browser writes."""
        buffer = self._buffer
        buffer += piece
        while buffer:
            # 1. See whether the message is one whose string goes to a file.
            if not self._begun:
                if len(buffer) < _LONGEST_BEGIN and b"\0" not in buffer:
                    return
                self._begun = True
                if begins := _BEGINS.match(buffer):
                    self._pour, self._at = self._pours.get(int(begins[1])), begins.end()
            # 2. If so, take the string out of it, as far as it has come.
            if self._pour is not None:
                stop, ended = self._pour.write_from(buffer, self._at)
                del buffer[self._at : stop]
                if not ended:
                    return
                self._pour = None
            # 3. The message ends with a zero byte.
            end = buffer.find(b"\0", self._searched)
            if end < 0:
                self._searched = len(buffer)
                if len(buffer) > _LONGEST_MESSAGE:
                    raise ValueError("a message without an end")
                return
            message = bytes(buffer[:end])
            del buffer[: end + 1]
            self._searched, self._begun = 0, False
            yield message
