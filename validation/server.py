"""A proxy on loopback that plays the hosts of known scenes, so that their addresses are the same on every machine.

It forwards nothing: what a scene does not have is not found.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler

from validation.answer import KnownAnswer
from validation.demo.loopback import LoopbackServer

_NOT_FOUND = KnownAnswer(b"<!doctype html><title>Gone</title><h1>Gone</h1>", "text/html", status=404)


class KnownHosts(LoopbackServer):
    """Serves answers by their full address while it is entered; `address` is the proxy to send requests for them to."""

    def __init__(self, answers: Mapping[str, KnownAnswer]) -> None:
        super().__init__(_Handler)
        self.answers = answers


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: KnownHosts

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
