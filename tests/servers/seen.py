"""What a client sent: one request, parsed just far enough to be answered, with its exact bytes."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_HEAD = 1 << 20
LARGEST_BODY = 64 << 20
END_OF_HEAD = b"\r\n\r\n"


class BadRequestError(Exception):
    """A client's mistake: what it sent is not an HTTP/1 request that these servers read."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One request. `path` is the target as sent, query included; `when` is `time.monotonic()` at its head's end."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    raw: bytes
    peer: tuple[str, int]
    when: float

    def header(self, name: str) -> str:
        """Return the values of a header, joined by commas; empty where the client did not send it."""
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())

    @property
    def body(self) -> bytes:
        """What followed the head."""
        return self.raw.partition(END_OF_HEAD)[2]

    @property
    def keeps_alive(self) -> bool:
        """Whether the client wants to go on with the connection (RFC 9112, section 9.3)."""
        options = [option.strip() for option in self.header("Connection").lower().split(",")]
        if self.raw.partition(b"\r\n")[0].endswith(b"HTTP/1.0"):
            return "keep-alive" in options
        return "close" not in options


def parse_head(head: bytes, peer: tuple[str, int], when: float) -> Seen:
    """Parse a request's head, its empty line included. Raises BadRequestError."""
    first, *lines = head.removesuffix(END_OF_HEAD).decode("latin-1").split("\r\n")
    try:
        method, path, version = first.split(" ")
    except ValueError as error:
        raise BadRequestError(f"not a request line: {first[:80]!r}") from error
    if version not in {"HTTP/1.0", "HTTP/1.1"} or not method or not path:
        raise BadRequestError(f"not a request line: {first[:80]!r}")
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequestError(f"not a header line: {line[:80]!r}")
        headers.append((name, value.strip(" \t")))
    return Seen(method, path, tuple(headers), head, peer, when)


def body_length(seen: Seen) -> int:
    """Return how many bytes of body follow the head. Raises BadRequestError."""
    if seen.header("Transfer-Encoding"):
        raise BadRequestError("a request's body needs a Content-Length here")
    text = seen.header("Content-Length") or "0"
    if not (text.isascii() and text.isdigit()) or int(text) > LARGEST_BODY:
        raise BadRequestError(f"not a length that is read here: {text[:80]!r}")
    return int(text)
