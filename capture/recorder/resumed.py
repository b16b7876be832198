"""An exchange whose process died, put together again from its journal and its body's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.recorder.exchange import Arrival, Peer
from capture.recorder.settings import NetworkSettings
from capture.recorder.warc_records import request_record, response_record
from hashing.warc.record import new_record_id

if TYPE_CHECKING:
    from capture.recorder.incoming import HeadArrived, Incoming, RequestSent

DIED = "the process that captured it died"


def resumed_arrival(incoming: Incoming, sent: RequestSent, head: HeadArrived | None) -> Arrival:
    """Return what the process that died had in memory, as far as its files tell.

    What this capture did not write is set aside before. Raises Unreadable.
    """
    size, sha256, sample = incoming.arrived()
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
            rest=incoming.body_bytes() if in_warc else None,
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
