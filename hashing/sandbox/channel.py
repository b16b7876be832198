"""Messages between two processes over a Unix socket, with open files beside them."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Sequence

_LENGTH = struct.Struct("<I")
MOST_FILES = 32
_SHORT = 1 << 16


class Hung(OSError):
    """The other side said nothing, or not enough, for too long."""


class TooLong(OSError):
    """The other side announces more than is taken."""


def send(channel: socket.socket, message: bytes, files: Sequence[int] = ()) -> None:
    """Send a message, with descriptors of open files, at most MOST_FILES. Raises OSError."""
    head = _LENGTH.pack(len(message))
    # Descriptors travel with the first bytes of a message, or are lost to the reader of these bytes.
    if files:
        socket.send_fds(channel, [head], list(files))
        head = b""
    if len(message) <= _SHORT:
        channel.sendall(head + message)
    else:
        channel.sendall(head)
        channel.sendall(message)


def receive(channel: socket.socket, longest: int, seconds: float | None = None) -> tuple[bytes, list[int]]:
    """Return the next message and the descriptors that came with it; b"" at the end.

    Raises Hung after so many seconds, TooLong above `longest` bytes, OSError.
    """
    end = None if seconds is None else time.monotonic() + seconds
    _wait(channel, end)
    # The length first, and judged before any memory is set aside for what it announces.
    head, files, _, _ = socket.recv_fds(channel, _LENGTH.size, MOST_FILES)
    head += _exactly(channel, _LENGTH.size - len(head), end) if head else b""
    if len(head) < _LENGTH.size:
        return b"", files
    (length,) = _LENGTH.unpack(head)
    if length > longest:
        raise TooLong(f"a message of {length:,} bytes")
    message = _exactly(channel, length, end)
    return (message if len(message) == length else b""), files


def _exactly(channel: socket.socket, length: int, end: float | None) -> bytes:
    """Return so many bytes, or fewer where the other side is at its end."""
    data = bytearray()
    while len(data) < length:
        _wait(channel, end)
        piece = channel.recv(min(length - len(data), 1 << 20))
        if not piece:
            break
        data += piece
    return bytes(data)


def _wait(channel: socket.socket, end: float | None) -> None:
    """Let the next reading wait until `end`. Raises Hung where that is over."""
    if end is None:
        channel.settimeout(None)
    elif (left := end - time.monotonic()) > 0:
        channel.settimeout(left)
    else:
        raise Hung("nothing more came")
