"""Serves the links of `goldenhour receive`: a process without key, network and files but the inbox runs this.

Uploads follow tus 1.0 (https://tus.io/protocols/resumable-upload, with creation and termination), or come as a plain
form (RFC 7578). Nothing is logged, and nothing of who asks is looked at: no address, no header but those named here.
"""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec

from exports.view.loopback import StrictHandler
from hashing.errors import HashingError
from hashing.sandbox import channel
from hashing.times import system_clock
from intelligence.intake.pieces import plain
from intelligence.receiving.forms import BrokenForm, FormFile, form_events
from intelligence.receiving.hand_in import hand_ins, hashed
from intelligence.receiving.link import Link, LinkRefused
from intelligence.receiving.pages import SCRIPT, STYLE, page, receipt
from intelligence.receiving.texts import preferred
from intelligence.sources import sealed

_SILENT = 60  # Seconds after which a connection that says nothing is closed.
# At once: a thread each. One more is closed, so that those who send keep theirs.
_MOST_CONNECTIONS = 64
# Bytes a thread, instead of 8 MiB: one for each connection.
_STACK = 512 << 10
_PIECE = 1 << 20
_LONGEST_TEXT, _LARGEST_FORM = 2_000, 64 << 10
_LARGEST_REST = 16 << 20
_LARGEST = 1 << 22
TUS = "1.0.0"
READY = "serving"
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", _POLICY),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Referrer-Policy", "same-origin"),  # with no-referrer, a form has the origin `null`
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("X-Robots-Tag", "noindex, nofollow"),
)
_METHODS = {f"do_{method}" for method in ("GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS")}
_COOKIE = re.compile(r"(?:^|;)\s*hand-in=([A-Za-z0-9_-]{20,100})\s*(?:;|$)")
_COUNT = re.compile(r"[0-9]{1,15}", re.ASCII)
_HTML, _TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"


class Served(msgspec.Struct, kw_only=True):
    """What the process that serves is told: nothing that opens anything."""

    inbox: str
    hosts: list[str]  # Under which names it is asked.
    origins: list[str]
    prefix: str  # The path before the token, as the address has it that people are given.
    secure: bool  # Whether that address is of https.
    texts: dict[str, dict[str, str]]
    recipients: list[str]  # The source unit's; none where no contact is asked for.


def serve(talk: socket.socket) -> None:
    """Serve until the other side closes; it is told the number of each hand-in that has changed."""
    message, files = channel.receive(talk, _LARGEST)
    telling = threading.Lock()

    def _tell(number: str) -> None:
        with telling, suppress(OSError):
            channel.send(talk, number.encode())

    threading.stack_size(_STACK)
    server = _Server(socket.socket(fileno=files[0]), msgspec.msgpack.decode(message, type=Served), _tell)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
    _tell(READY)
    channel.receive(talk, _LARGEST)  # nothing more is said: this is its end


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True

    def __init__(self, listening: socket.socket, served: Served, tell: Any) -> None:  # noqa: ANN401 - mypy: a callable
        # The socket was opened by the process that may: none is made here.
        socketserver.BaseServer.__init__(self, listening.getsockname(), _Handler)
        self.socket = listening
        self.served = served
        links = [Link(folder, tell, system_clock) for folder in hand_ins(Path(served.inbox))]
        self.links = {link.state.token: link for link in links}
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's own types
        """Take a connection, unless there are very many."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's own types
        """Answer a connection, and let the next one in."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a line that broke is no news, and whose it was is nobody's business."""


