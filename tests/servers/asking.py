"""The plainest client: sends bytes, returns the bytes that come back."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from tests.patience import PATIENCE

if TYPE_CHECKING:
    from tests.servers.raw import RawServer


def request(path: str, *headers: str, method: str = "GET", close: bool = True) -> bytes:
    """Return a request as bytes, by default one after which the server closes the connection."""
    lines = [f"{method} {path} HTTP/1.1", "Host: scene", *headers, *(["Connection: close"] * close)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def ask(server: RawServer, sent: bytes | str) -> bytes:
    """Send bytes, or a plain request for a path, and return everything up to the end of the connection."""
    with socket.create_connection(server.address, timeout=PATIENCE) as client:
        client.sendall(request(sent) if isinstance(sent, str) else sent)
        return read_all(client)


def read_to_the_end(client: socket.socket) -> None:
    """Read until the connection is over, in whatever way that is."""
    with contextlib.suppress(ConnectionResetError):
        read_all(client)


def read_all(client: socket.socket) -> bytes:
    """Return everything up to the end of the connection. Raises ConnectionResetError."""
    pieces = []
    while piece := client.recv(1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def read_some(client: socket.socket, count: int) -> bytes:
    """Return the next `count` bytes. Raises EOFError."""
    pieces = b""
    while len(pieces) < count:
        piece = client.recv(count - len(pieces))
        if not piece:
            raise EOFError(f"{len(pieces)} of {count} bytes")
        pieces += piece
    return pieces


def body_of(answer: bytes) -> bytes:
    """Return what follows the head."""
    return answer.partition(b"\r\n\r\n")[2]
