"""An exchange as WARC records.

The response's block is what came over the wire, chunk framing included (WARC/1.1 section 6.3). A payload digest is
stated where the payload stands in the block as it is; where it does not (chunks, or a body too large for the WARC),
the ledger alone states the body's digest, because readers disagree on what such a field would mean.
"""

from __future__ import annotations

import base64
import textwrap
from typing import TYPE_CHECKING

from hashing.warc.record import DEFLATED, STORED, block_digest, encode_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capture.recorder.exchange import Peer

_TEXT = ("text/", "application/json", "application/xml", "application/javascript", "image/svg")
_DISCONNECTED, _LENGTH = "disconnect", "length"


def response_record(
    record_id: str,
    *,
    url: str,
    date: str,
    peer: Peer,
    head: bytes,
    rest: bytes | bytearray | memoryview | None,
    payload_sha256: str,
    content_type: str,
    cut: bool,
) -> tuple[bytes, str]:
    """Return the response's record and its block's SHA-256. `rest` None: the body is too large for the WARC."""
    fields = _common("response" if head else "resource", record_id, url, date, peer)
    # What is not HTTP at all cannot stand in a response record; it is kept as the bytes that it is.
    fields.append(("Content-Type", "application/http; msgtype=response" if head else "application/octet-stream"))
    if rest is None:
        fields.append(("WARC-Truncated", _LENGTH))
    elif cut:
        fields.append(("WARC-Truncated", _DISCONNECTED))
    if payload_sha256 and rest is not None:
        fields.append(("WARC-Payload-Digest", f"sha256:{payload_sha256}"))
    block = [head, rest if rest is not None else b""]
    sha256 = block_digest(block)
    level = DEFLATED if rest is None or content_type.startswith(_TEXT) else STORED
    return encode_record(fields, block, level, sha256=sha256), sha256


def request_record(
    record_id: str, *, url: str, date: str, peer: Peer, request: bytes, response_id: str
) -> tuple[bytes, str]:
    """Return the request's record and its block's SHA-256."""
    fields = _common("request", record_id, url, date, peer)
    fields.append(("Content-Type", "application/http; msgtype=request"))
    if response_id:
        fields.append(("WARC-Concurrent-To", response_id))
    sha256 = block_digest([request])
    return encode_record(fields, [request], sha256=sha256), sha256


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


def _common(kind: str, record_id: str, url: str, date: str, peer: Peer) -> list[tuple[str, str]]:
    fields = [("WARC-Type", kind), ("WARC-Record-ID", record_id), ("WARC-Date", date), ("WARC-Target-URI", url)]
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