class _Handler(StrictHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _SILENT
    server: _Server
    language = "en"
    link: Link

    def version_string(self) -> str:
        """Name no versions."""
        return "goldenhour"

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - what the base class asks for
        """Answer every method in one place."""
        if name in _METHODS:
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        self._left = 0
        self.__dict__.pop("link", None)  # of an earlier request: a proxy sends those of many people over one connection
        served = self.server.served
        self.language = preferred(self.headers.get("Accept-Language", ""), list(served.texts))
        try:
            self._demand_length()
            place = self._place()
            self._dispatch(place)
        except LinkRefused as refused:
            self._tell(refused)
        except BrokenForm:
            self._tell(LinkRefused("not_understood", 400))
        except HashingError:  # the disk is full, or fails
            self._tell(LinkRefused("disk_full", 507))

    def _demand_length(self) -> None:
        # Where it is not sure how long a request is, nothing behind it is taken for another one: a proxy sends those of
        # many people over one connection (RFC 9112, section 11.2).
        lengths, closing = self.headers.get_all("Content-Length", []), self.close_connection
        self.close_connection = True
        if self.headers.get_all("Transfer-Encoding") or len(lengths) > 1:
            raise LinkRefused("not_understood", 411)
        if not self.sound or (lengths and not _COUNT.fullmatch(lengths[0])):
            raise LinkRefused("not_understood", 400)
        self.close_connection, self._left = closing, int(lengths[0]) if lengths else 0

    def _place(self) -> str:
        """Find the link that is asked for, and return what of it. Raises LinkRefused."""
        served = self.server.served
        # 1. The right host; 2. for what changes something, a page of ours that sends it (Fetch Metadata, and Origin
        # where browsers have only that); 3. a token whose hash is known, so that comparing takes as long for any.
        if len(hosts := self.headers.get_all("Host", [])) != 1 or hosts[0].lower() not in served.hosts:
            raise LinkRefused("unknown", 421)
        if self.command not in {"GET", "HEAD"}:
            foreign = any(origin not in served.origins for origin in self.headers.get_all("Origin", []))
            if foreign or self.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
                raise LinkRefused("unknown", 403)
        path = self.path.partition("?")[0]
        if path.startswith(f"{served.prefix}/"):  # else a proxy took it away
            path = path.removeprefix(served.prefix)
        token, _, rest = path.removeprefix("/").partition("/")
        link = self.server.links.get(hashed(token)) if token else None
        if link is None:
            raise LinkRefused("unknown", 404)
        self.link, self._token = link, token
        return rest

    def _dispatch(self, place: str) -> None:
        reads = self.command in {"GET", "HEAD"}
        # The language stands in the address, so that a page can be sent on and reloaded as it is.
        if place == "" and reads:
            self._send(303, b"", _TEXT, ("Location", f"{self._base()}{self.language}/"))
        elif place in {"page.css", "page.js"} and reads:
            style = place == "page.css"
            self._send(200, STYLE if style else SCRIPT, f"text/{'css' if style else 'javascript'}; charset=utf-8")
        else:
            language, _, rest = place.partition("/")
            if language not in self.server.served.texts or "/" not in place:
                raise LinkRefused("unknown", 404)
            self.language = language
            self._in_language(rest)

    def _in_language(self, place: str) -> None:
        number = place.removeprefix("files/")
        match self.command, place:
            case "GET" | "HEAD", "":
                self._show()
            case "GET" | "HEAD", "receipt.txt":
                self._receipt()
            case "POST", "begin":
                self._begin()
            case "POST", "":
                self._form()
            case "OPTIONS", _:
                self._send(204, b"", _TEXT, ("Tus-Version", TUS), ("Tus-Extension", "creation,termination"))
            case "POST", "files":
                self._create()
            case (("HEAD" | "PATCH" | "DELETE"), _) if place != number and _COUNT.fullmatch(number):
                self._file(int(number))
            case _:
                raise LinkRefused("unknown", 404)

    # Pages

    def _show(self) -> None:
        link = self.link
        # The one browser that agreed sees its files; every other sees that the link is used, and nothing of what was
        # sent.
        if self._ours():
            self._page(200, "receipt" if link.state.finished else "files")
        elif link.state.session:
            raise LinkRefused("used" if link.state.finished else "in_use", 410 if link.state.finished else 409)
        elif link.over:
            raise LinkRefused("expired", 410)
        else:
            self._page(200, "consent")

    def _begin(self) -> None:
        if not 0 < self._left <= _LARGEST_FORM:
            raise LinkRefused("must_agree", 422)
        fields = parse_qs(self._body(self._left).decode("utf-8", "replace"), max_num_fields=8)
        # Agreeing is the first step, and the only one that binds a browser: nothing is uploaded before.
        texts = self.server.served.texts[self.language]
        if fields.get("agree") != ["yes"]:
            self._page(422, "consent", problem=texts["must_agree"])
            return
        contact, recipients = fields.get("contact", [""])[0].strip(), self.server.served.recipients
        contact_bytes = contact[:_LONGEST_TEXT].encode("utf-8", "replace")
        kept = sealed(contact_bytes, recipients) if contact and recipients else None
        consent = f"{texts['consent']} ({texts['consent_version']}, {self.language})"
        session = self.link.begin(self.language, consent, kept)
        cookie = f"hand-in={session}; Path={self._base()}; HttpOnly; SameSite=Lax"
        cookie += "; Secure" if self.server.served.secure else ""
        self._send(303, b"", _TEXT, ("Location", "./"), ("Set-Cookie", cookie))

    def _form(self) -> None:
        """Take the plain form: captions, files, and what is to be done."""
        self._demand_ours()
        if self._left > self.link.state.most_bytes + _LARGEST_REST:
            raise LinkRefused("too_many_bytes", 413)
        captions: dict[int, str] = {}
        fields: dict[str, str] = {}
        refused: LinkRefused | None = None
        # Files are stored as they stream in; captions and what is to be done with all of it are known only at the end.
        for event in form_events(self.headers.get("Content-Type", ""), self._pieces(), self._left, _LONGEST_TEXT):
            if isinstance(event, FormFile):
                try:
                    self._store(event)
                except LinkRefused as error:  # the rest of the form is read, so that the browser hears of it
                    refused = error
                except HashingError:
                    refused = LinkRefused("disk_full", 507)
            elif event.name.startswith("caption-") and _COUNT.fullmatch(event.name[8:]):
                captions[int(event.name[8:])] = event.text
            else:
                fields[event.name] = event.text
        self.link.describe(captions)
        if refused is not None:
            raise refused
        if _COUNT.fullmatch(fields.get("remove", "")):
            self.link.remove(int(fields["remove"]))
        elif fields.get("do") == "finish":
            self.link.finish()
        self._send(303, b"", _TEXT, ("Location", "./"))

    def _store(self, file: FormFile) -> None:
        upload = self.link.add(plain(file.name), -1, "")
        with self.link.arrival(upload, self._cut) as arrival:
            for piece in file.pieces:
                self.link.demand_below(len(piece))
                self.link.demand_room(len(piece))
                arrival.write(memoryview(piece))
            upload.size = arrival.offset

    def _receipt(self) -> None:
        self._demand_ours()
        if not self.link.state.finished:
            raise LinkRefused("unknown", 404)
        self._send(200, receipt(self.server.served.texts[self.language], self.link), _TEXT)

    # tus

    def _create(self) -> None:
        self._demand_ours()
        length = self.headers.get("Upload-Length", "")
        if not _COUNT.fullmatch(length):
            raise LinkRefused("not_understood", 400)
        # A name and a time, both the sender's claims; the file gets a name of our own.
        claims = dict(_metadata(self.headers.get("Upload-Metadata", "")))
        name = plain(claims.get("filename", "")) or "file"
        upload = self.link.add(name, int(length), plain(claims.get("changed", ""))[:40])
        if upload.size == 0:
            with self.link.arrival(upload, self._cut):
                pass
        place = f"{self._base()}{self.language}/files/{upload.number}"
        self._send(201, b"", _TEXT, ("Location", place))

    def _file(self, number: int) -> None:
        self._demand_ours()
        upload = self.link.upload(number)
        if self.command == "DELETE":
            self.link.remove(number)
            self._send(204, b"", _TEXT)
            return
        with self.link.arrival(upload, self._cut) as arrival:
            if self.command == "PATCH":
                # tus 1.0: a piece must begin where the file ends, so that a line that broke leaves neither gap nor
                # overlap.
                if self.headers.get("Upload-Offset") != str(arrival.offset):
                    raise LinkRefused("not_understood", 409)
                if self._left > max(upload.size, 0) - arrival.offset:
                    raise LinkRefused("too_many_bytes", 413)
                self.link.demand_room(self._left)
            for piece in self._pieces() if self.command == "PATCH" else ():
                self.link.demand_room(len(piece))
                arrival.write(piece)
        fields = [("Upload-Offset", str(arrival.offset)), ("Upload-Length", str(upload.size))]
        self._send(204 if self.command == "PATCH" else 200, b"", _TEXT, *fields)

    def _cut(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    # Answers

    def _ours(self) -> bool:
        cookie = _COOKIE.search(self.headers.get("Cookie", ""))
        return cookie is not None and self.link.holds(cookie[1])

    def _demand_ours(self) -> None:
        if not self._ours():
            state = self.link.state
            raise LinkRefused("used" if state.finished else "in_use" if state.session else "must_agree", 403)

    def _base(self) -> str:
        return f"{self.server.served.prefix}/{self._token}/"

    def _pieces(self) -> Iterator[memoryview]:
        """Yield the body as it comes. Raises ConnectionError where it ends too early."""
        buffer = memoryview(bytearray(min(_PIECE, max(self._left, 1))))
        while self._left:
            count = self.rfile.readinto1(buffer[: min(self._left, len(buffer))])
            if not count:
                raise ConnectionResetError
            self._left -= count
            yield buffer[:count]

    def _body(self, length: int) -> bytes:
        return b"".join(map(bytes, self._pieces())) if length else b""

    def _page(self, status: int, view: str, *, problem: str = "") -> None:
        contact = "yes" if self.server.served.recipients else ""
        made = page(self.server.served.texts, self.language, view, link=self.link, problem=problem, contact=contact)
        self._send(status, made, _HTML)

    def _tell(self, refused: LinkRefused) -> None:
        """Say what is refused: on the page, or in a line for the page's script."""
        texts = self.server.served.texts
        problem = texts[self.language][refused.text]
        script = "Tus-Resumable" in self.headers
        if script:
            made, kind = problem.encode(), _TEXT
        elif hasattr(self, "link") and self._ours() and not self.link.state.finished and refused.text != "expired":
            made, kind = page(texts, self.language, "files", link=self.link, problem=problem), _HTML
        else:
            made, kind = page(texts, self.language, "told", problem=problem), _HTML
        self._send(refused.status, made, kind)

    def _send(self, status: int, data: bytes, kind: str, *fields: tuple[str, str]) -> None:
        if self._left <= _LARGEST_REST:  # a browser that is still sending hears of nothing
            for _ in self._pieces():
                pass
        self.close_connection |= self._left > 0  # what was not read of the body is nobody's next request
        self.send_response_only(status)
        for name, value in (("Tus-Resumable", TUS), *_HEADERS, *fields):
            self.send_header(name, value)
        if status != 204:  # noqa: PLR2004 - No Content
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _metadata(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a sender claims of a file: `filename d29ybGQ=,changed …`."""
    for pair in text[:8192].split(",")[:10]:
        name, _, value = pair.strip().partition(" ")
        with suppress(NoBase64, ValueError):
            yield name, b64decode(value, validate=True).decode("utf-8", "replace")
