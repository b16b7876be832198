"""A small server on this computer alone: for pages that are looked at, and for scenes that are made here."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

# A request's first line, and a field, as RFC 9112 (sections 3 and 5) has them and every browser sends them.
_REQUEST = re.compile(rb"[A-Z]+ [\x21-\x7e]+ HTTP/1\.[01]\r\n")
_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n")


class LoopbackServer(ThreadingHTTPServer):
    """Serves on a free port while it is entered; `address` is where, as http://127.0.0.1:port."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that went away is no news."""


class StrictHandler(BaseHTTPRequestHandler):
    """Knows of each request whether its head has one reading: Python and a proxy may think differently of others.

    A bare CR is the end of a line to one and part of a value to the other; so are NUL, folded lines and blanks before a
    colon. What follows such a head could be taken for another person's request.
    """

    sound = False
    raw_requestline: bytes
    rfile: Any

    def parse_request(self) -> bool:
        """Read the head; `sound` says whether each of its lines is as the standard has it."""
        rfile: Any = self.rfile
        self.rfile = lines = _Lines(rfile)
        try:
            return super().parse_request()
        finally:
            self.rfile = rfile
            self.sound = lines.sound and _REQUEST.fullmatch(self.raw_requestline) is not None


class _Lines:
    """The lines of a head, and whether each is a field or the empty line at its end."""

    def __init__(self, file: Any) -> None:  # noqa: ANN401 - of the base class
        self._file = file
        self.sound = True

    def readline(self, limit: int = -1, /) -> bytes:
        """Return the next line."""
        line: bytes = self._file.readline(limit)
        self.sound = self.sound and (line == b"\r\n" or _FIELD.fullmatch(line) is not None)
        return line
