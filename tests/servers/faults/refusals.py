"""Status codes that are not 200: too many requests, out of order, not found, not allowed."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING

from tests.servers.faults.content import filler
from tests.servers.faults.fault import Ask, Faults, Serve
from tests.servers.head import HTML, whole

if TYPE_CHECKING:
    from tests.servers.connection import Connection
    from tests.servers.head import Headers

REFUSALS = Faults()


def _error_page(status: int, headers: Headers = ()) -> bytes:
    text = (
        f"<!doctype html><title>Error {status}</title><h1>{status}</h1><p>This page is not the one you asked for.</p>"
    )
    return whole(status, HTML, text.encode(), headers)


def _good(ask: Ask) -> bytes:
    return whole(200, ask.type, filler(1000))


@REFUSALS.at("/429-seconds")
def in_a_second(connection: Connection, ask: Ask) -> None:
    """Answer 429 with Retry-After: 1 at first, 200 with 1,000 bytes from the second request on."""
    connection.send(_error_page(429, [("Retry-After", "1")]) if ask.times == 1 else _good(ask))


@REFUSALS.at("/429-date")
def at_a_date(connection: Connection, ask: Ask) -> None:
    """Answer 429 with Retry-After as a date, 0.5 to 1.5 s ahead, at first; 200 with 1,000 bytes from then on."""
    whole_second = int(time.time() + 1.5)  # an HTTP date has no fractions
    retry = ("Retry-After", formatdate(whole_second, usegmt=True))
    connection.send(_error_page(429, [retry]) if ask.times == 1 else _good(ask))


@REFUSALS.at("/429-forever")
def for_ever(connection: Connection, ask: Ask) -> None:
    """Answer 429 to every request, with Retry-After: 1 or what `?after=` says."""
    connection.send(_error_page(429, [("Retry-After", ask.text("after", "1").replace("\r", "").replace("\n", ""))]))


@REFUSALS.at("/503-then-200")
def out_of_order(connection: Connection, ask: Ask) -> None:
    """Answer 503 without Retry-After at first, 200 with 1,000 bytes from the second request on."""
    connection.send(_error_page(503) if ask.times == 1 else _good(ask))


def _always(status: int) -> Serve:
    def serve(connection: Connection, _: Ask) -> None:
        connection.send(_error_page(status))

    serve.__doc__ = f"Answer {status} with an HTML error page."
    return serve


for _status in (401, 403, 404, 410, 451, 500, 503):
    REFUSALS.at(f"/{_status}")(_always(_status))
