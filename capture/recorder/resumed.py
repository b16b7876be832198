"""An exchange whose process died, put together again from its journal and its body's file."""

from __future__ import annotations

from capture.recorder.exchange import EndedExchange, Peer
from capture.recorder.incoming import HeadArrived, Incoming, RequestSent
from capture.recorder.settings import NetworkSettings

DIED = "the process that captured it died"


def resumed_exchange(incoming: Incoming, sent: RequestSent, head: HeadArrived | None) -> EndedExchange:
    """Return what the process that died had in memory, as far as its files tell.

    What this capture did not write is set aside before. Raises Unreadable.
    """
    size, sha256, sample = incoming.arrived()
    whole = head is not None and head.length == size and not head.chunked
    cut = "" if whole else f"{DIED} when {size} bytes of it had arrived"
    peer = Peer(ip=sent.ip, port=sent.port, tls=sent.tls)
    # The framing of a chunked body is gone with the process: the body then stands in an item file.
    held = head is not None and not head.chunked and size <= NetworkSettings().largest_in_warc
    headers = {"content-type": head.content_type, "content-encoding": head.content_encoding} if head else {}
    return EndedExchange(
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
        chunked=head is not None and head.chunked,
        answered=head is not None,
        request=sent.request,
        head=head.head if head is not None else b"",
        wire=head.head + incoming.body_bytes() if head is not None and held else None,
        incoming=incoming,
        recorded=sent.recorded,
    )
