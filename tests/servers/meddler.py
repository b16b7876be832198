"""A proxy before a store that changes what it is asked and answers, or breaks off: a store that lies."""

from __future__ import annotations

import http.client
import itertools
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

_OF_THE_CONNECTION = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class Broken(Exception):
    """The connection is to be broken off, without an answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to the store; `number` counts from 1."""

    number: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, list[str]]:
        """The parameters in its address."""
        return parse_qs(urlsplit(self.path).query, keep_blank_values=True)

    def header(self, name: str) -> str:
        """Return a header's value, "" where it was not sent."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer; a body in pieces without end is sent until the client goes."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Iterable[bytes] = b""


class Meddler:
    """A context manager: `with Meddler(store.origin, meddle) as proxy: …proxy.origin…`.

    `meddle(asked, forward)` returns the answer, which `forward()` gets of the store, or raises Broken.
    """

    def __init__(self, upstream: str, meddle: Callable[[Asked, Callable[[], Answered]], Answered]) -> None:
        self.asked: list[Asked] = []
        self._upstream = urlsplit(upstream).netloc
        self._meddle = meddle
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        meddler = self

        class _Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except (Broken, ConnectionError):
                    self.close_connection = True

            def __getattr__(self, name: str) -> Callable[[], None]:
                """Answer every method of HTTP alike."""
                if not name.startswith("do_"):
                    raise AttributeError(name)
                return lambda: meddler._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def origin(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        asked = Asked(next(self._numbers), handler.command, handler.path, dict(handler.headers), body)
        self.asked.append(asked)
        answered = self._meddle(asked, lambda: self._forward(asked))
        handler.send_response_only(answered.status)
        for name, value in answered.headers:
            handler.send_header(name, value)
        if isinstance(answered.body, bytes):
            if not any(name.lower() == "content-length" for name, _ in answered.headers):
                handler.send_header("Content-Length", str(len(answered.body)))
            handler.end_headers()
            if asked.method != "HEAD":
                handler.wfile.write(answered.body)
            return
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        for piece in answered.body:
            handler.wfile.write(piece)

    def _forward(self, asked: Asked) -> Answered:
        connection = http.client.HTTPConnection(self._upstream)
        try:
            headers = {name: value for name, value in asked.headers.items() if name.lower() != "expect"}
            connection.request(asked.method, asked.path, asked.body, headers)
            answer = connection.getresponse()
            data = answer.read()
            length = [("Content-Length", answer.headers["Content-Length"])] if asked.method == "HEAD" and (
                "Content-Length" in answer.headers
            ) else []  # fmt: skip
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OF_THE_CONNECTION]
            return Answered(answer.status, (*kept, *length), data)
        finally:
            connection.close()
