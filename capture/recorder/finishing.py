"""An exchange that has ended becomes an arrival: its facts gathered, its records made."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from capture.recorder.exchange import Arrival, OpenExchange
from capture.recorder.warc_records import request_record, response_record
from hashing.warc.record import new_record_id

if TYPE_CHECKING:
    from capture.recorder.body import BodyRead

_EMPTY = hashlib.sha256().hexdigest()


def finish(exchange: OpenExchange, body: BodyRead | None, cut: str) -> Arrival:
    """Return the arrival of an exchange; `cut` says why it is not whole, or is "".

    Hashing and packing are done here, in the thread that fetched, so that the one thread that writes only writes.
    """
    response = exchange.response
    size, sha256, sample = (body.size, body.sha256, body.sample) if body is not None else (0, _EMPTY, b"")
    wire, head = exchange.wire, exchange.head
    rest = memoryview(wire)[len(head) :] if wire is not None else None
    plain = response is not None and not response.chunked and rest is not None and len(rest) == size
    headers = _headers(exchange)
    response_id, request_id = new_record_id(), new_record_id()
    record, response_sha256 = b"", ""
    if exchange.wire_size:
        record, response_sha256 = response_record(
            response_id,
            url=exchange.url,
            date=exchange.started,
            peer=exchange.peer,
            head=head,
            rest=rest,
            payload_sha256=sha256 if plain and head else "",
            content_type=headers.get("content-type", ""),
            cut=bool(cut),
        )
    request, request_sha256 = request_record(
        request_id,
        url=exchange.url,
        date=exchange.started,
        peer=exchange.peer,
        request=bytes(exchange.request),
        response_id=response_id if record else "",
    )
    return Arrival(
        number=exchange.number,
        ref=exchange.ref,
        url=exchange.url,
        method=exchange.method,
        started=exchange.started,
        seconds=round(time.monotonic() - exchange.begun, 6),
        peer=exchange.peer,
        proxy=exchange.proxy,
        status=response.status if response is not None else 0,
        phrase=(response.reason or "")[:100] if response is not None else "",
        headers=headers,
        replaced=exchange.replaced,
        size=size,
        sha256=sha256,
        sample=sample,
        cut=cut,
        close_delimited=response is not None and not response.framing.chunked and response.framing.length is None,
        in_warc=rest is not None,
        incoming=exchange.incoming,
        response_record=record,
        request_record=request,
        response_id=response_id,
        request_id=request_id,
        response_sha256=response_sha256,
        request_sha256=request_sha256,
    )


def _headers(exchange: OpenExchange) -> dict[str, str]:
    if exchange.response is None:
        return {}
    fields: dict[str, str] = {}
    for name, value in exchange.response.head.fields:
        key = name.lower()
        fields[key] = f"{fields[key]}, {value}" if key in fields else value
    return fields
