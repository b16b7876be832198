"""A small HTTP/2 server over TLS: answers by path, and remembers what it was asked and what it sent."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

import hpack
import trustme

from tests.servers.certificates import LOOPBACK_NAMES, Certificate, issue

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFACE = 24
_FRAME = 16_000


@dataclass(frozen=True)
class H2Answer:
    """What a path answers. `padded` pads its data frames, `early` sends an interim head first."""

    data: bytes
    type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    padded: bool = False
    early: bool = False


@dataclass
class H2Seen:
    """A request as it came."""

    path: str
    fields: dict[str, str] = field(default_factory=dict)


class H2Server:
    """Serves `files` on loopback until it is left."""

    def __init__(self, files: Mapping[str, H2Answer]) -> None:
        self.files = files
        self.requests: list[H2Seen] = []
        self._folder = TemporaryDirectory(prefix="h2-")
        key, chain = issue(Certificate.INTERMEDIATE, trustme.CA(), LOOPBACK_NAMES)
        self.chain = [ssl.PEM_cert_to_DER_cert(pem.decode()) for pem in chain]
        path = Path(self._folder.name) / "server.pem"
        path.write_bytes(key + b"".join(chain))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(path)
        self._context.set_alpn_protocols(["h2", "http/1.1"])
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listening, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._folder.cleanup()

    def url(self, path: str = "/") -> str:
        """Return the address of a path."""
        return f"https://127.0.0.1:{self.port}{path}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with suppress(OSError, ValueError, hpack.HPACKError):
            connection = self._context.wrap_socket(plain, server_side=True)
            self._open.append(connection)
            if connection.selected_alpn_protocol() != "h2":
                self._one_by_one(connection)
                return
            _exactly(connection, _PREFACE)
            connection.sendall(_frame(4, 0, 0))
            reading, writing = hpack.Decoder(), hpack.Encoder()
            while True:
                head = _exactly(connection, 9)
                payload = _exactly(connection, int.from_bytes(head[:3], "big"))
                stream = int.from_bytes(head[5:9], "big")
                if head[3] == 4 and not head[4] & 1:
                    connection.sendall(_frame(4, 1, 0))
                elif head[3] == 1:
                    payload = payload[5:] if head[4] & 0x20 else payload
                    fields = {str(name): str(value) for name, value in reading.decode(payload)}
                    self.requests.append(H2Seen(fields[":path"], fields))
                    self._answer(connection, writing, stream, fields[":path"])

    def _answer(self, connection: socket.socket, writing: hpack.Encoder, stream: int, path: str) -> None:
        answer = self.files.get(path.partition("?")[0])
        if answer is None:
            connection.sendall(_frame(1, 5, stream, writing.encode([(":status", "404")])))
            return
        if answer.early:
            connection.sendall(_frame(1, 4, stream, writing.encode([(":status", "103"), ("link", "</x>")])))
        fields = [(":status", "200"), ("content-type", answer.type), *answer.headers]
        connection.sendall(_frame(1, 4, stream, writing.encode(fields)))
        for start in range(0, len(answer.data), _FRAME):
            piece = answer.data[start : start + _FRAME]
            if answer.padded:
                connection.sendall(_frame(0, 8, stream, b"\x03" + piece + bytes(3)))
            else:
                connection.sendall(_frame(0, 0, stream, piece))
        connection.sendall(_frame(0, 1, stream))

    def _one_by_one(self, connection: socket.socket) -> None:
        """Answer a client that knows HTTP/1.1 alone, as our own recorder does."""
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(4096)
            if not piece:
                return
            head += piece
        path = head.split(b" ", 2)[1].decode()
        answer = self.files.get(path.partition("?")[0])
        status, data, kind = ("200 OK", answer.data, answer.type) if answer else ("404 Not Found", b"", "text/plain")
        said = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
        connection.sendall(said.encode() + data)
        connection.close()


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise OSError
        data += piece
    return data
