"""The heads of answers, as bytes."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    Headers = Iterable[tuple[str, str]]

HTML = "text/html; charset=utf-8"


def head(status: int, headers: Headers = (), *, version: str = "HTTP/1.1") -> bytes:
    """Return a status line and header lines, with the empty line that ends them."""
    lines = [f"{version} {status} {_reason(status)}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def whole(status: int, kind: str, body: bytes, headers: Headers = ()) -> bytes:
    """Return a complete answer with its right length; an empty `kind` leaves the Content-Type out."""
    told = [("Content-Type", kind)] if kind else []
    return head(status, [*told, ("Content-Length", str(len(body))), *headers]) + body


def small_answer(status: int, text: str, headers: Headers = (), *, close: bool = False) -> bytes:
    """Return a short answer in plain text."""
    return whole(status, "text/plain; charset=utf-8", text.encode(), [*headers, *([("Connection", "close")] * close)])


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Odd"
