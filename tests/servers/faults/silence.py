"""Servers that are slow, fall silent, or hang up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.servers.faults.content import filler
from tests.servers.faults.fault import Ask, Faults
from tests.servers.head import head, whole

if TYPE_CHECKING:
    from tests.servers.connection import Connection

SILENCE = Faults()


def _drip(connection: Connection, data: bytes, every: float) -> None:
    for at in range(len(data)):
        connection.send(data[at : at + 1])
        connection.wait(every)


@SILENCE.at("/drip")
def drip(connection: Connection, ask: Ask) -> None:
    """Promise 1,000 bytes and send one every 0.2 s (or `?every=`)."""
    connection.send(head(200, [("Content-Type", ask.type), ("Content-Length", "1000")]))
    _drip(connection, filler(1000), ask.number("every", 0.2))


@SILENCE.at("/drip-head")
def drip_head(connection: Connection, ask: Ask) -> None:
    """Send the head (some 500 bytes) a byte every 0.2 s (or `?every=`), then 10 bytes of body at once."""
    headers = [("Content-Type", ask.type), ("X-Patience", "z" * 400), ("Content-Length", "10")]
    _drip(connection, head(200, headers), ask.number("every", 0.2))
    connection.send(filler(10))


@SILENCE.at("/stall")
def stall(connection: Connection, ask: Ask) -> None:
    """Promise 1,000,000 bytes, send 200,000, then nothing more, and stay."""
    connection.send(head(200, [("Content-Type", ask.type), ("Content-Length", "1000000")]) + filler(200_000))
    connection.wait(None)


@SILENCE.at("/stall-head")
def stall_head(connection: Connection, _: Ask) -> None:
    """Take the request, send nothing, and stay."""
    connection.wait(None)


@SILENCE.at("/reset")
def reset(connection: Connection, ask: Ask) -> None:
    """Promise 1,000,000 bytes, send 20,000, and reset the connection (RST) 50 ms later."""
    connection.send(head(200, [("Content-Type", ask.type), ("Content-Length", "1000000")]) + filler(20_000))
    connection.wait(0.05)  # so that what was sent is with the client, and not thrown away here
    connection.reset()


@SILENCE.at("/reset-at-once")
def reset_at_once(connection: Connection, _: Ask) -> None:
    """Take the request and reset the connection (RST) before any byte."""
    connection.reset()


@SILENCE.at("/no-answer")
def no_answer(connection: Connection, _: Ask) -> None:
    """Take the request and close the connection before any byte."""
    connection.close()


@SILENCE.at("/early-close-keepalive")
def early_close(connection: Connection, ask: Ask) -> None:
    """Answer whole with Connection: keep-alive; cut off the next request on it, unanswered."""
    connection.doomed = True
    connection.send(whole(200, ask.type, filler(1000), [("Connection", "keep-alive")]))
