"""An exchange that has ended: its facts gathered."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from capture.recorder.exchange import EndedExchange, OpenExchange
from hashing.warc.http_head import Framing

if TYPE_CHECKING:
    from capture.recorder.body import BodyRead

_EMPTY = hashlib.sha256().hexdigest()


def ended_exchange(exchange: OpenExchange, body: BodyRead | None, cut: str) -> EndedExchange:
    """Return an exchange with all that came; `cut` says why that is not whole, or is ""."""
    head, framing = exchange.answer or (None, Framing())
    size, sha256, sample = (body.size, body.sha256, body.sample) if body is not None else (0, _EMPTY, b"")
    return EndedExchange(
        number=exchange.number,
        ref=exchange.ref,
        url=exchange.url,
        method=exchange.method,
        started=exchange.started,
        seconds=round(time.monotonic() - exchange.begun, 6),
        peer=exchange.peer,
        proxy=exchange.proxy,
        status=head.status if head is not None else 0,
        phrase=head.reason[:100] if head is not None else "",
        headers=_headers(exchange),
        replaced=exchange.replaced,
        size=size,
        sha256=sha256,
        sample=sample,
        cut=cut,
        close_delimited=head is not None and not framing.chunked and framing.length is None,
        chunked=framing.chunked,
        answered=exchange.wire_size > 0,
        request=bytes(exchange.request),
        head=exchange.head,
        wire=exchange.wire,
        incoming=exchange.incoming,
    )


def _headers(exchange: OpenExchange) -> dict[str, str]:
    if exchange.answer is None:
        return {}
    fields: dict[str, str] = {}
    for name, value in exchange.answer[0].fields:
        key = name.lower()
        fields[key] = f"{fields[key]}, {value}" if key in fields else value
    return fields
