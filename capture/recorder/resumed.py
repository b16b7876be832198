"""An exchange whose process died, put together again from its journal and its body's file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from capture.recorder.exchange import Arrival, Peer
from capture.recorder.settings import NetworkSettings
from capture.recorder.warc_records import request_record, response_record
from hashing.files.storage import read_error
from hashing.warc.record import new_record_id

if TYPE_CHECKING:
    from pathlib import Path

    from capture.recorder.incoming import HeadArrived, Incoming, RequestSent

DIED = "the process that captured it died"

_SAMPLE = 4096
_PIECE = 1 << 20


def resumed_arrival(incoming: Incoming, sent: RequestSent, head: HeadArrived | None) -> Arrival:
    """Return what the process that died had in memory, as far as its files tell. Raises Unreadable."""
    size, sha256, sample = (
        digest_of(incoming.body) if incoming.body.exists() else (0, hashlib.sha256().hexdigest(), b"")
    )
    whole = head is not None and head.length == size and not head.chunked
    cut = "" if whole else f"{DIED} when {size} bytes of it had arrived"
    peer = Peer(ip=sent.ip, port=sent.port, tls=sent.tls)
    # The framing of a chunked body is gone with the process: the body then stands in its item file alone.
    in_warc = head is not None and not head.chunked and size <= NetworkSettings().in_memory
    response_id, request_id = new_record_id(), new_record_id()
    record, response_sha256 = b"", ""
    if head is not None:
        record, response_sha256 = response_record(
            response_id,
            url=sent.url,
            date=sent.started,
            peer=peer,
            head=head.head,
            rest=incoming.body.read_bytes() if in_warc and size else (b"" if in_warc else None),
            payload_sha256=sha256 if in_warc else "",
            content_type=head.content_type,
            cut=bool(cut),
        )
    request, request_sha256 = request_record(
        request_id,
        url=sent.url,
        date=sent.started,
        peer=peer,
        request=sent.request,
        response_id=response_id if record else "",
    )
    headers = {"content-type": head.content_type, "content-encoding": head.content_encoding} if head else {}
    return Arrival(
        number=sent.exchange,
        ref=sent.ref,
        url=sent.url,
        method=sent.method,
        started=sent.started,
        seconds=0.0,
        peer=peer,
        proxy=sent.proxy,
        status=head.status if head is not None else 0,
        phrase="",
        headers=headers,
        replaced=sent.replaced,
        size=size,
        sha256=sha256,
        sample=sample,
        cut=cut,
        close_delimited=head is not None and head.length < 0 and not head.chunked,
        in_warc=in_warc,
        incoming=incoming,
        response_record=record,
        request_record=request,
        response_id=response_id,
        request_id=request_id,
        response_sha256=response_sha256,
        request_sha256=request_sha256,
    )


def digest_of(path: Path) -> tuple[int, str, bytes]:
    """Return a file's size, SHA-256 in hexadecimal, and first bytes. Raises Unreadable."""
    digest, size, sample = hashlib.sha256(), 0, b""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                sample = sample or piece[:_SAMPLE]
                digest.update(piece)
                size += len(piece)
    except OSError as error:
        raise read_error(path, error) from error
    return size, digest.hexdigest(), sample
