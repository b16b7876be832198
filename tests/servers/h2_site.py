"""A site over HTTP/2 and TLS by a server of others (hypercorn): what it was asked and what it sent, as it saw them."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config

from tests.servers.certificates import LOOPBACK_NAMES, Certificate, issue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hypercorn.typing import Framework


@dataclass
class H2Asked:
    """A request as the server read it, and the answer as it was handed to the server."""

    version: str
    method: str
    path: str
    fields: list[tuple[str, str]]
    body: bytes = b""
    status: int = 0
    answered: list[tuple[str, str]] = field(default_factory=list)
    sent: bytes = b""


@dataclass(frozen=True)
class H2Sends:
    """What is sent for a path: a body, or a place to go on at."""

    data: bytes = b""
    type: str = "text/html; charset=utf-8"
    status: int = 200
    fields: tuple[tuple[str, str], ...] = ()
    pieces: int = 1


class H2Site:
    """Serves `files` on loopback until it is left."""

    def __init__(self, files: Mapping[str, H2Sends]) -> None:
        self.files = files
        self.asked: list[H2Asked] = []
        listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = listening.getsockname()[1]
        self._folder = tempfile.TemporaryDirectory(prefix="h2-site-")
        key, chain = issue(Certificate.GOOD, trustme.CA(), LOOPBACK_NAMES)
        folder = Path(self._folder.name)
        (folder / "key.pem").write_bytes(key)
        (folder / "chain.pem").write_bytes(b"".join(chain))
        self._config = Config()
        self._config.bind = [f"fd://{listening.detach()}"]
        self._config.certfile, self._config.keyfile = str(folder / "chain.pem"), str(folder / "key.pem")
        self._config.graceful_timeout = 0.1
        self._config.errorlog = None
        self._thread = threading.Thread(target=self._run, name="h2-site", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = asyncio.Event()
        self._running = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._running.wait()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._folder.cleanup()

    def url(self, path: str) -> str:
        """Return the address of a path."""
        return f"https://127.0.0.1:{self.port}{path}"

    def _run(self) -> None:
        async def _served() -> None:
            self._loop = asyncio.get_running_loop()
            self._running.set()
            application: Framework = self._answer
            await serve(application, self._config, shutdown_trigger=self._over.wait)

        asyncio.run(_served())

    async def _answer(self, scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:  # noqa: ANN401 - ASGI
        """Answer one request (https://asgi.readthedocs.io/en/latest/specs/www.html)."""
        if scope["type"] != "http":
            return
        asked = H2Asked(scope["http_version"], scope["method"], scope["path"], _texts(scope["headers"]))
        more = True
        while more:
            message = await receive()
            asked.body += message.get("body", b"")
            more = message.get("more_body", False)
        answer = self.files.get(asked.path, H2Sends(b"nothing", "text/plain", 404))
        fields = [("content-type", answer.type), *answer.fields]
        asked.status, asked.answered, asked.sent = answer.status, fields, answer.data
        self.asked.append(asked)
        raw = [(name.encode(), value.encode()) for name, value in fields]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        size = -(-len(answer.data) // answer.pieces)
        for start in range(0, len(answer.data), size or 1):
            piece = answer.data[start : start + size]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _texts(fields: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - pairs of bytes
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields]
