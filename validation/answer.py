"""What the server of a known scene answers at one address."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """A fixed response: status, content type, body; more headers where it has them.

    `declared` is the Content-Length of a server that lies about its body; None of one that does not.
    """

    body: bytes
    kind: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    declared: int | None = None
