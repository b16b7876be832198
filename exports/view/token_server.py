"""A server of pages for a browser on this computer, and for whoever else has its address: nobody.

The port is of 127.0.0.1, and the first part of every path is a random token. A request under another host's name is
refused, which ends attacks by names that lead here (DNS rebinding), and one that another page makes, too.
"""

from __future__ import annotations

import hmac
import secrets
import shutil
from typing import BinaryIO
from urllib.parse import unquote

from exports.view.loopback import LoopbackServer, StrictHandler

# 256 bits: other users of this computer can reach the port, and cannot guess the address.
_TOKEN_BYTES = 32
_SILENT = 60  # Seconds after which a connection that says nothing is closed.
# The policy of what needs nothing.
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)


class TokenServer(LoopbackServer):
    """Serves while it is entered; `address` is what to open."""

    def __init__(self, handler: type[TokenHandler]) -> None:
        super().__init__(handler)
        self.token = secrets.token_urlsafe(_TOKEN_BYTES)
        self.host = f"127.0.0.1:{self.server_port}"
        self.address = f"{self.address}/{self.token}/"


class TokenHandler(StrictHandler):
    """Answers GET and HEAD by `answer`, which is asked only where the request is a browser's own, with the token."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _SILENT
    server: TokenServer
    framed = "DENY"  # By whom the pages may be framed, as X-Frame-Options says it.

    def answer(self, name: str, *, body: bool) -> None:
        """Answer a request for `name`, which stands behind the token."""
        raise NotImplementedError

    def do_GET(self) -> None:  # noqa: N802 - http.server's
        """Answer a request."""
        self._answered(body=True)

    def do_HEAD(self) -> None:  # noqa: N802 - http.server's
        """Answer with the head alone."""
        self._answered(body=False)

    def version_string(self) -> str:
        """Name no versions."""
        return "goldenhour"

    def log_message(self, *_: object) -> None:
        """Keep the terminal for the command."""

    def _answered(self, *, body: bool) -> None:
        if (refusal := self._refusal()) is not None:
            self.say(*refusal, body=body)
            return
        self.answer(unquote(self.path.partition("?")[0]).removeprefix(f"/{self.server.token}/"), body=body)

    def _refusal(self) -> tuple[int, str] | None:
        """Return why a request is refused, if it is: by whom it is made, before what it is for."""
        fields, server = self.headers, self.server
        if not self.sound or "Content-Length" in fields or "Transfer-Encoding" in fields:
            return 400, "no browser asks so"
        if fields.get_all("Host") != [server.host]:
            return 421, "this computer is asked under another name"
        if any(origin != f"http://{server.host}" for origin in fields.get_all("Origin", [])):
            return 403, "another page asks"
        if fields.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
            return 403, "another page asks"
        token = unquote(self.path.partition("?")[0]).split("/")[1:2]
        if not token or not hmac.compare_digest(token[0].encode(), server.token.encode()):
            return 404, "nothing of this name is here"
        return None

    def say(self, status: int, text: str, *, body: bool) -> None:
        """Answer with a sentence and end the connection."""
        self.close_connection = True
        self.send(f"{text}\n".encode(), "text/plain; charset=utf-8", NOTHING, body=body, status=status)

    def send(self, data: bytes, kind: str, policy: str, *, body: bool, status: int = 200) -> None:
        """Answer with bytes of a type, under a policy (Content-Security-Policy)."""
        self.send_head(status, len(data), (("Content-Type", kind), ("Content-Security-Policy", policy)))
        if body:
            self.wfile.write(data)

    def stream(self, file: BinaryIO, size: int, *fields: tuple[str, str], body: bool, status: int = 200) -> None:
        """Answer with the next `size` bytes of a file."""
        self.send_head(status, size, fields)
        if body:
            shutil.copyfileobj(_Bounded(file, size), self.wfile)

    def send_head(self, status: int, size: int, fields: tuple[tuple[str, str], ...]) -> None:
        """Answer with a head."""
        self.send_response(status)
        self.send_header("Content-Length", str(size))
        for name, value in (*fields, *_HEADERS, ("X-Frame-Options", self.framed)):
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()


class _Bounded:
    """A file of which no more is read than was promised, though it grows meanwhile."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size

    def read(self, count: int = -1, /) -> bytes:
        """Return the next bytes."""
        data = self._file.read(self._left if count < 0 else min(count, self._left))
        self._left -= len(data)
        return data
