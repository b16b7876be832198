"""A proxy on loopback that plays the hosts of known scenes, so that their addresses are the same on every machine.

It forwards nothing: what a scene does not have is not found.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from validation.answer import KnownAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

_NOT_FOUND = KnownAnswer(b"<!doctype html><title>Gone</title><h1>Gone</h1>", "text/html", status=404)


class KnownHosts:
    """Serves answers by their full address while it is entered; `proxy` is where to send requests for them."""

    def __init__(self, answers: Mapping[str, KnownAnswer]) -> None:
        self._answers = answers

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), self._answers)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.proxy = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], answers: Mapping[str, KnownAnswer]) -> None:
        super().__init__(address, _Handler)
        self.answers = answers

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """Answer one request, which a client of a proxy writes with the full address."""
        answer = self.server.answers.get(self.path, _NOT_FOUND)
        declared = len(answer.body) if answer.declared is None else answer.declared
        self.close_connection = declared != len(answer.body)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(declared))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Keep the terminal for the validation."""
