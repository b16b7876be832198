"""A well-behaved HTTP/1.1 server for scenes: pages, photos, redirects, cookies, pages that demand to know who asks."""

from __future__ import annotations

import gzip
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

from tests.servers.head import HTML, head, small_answer
from tests.servers.raw import RawServer

if TYPE_CHECKING:
    from tests.servers.connection import Connection
    from tests.servers.seen import Seen

_TYPES = {  # not the system's table, which differs from one machine to the next
    "": HTML, ".html": HTML, ".txt": "text/plain; charset=utf-8", ".css": "text/css", ".json": "application/json",
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp",
    ".svg": "image/svg+xml", ".tif": "image/tiff", ".heic": "image/heic", ".mp4": "video/mp4", ".webm": "video/webm",
    ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".pdf": "application/pdf", ".xml": "application/xml",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a path answers. Without a `type` it follows from the path; `latency` is in seconds."""

    data: bytes = b""
    type: str = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    chunk: int = 0
    """Bytes a chunk, for a chunked answer; 0 for one with a Content-Length."""
    gzip: bool = False
    """Whether it goes out with `Content-Encoding: gzip`."""
    latency: float = 0.0
    cookies: tuple[str, ...] = ()
    """Set-Cookie values, such as `session=abc; Path=/; HttpOnly`."""
    needs_cookie: str = ""
    """A cookie, such as `session=abc`, without which the answer is 403."""
    needs_authorization: str = ""
    """An Authorization value, such as `Basic bWU6c2VjcmV0`, without which the answer is 401."""


Answer = Body | bytes | Callable[["Seen"], Body | bytes]


def redirect(to: str, status: int = 302) -> Body:
    """Return an answer that sends the client elsewhere."""
    return Body(data=b"moved\n", type="text/plain", status=status, headers=(("Location", to),))


class SceneServer(RawServer):
    """Serves `files` by path: exact with its query first, then without the query; anything else is a 404 page.

    `files` and `latency` (seconds before every answer) may be changed while it runs.
    """

    def __init__(
        self,
        files: Mapping[str, Answer],
        *,
        latency: float = 0.0,
        address: str = "127.0.0.1",
        keep: int = 16 << 20,
    ) -> None:
        super().__init__(self._respond, address=address, keep=keep)
        self.files = dict(files)
        self.latency = latency

    def _respond(self, connection: Connection, seen: Seen) -> None:
        path = seen.path.partition("?")[0]
        answer = self.files.get(seen.path, self.files.get(path))
        if answer is None:
            page = b"<!doctype html><title>Not found</title><h1>Not found</h1><p>There is nothing here."
            answer = Body(data=page, type=HTML, status=404)
        if callable(answer):
            answer = answer(seen)
        body = answer if isinstance(answer, Body) else Body(data=answer)
        connection.wait(self.latency + body.latency)
        connection.send(_refusal(body, seen) or _wire(body, path))


def _refusal(body: Body, seen: Seen) -> bytes:
    """Return the answer to a client that lacks what the page demands; empty where it lacks nothing."""
    if seen.method != "GET":
        return small_answer(405, "GET only\n", [("Allow", "GET")])
    if body.needs_authorization not in {"", seen.header("Authorization")}:
        return small_answer(401, "who are you?\n", [("WWW-Authenticate", 'Basic realm="scene"')])
    sent = {cookie.strip() for cookie in seen.header("Cookie").split(";")}
    if body.needs_cookie and body.needs_cookie not in sent:
        return small_answer(403, "not without the cookie\n")
    return b""


def _wire(body: Body, path: str) -> bytes:
    data = gzip.compress(body.data, mtime=0) if body.gzip else body.data
    extension = posixpath.splitext(path)[1].lower()
    headers = [("Content-Type", body.type or _TYPES.get(extension, "application/octet-stream"))]
    if not any(name.lower() == "date" for name, _ in body.headers):
        headers.append(("Date", formatdate(usegmt=True)))
    if body.gzip:
        headers.append(("Content-Encoding", "gzip"))
    headers += [("Set-Cookie", cookie) for cookie in body.cookies]
    headers += body.headers
    if not body.chunk:
        return head(body.status, [*headers, ("Content-Length", str(len(data)))]) + data
    pieces = [data[at : at + body.chunk] for at in range(0, len(data), body.chunk)]
    return head(body.status, [*headers, ("Transfer-Encoding", "chunked")]) + chunked([*pieces, b""])


def chunked(pieces: list[bytes]) -> bytes:
    """Return pieces as chunks (RFC 9112, section 7.1); an empty last piece is the end of the body."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
