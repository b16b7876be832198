"""An exchange as WARC records.

The body of an item stands in the item's file and nowhere else: the response's record then ends after the head, and
names the file and its digest in two fields of our own, which other readers pass over. Where a body becomes no item, the
block is what came over the wire, chunk framing included (WARC/1.1 section 6.3). A payload digest is stated where the
payload stands in the block as it is; where it does not, readers disagree on what such a field would mean.
"""

from __future__ import annotations

import base64
import textwrap
import threading
from typing import TYPE_CHECKING

import msgspec

from hashing.warc.record import (
    BODY_DIGEST,
    BODY_FILE,
    DEFLATED,
    RECORDED,
    STORED,
    block_digest,
    encode_record,
    new_record_id,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capture.recorder.exchange import EndedExchange

_TEXT = ("text/", "application/json", "application/xml", "application/javascript", "image/svg")
_DISCONNECTED, _LENGTH, _ELSEWHERE = "disconnect", "length", "unspecified"
_SWITCHING = 101  # What follows such a head is no payload of it: a WebSocket's frames, as a rule.
_ENCODING = threading.Lock()  # One exchange is encoded at a time: that takes as much memory again as its response.


class EncodedRecord(msgspec.Struct, frozen=True):
    """A record ready to be written; `block_sha256` is of its block."""

    data: bytes
    id: str
    block_sha256: str


class ExchangeRecords(msgspec.Struct, frozen=True):
    """The records of an exchange; `response` is None where nothing came."""

    request: EncodedRecord
    response: EncodedRecord | None

    @property
    def size(self) -> int:
        """Bytes of both."""
        return len(self.request.data) + (len(self.response.data) if self.response is not None else 0)


def exchange_records(exchange: EndedExchange, body_file: str = "") -> ExchangeRecords:
    """Encode an exchange. `body_file` is the item file that has the response's body, within the capture, if one has."""
    with _ENCODING:
        response = _response_record(exchange, body_file) if exchange.answered else None
        return ExchangeRecords(_request_record(exchange, response), response)


def _response_record(exchange: EndedExchange, body_file: str) -> EncodedRecord:
    # What is not HTTP at all cannot stand in a response record; it is kept as the bytes that it is.
    kind, content = "response", "application/http; msgtype=response"
    if not exchange.head:
        kind, content = "resource", "application/octet-stream"
    fields = _common(kind, record_id := new_record_id(), exchange)
    fields.append(("Content-Type", content))
    level = DEFLATED
    block: list[bytes | memoryview] = [exchange.head]
    if body_file:
        fields.append(("WARC-Truncated", _DISCONNECTED if exchange.cut else _ELSEWHERE))
        fields += [(BODY_FILE, body_file), (BODY_DIGEST, f"sha256:{exchange.sha256}")]
    elif exchange.wire is None:
        fields.append(("WARC-Truncated", _LENGTH))
    else:
        rest = memoryview(exchange.wire)[len(exchange.head) :]
        if exchange.cut:
            fields.append(("WARC-Truncated", _DISCONNECTED))
        plain = exchange.head and not exchange.chunked and exchange.status != _SWITCHING
        if plain and len(rest) == exchange.size:
            fields.append(("WARC-Payload-Digest", f"sha256:{exchange.sha256}"))
        level = DEFLATED if exchange.header("content-type").startswith(_TEXT) else STORED
        block.append(rest)
    sha256 = block_digest(block)
    return EncodedRecord(encode_record(fields, block, level, sha256=sha256), record_id, sha256)


def _request_record(exchange: EndedExchange, response: EncodedRecord | None) -> EncodedRecord:
    fields = _common("request", record_id := new_record_id(), exchange)
    fields.append(("Content-Type", "application/http; msgtype=request"))
    if response is not None:
        fields.append(("WARC-Concurrent-To", response.id))
    sha256 = block_digest([exchange.request])
    return EncodedRecord(encode_record(fields, [exchange.request], sha256=sha256), record_id, sha256)


def chain_record(record_id: str, *, url: str, date: str, chain: Sequence[bytes]) -> bytes:
    """Return the record of a certificate chain as the server sent it, in PEM."""
    pem = "".join(_pem(certificate) for certificate in chain)
    fields = [
        ("WARC-Type", "metadata"),
        ("WARC-Record-ID", record_id),
        ("WARC-Date", date),
        ("WARC-Target-URI", url),
        ("Content-Type", "application/pem-certificate-chain"),
    ]
    return encode_record(fields, [pem.encode()])


def info_record(record_id: str, *, date: str, filename: str, software: str, description: str) -> bytes:
    """Return the record that opens a WARC file."""
    lines = {
        "software": software,
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "description": description,
    }
    block = "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in lines.items())
    fields = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", record_id),
        ("WARC-Date", date),
        ("WARC-Filename", filename),
        ("Content-Type", "application/warc-fields"),
    ]
    return encode_record(fields, [block.encode()])


def _common(kind: str, record_id: str, exchange: EndedExchange) -> list[tuple[str, str]]:
    peer = exchange.peer
    fields = [("WARC-Type", kind), ("WARC-Record-ID", record_id)]
    fields += [("WARC-Date", exchange.started), ("WARC-Target-URI", exchange.url)]
    if exchange.recorded:
        fields.append((RECORDED, exchange.recorded))
    if peer.ip:
        fields.append(("WARC-IP-Address", peer.ip))
    if peer.tls is not None:
        fields += [
            ("WARC-Protocol", peer.tls.version.lower().replace("v", "/")),
            ("WARC-Cipher-Suite", peer.tls.cipher),
        ]
    return fields


def _pem(certificate: bytes) -> str:
    text = "\n".join(textwrap.wrap(base64.b64encode(certificate).decode(), 64))
    return f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
