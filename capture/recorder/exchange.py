"""One HTTP exchange while it goes on, and what is left of it when it has ended."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import msgspec

from capture.errors import NotFetched
from capture.recorder.address_guard import literal_address
from capture.recorder.address_kinds import is_public
from capture.recorder.incoming import HeadArrived, RequestSent
from capture.recorder.replaced_credentials import replace_credentials

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

    from capture.recorder.address_guard import AddressGuard
    from capture.recorder.incoming import Incoming
    from capture.recorder.settings import NetworkSettings
    from capture.recorder.stopping import Stop
    from hashing.case.events import Tls
    from hashing.warc.http_head import Framing, ResponseHead


class Peer(msgspec.Struct):
    """The other end of a connection."""

    ip: str = ""
    port: int = 0
    tls: Tls | None = None
    chain: tuple[bytes, ...] = ()  # The certificates in DER, as sent.


class RecorderContext(msgspec.Struct, frozen=True):
    """What all exchanges of one recorder share."""

    settings: NetworkSettings
    guard: AddressGuard
    tls_context: Callable[[], ssl.SSLContext]
    stop: Stop
    received: Callable[[int], None]  # Told of every number of bytes that arrives, for the progress display.


class ArrivedResponse(Protocol):
    """A response whose head has arrived and was read within bounds; its body may still be on its way."""

    framing: Framing

    def read_piece(self, buffer: memoryview) -> int:
        """Fill `buffer` with what one wait for the server brings; return how much, 0 at the body's end."""


@dataclass(slots=True)
class OpenExchange:
    """An exchange that goes on: what was sent, what has come, and the bounds on what may still come."""

    number: int
    ref: str
    url: str
    method: str
    started: str
    incoming: Incoming
    shared: RecorderContext
    # Whether a server at a public address named the URL, which may then not lead to a private one.
    named_by_public: bool = False
    proxy: str = ""
    peer: Peer = field(default_factory=Peer)
    request: bytearray = field(default_factory=bytearray)
    sent: bool = False
    head: bytes = b""
    replaced: tuple[str, ...] = ()
    # Everything that came, while it is small enough to be held; None once it is not.
    wire: bytearray | None = field(default_factory=bytearray)
    wire_size: int = 0
    answer: tuple[ResponseHead, Framing] | None = None  # What the head of the response says, once it has arrived.
    begun: float = field(default_factory=time.monotonic)
    _window_start: float = 0.0
    _window_bytes: int = 0

    def request_sent(self) -> None:
        """Note that the request is out. Credentials in it are replaced from here on."""
        clean, replaced = replace_credentials(bytes(self.request), cookies=self.shared.settings.has_secrets)
        self.request = bytearray(clean)
        self.replaced = replaced
        self.sent = True
        self.incoming.note(
            RequestSent(
                exchange=self.number,
                ref=self.ref,
                url=self.url,
                method=self.method,
                started=self.started,
                request=clean,
                ip=self.peer.ip,
                port=self.peer.port,
                proxy=self.proxy,
                tls=self.peer.tls,
                replaced=replaced,
            )
        )

    def head_arrived(self, head: ResponseHead, framing: Framing, start: int, end: int) -> None:
        """Note the response's head: the bytes from `start` to `end` of what has come."""
        self.answer = head, framing
        wire = self.wire if self.wire is not None else bytearray()
        raw = bytes(wire[start:end])
        self.head, replaced = replace_credentials(raw, cookies=self.shared.settings.has_secrets)
        self.replaced = tuple(dict.fromkeys((*self.replaced, *replaced)))
        wire[:end] = self.head  # an interim answer (1xx) before it is not part of the response
        length = framing.length
        if length is not None and length > self.shared.settings.largest_held:
            self.wire = None
        self.incoming.note(
            HeadArrived(
                status=head.status,
                head=self.head,
                length=-1 if length is None else length,
                chunked=framing.chunked,
                content_type=head.field("Content-Type"),
                content_encoding=head.field("Content-Encoding"),
            )
        )

    def before_read(self) -> None:
        """Refuse to wait for more where the capture stops or the server is too slow. Raises Stopped, NotFetched."""
        settings, now = self.shared.settings, time.monotonic()
        self.shared.stop.check()
        if self.answer is None and now - self.begun > settings.timeout:
            raise NotFetched(f"no complete answer within {settings.timeout:g} s", again=True)
        if now - self.begun > settings.deadline:
            raise NotFetched(f"not at its end after {settings.deadline:g} s")
        span = now - (self._window_start or self.begun)
        if span >= settings.timeout:
            if self._window_bytes < settings.lowest_rate * span:
                raise NotFetched(f"too slow: {self._window_bytes} bytes in {span:.0f} s")
            self._window_start, self._window_bytes = now, 0

    def after_read(self, piece: memoryview) -> None:
        """Keep what came off the wire, while it is small enough. Raises NotFetched where it is too much."""
        self.wire_size += len(piece)
        self._window_bytes += len(piece)
        if self.wire is not None:
            self.wire += piece
            if self.answer is not None and len(self.wire) > self.shared.settings.largest_held + len(self.head):
                self.wire = None
        self.shared.received(len(piece))


class EndedExchange(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange that has ended, with its body on disk.

    `size` and `sha256` are of the body as served; `cut` says why it is not whole, or is "". `sample` is the body's
    first bytes. `body` is the file that holds it. `wire` is the response as it came, behind a head from which
    credentials are taken; None where it was too large to be held.
    """

    number: int
    ref: str
    url: str
    method: str
    started: str
    seconds: float
    peer: Peer
    proxy: str
    status: int
    phrase: str
    headers: dict[str, str]
    replaced: tuple[str, ...]
    size: int
    sha256: str
    sample: bytes
    cut: str
    close_delimited: bool
    chunked: bool
    answered: bool  # Whether anything came, be it HTTP or not.
    request: bytes
    head: bytes
    wire: bytes | bytearray | None
    incoming: Incoming
    recorded: str = ""  # How it was recorded, where it was not by this recorder off the wire.

    @property
    def held(self) -> bool:
        """Whether the response can stand in the WARC as it came."""
        return self.wire is not None

    @property
    def public(self) -> bool:
        """Whether the server stands at a public address; behind a proxy, as far as its name tells."""
        if not self.proxy:
            return is_public(self.peer.ip)
        address = literal_address(urlsplit(self.url).hostname or "")
        return not address or is_public(address)

    @property
    def body(self) -> Path:
        """The file that holds the body."""
        return self.incoming.body

    def header(self, name: str) -> str:
        """Return a field of the response's head, or ""; a field that came twice is joined with a comma."""
        return self.headers.get(name.lower(), "")
