"""The exchanges of the browser on their way to the ledger: on disk as they arrive, credentials replaced before that.

They go the way of the recorder's own: a body to a file beside a journal of what it is, both authenticated, so that
whatever had arrived is kept if this process dies. Cookies and authorizations are the user's or the browser's own, and
their values are written nowhere.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from capture.browser.guard import Reached
from capture.browser.logged import LoggedConnection, LoggedExchange
from capture.recorder.body import BodyFile
from capture.recorder.exchange import EndedExchange, Peer
from capture.recorder.incoming import HeadArrived, Incoming, RequestSent
from capture.recorder.recorder import without_credentials
from capture.recorder.replaced_credentials import replace_credentials
from capture.recorder.settings import NetworkSettings
from hashing.case.events import Tls
from hashing.errors import BadFormat
from hashing.ledger.mac import Mac
from hashing.times import time_text
from hashing.warc.http_head import parse_head

# Bytes of answers that are held for the WARC while they arrive, all together; what is more becomes an item's file.
_MOST_HELD = 64 << 20
_EMPTY = hashlib.sha256().hexdigest()
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_SUITES = {
    0x1301: "TLS_AES_128_GCM_SHA256", 0x1302: "TLS_AES_256_GCM_SHA384", 0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0xC02B: "ECDHE-ECDSA-AES128-GCM-SHA256", 0xC02F: "ECDHE-RSA-AES128-GCM-SHA256",
    0xC02C: "ECDHE-ECDSA-AES256-GCM-SHA384", 0xC030: "ECDHE-RSA-AES256-GCM-SHA384",
    0xCCA9: "ECDHE-ECDSA-CHACHA20-POLY1305", 0xCCA8: "ECDHE-RSA-CHACHA20-POLY1305",
    0xC013: "ECDHE-RSA-AES128-SHA", 0xC014: "ECDHE-RSA-AES256-SHA",
    0x009C: "AES128-GCM-SHA256", 0x009D: "AES256-GCM-SHA384", 0x002F: "AES128-SHA", 0x0035: "AES256-SHA",
}  # fmt: skip
"""What OpenSSL, and so our own recorder, calls the cipher suites that Chromium offers."""


@dataclass(slots=True)
class _Kept:
    """One exchange that goes on."""

    number: int
    incoming: Incoming
    body: BodyFile | None  # Opened with the first byte.
    wire: bytearray | None
    head: bytes
    replaced: tuple[str, ...]


class Keeping:
    """Keeps exchanges in the folder `incoming`; each that has ended is given to `ended`. For one thread.

    `where` says where a connection of the browser led, by the browser's own port.
    """

    def __init__(
        self,
        incoming: Path,
        network: NetworkSettings,
        *,
        mac: Mac,
        root: Path | None,
        ref: str,
        next_number: Callable[[], int],
        where: Callable[[int], Reached | None],
        ended: Callable[[EndedExchange], None],
        received: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._folder = incoming
        self._network = network
        self._mac, self._root, self._ref = mac, root, ref
        self._next_number, self._where, self._ended, self._received = next_number, where, ended, received
        self._open: dict[int, _Kept] = {}
        self._held = 0
        self._chains: dict[tuple[str, ...], tuple[bytes, ...]] = {}
        self.exchanges = self.cut = 0

    def head_arrived(self, exchange: LoggedExchange) -> None:
        """Begin to keep an exchange. Raises StorageFull, Unwritable."""
        kept = self._begin(exchange)
        content = _fields(kept.head)
        kept.incoming.note(
            HeadArrived(
                status=exchange.status,
                head=kept.head,
                length=-1 if exchange.length is None else exchange.length,
                chunked=exchange.chunked,
                content_type=content.get("content-type", ""),
                content_encoding=content.get("content-encoding", ""),
            )
        )

    def body_arrived(self, exchange: LoggedExchange, raw: bytes, payload: bytes) -> None:
        """Keep what came of a body. Raises StorageFull, Unwritable."""
        kept = self._open.get(id(exchange))
        if kept is None:
            return
        self._received(len(raw))
        if payload:
            kept.body = kept.body or BodyFile(kept.incoming, kept.incoming.open_body())
            kept.body.store(memoryview(payload))
            if kept.body.problem is not None:
                raise kept.body.problem
        if kept.wire is None:
            return
        kept.wire += raw
        self._held += len(raw)
        if len(kept.wire) - len(kept.head) > self._network.largest_in_warc or self._held > _MOST_HELD:
            self._held -= len(kept.wire) - len(kept.head)
            kept.wire = None

    def exchange_ended(self, exchange: LoggedExchange) -> None:
        """Hand an exchange on. Raises StorageFull, Unwritable."""
        kept = self._open.pop(id(exchange), None) or self._begin(exchange)
        self._open.pop(id(exchange), None)
        kept.incoming.close_body()
        if kept.wire is not None:
            self._held -= len(kept.wire) - len(kept.head)
        self.exchanges += 1
        body, cut = kept.body, exchange.cut
        size = body.size if body is not None else 0
        if cut and exchange.answered:
            cut = f"{cut}: {size:,} bytes of the body are here"
        elif not exchange.answered:
            cut = cut or "no answer came"
        self.cut += bool(cut)
        request, replaced = replace_credentials(bytes(exchange.request), cookies=True)
        self._ended(
            EndedExchange(
                number=kept.number,
                ref=self._ref,
                url=exchange.url,
                method=exchange.method,
                started=_text(exchange.begun),
                seconds=max(exchange.ended - exchange.begun, 0) / 1000,
                peer=self._peer(exchange.connection),
                proxy=without_credentials(self._network.proxy),
                status=exchange.status,
                phrase="",
                headers=_fields(kept.head),
                replaced=tuple(dict.fromkeys((*kept.replaced, *replaced))),
                size=size,
                sha256=body.sha256() if body is not None else _EMPTY,
                sample=body.sample if body is not None else b"",
                cut=cut,
                close_delimited=exchange.answered and not exchange.chunked and exchange.length is None,
                chunked=exchange.chunked,
                answered=exchange.answered,
                request=request,
                head=kept.head,
                wire=kept.wire,
                incoming=kept.incoming,
                recorded=exchange.recorded,
            )
        )

    def _begin(self, exchange: LoggedExchange) -> _Kept:
        number = self._next_number()
        incoming = Incoming(self._folder, number, self._mac, root=self._root)
        request, replaced = replace_credentials(bytes(exchange.request), cookies=True)
        head, of_answer = replace_credentials(exchange.head, cookies=True) if exchange.head else (b"", ())
        peer = self._peer(exchange.connection)
        incoming.note(
            RequestSent(
                exchange=number,
                ref=self._ref,
                url=exchange.url,
                method=exchange.method,
                started=_text(exchange.begun),
                request=request,
                ip=peer.ip,
                port=peer.port,
                proxy=without_credentials(self._network.proxy),
                tls=peer.tls,
                replaced=(*replaced, *of_answer),
                recorded=exchange.recorded,
            )
        )
        kept = _Kept(number, incoming, None, bytearray(head), head, (*replaced, *of_answer))
        self._open[id(exchange)] = kept
        return kept

    def _peer(self, connection: LoggedConnection) -> Peer:
        reached = self._where(connection.local_port)
        peer = Peer(ip=reached.ip, port=reached.remote_port) if reached is not None else Peer()
        if connection.encrypted:
            peer.chain = self._certificates(connection.chain)
            suite = connection.cipher_suite
            peer.tls = Tls(
                version=connection.tls_version.replace("TLS ", "TLSv"),
                cipher=_SUITES.get(suite, f"0x{suite:04X}"),
                verified=not self._network.insecure,
                chain=tuple(hashlib.sha256(certificate).hexdigest() for certificate in peer.chain),
            )
        return peer

    def _certificates(self, chain: tuple[str, ...]) -> tuple[bytes, ...]:
        """Return a chain in DER; each is decoded once."""
        if chain not in self._chains:
            found = [match[1] for pem in chain for match in _PEM.finditer(pem)]
            self._chains[chain] = tuple(binascii.a2b_base64(each) for each in found)
        return self._chains[chain]


def _fields(head: bytes) -> dict[str, str]:
    """Return the fields of a head by their names in lower case; several of one name are joined."""
    found: dict[str, str] = {}
    try:
        fields = parse_head(head).fields if head else ()
    except BadFormat:
        return found
    for name, value in fields:
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _text(milliseconds: int) -> str:
    return time_text(datetime.fromtimestamp(milliseconds / 1000, UTC))
