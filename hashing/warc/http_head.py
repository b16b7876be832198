"""The head of an HTTP/1.x response, read once and the same way by all: the recorder, the WARC's readers, a WACZ.

Servers send what no standard allows, and two readers that make something else of it can be played against each other.
So there is one reading, and it is RFC 9112's: a bare CR or a NUL counts as a space (section 2.2; RFC 9110 section 5.5),
a folded line continues the value before it (section 5.2), white space before a colon is none (section 5.1), a line that
is no field says nothing. The bytes themselves are kept by whoever took them off the wire.
"""

from __future__ import annotations

import re

import msgspec

from hashing.errors import BadFormat

# RFC 9112, section 4, with the blanks that servers put where one space belongs; a name is a token (RFC 9110, 5.6.2).
_STATUS = re.compile(rb"HTTP/([01])\.([0-9])[ \t]+([0-9]{3})(?:[ \t]+([^\n]*))?")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# Eighteen digits fit into 64 bits.
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_AS_SPACE = bytes.maketrans(b"\r\0", b"  ")
_LOWEST, _FINAL = 100, 200
_NO_CONTENT = frozenset({204, 304})


class Framing(msgspec.Struct, frozen=True):
    """Where a body ends: with its last chunk, after `length` bytes, or, where that is None, with the connection.

    `closes` says that nothing that follows on the connection may be trusted.
    """

    chunked: bool = False
    length: int | None = None
    closes: bool = False


class ResponseHead(msgspec.Struct, frozen=True):
    """What a head says. Names are as served, values in Latin-1 without the white space around them."""

    minor: int  # 0 for HTTP/1.0 and older, which close the connection unless they say otherwise; 1 for all others.
    status: int
    reason: str
    fields: tuple[tuple[str, str], ...]

    def values(self, name: str) -> list[str]:
        """Return the values of every field of this name, in order."""
        return [value for each, value in self.fields if each.lower() == name.lower()]

    def field(self, name: str) -> str:
        """Return a field's value, "" where there is none; one that came several times is joined with commas."""
        return ", ".join(self.values(name))

    def framing(self, method: str = "GET") -> Framing:
        """Return where the body ends (RFC 9112 section 6.3). Raises BadFormat where the head contradicts itself.

        A length that is no number says nothing, as for browsers: the body then ends with the connection.
        """
        # The numbers are those of the list in RFC 9112 section 6.3. A server that sends both a coding and a length, or
        # a coding over HTTP/1.0, may be smuggling a second answer: the connection is not used again.
        codings = [each for each in self._listed("Transfer-Encoding") if each != "identity"]
        lengths = set(self._listed("Content-Length"))
        closes = self._closes() or bool(codings and (lengths or not self.minor))
        # 1. These have no body, whatever their fields say.
        if method == "HEAD" or self.status < _FINAL or self.status in _NO_CONTENT:
            return Framing(length=0, closes=closes)
        # 3 and 4. A transfer coding overrides a length.
        if codings == ["chunked"]:
            return Framing(chunked=True, closes=closes)
        if codings:
            raise BadFormat("it uses a transfer coding that was not asked for")
        # 5. Two lengths: two readers would cut the answer at different places.
        if len({each.lstrip("0") or "0" for each in lengths}) > 1:
            raise BadFormat("it states two different lengths")
        length = next(iter(lengths), "")
        if _LENGTH.fullmatch(length):
            return Framing(length=int(length), closes=closes)
        # 8. Neither: the body is all that comes.
        return Framing(closes=True)

    def _listed(self, name: str) -> list[str]:
        return [each.strip().lower() for each in self.field(name).split(",") if each.strip()]

    def _closes(self) -> bool:
        said = self._listed("Connection")
        return "close" in said or (not self.minor and "keep-alive" not in said)


def parse_status(head: bytes) -> int:
    """Read the status alone. Raises BadFormat where a head does not begin as one."""
    return int(_start(head.partition(b"\n")[0].removesuffix(b"\r").translate(_AS_SPACE))[3])


def _start(line: bytes) -> re.Match[bytes]:
    found = _STATUS.fullmatch(line)
    if found is None or int(found[3]) < _LOWEST:
        raise BadFormat("no status line")
    return found


def parse_head(head: bytes) -> ResponseHead:
    """Read a head, from its status line to its empty line. Raises BadFormat where it does not begin as one."""
    # CRLF and a bare LF both end a line (RFC 9112 section 2.2). After this no CR or NUL is left that two readers could
    # take for different things.
    start, *lines = head.replace(b"\r\n", b"\n").translate(_AS_SPACE).split(b"\n")
    status = _start(start)
    fields: list[tuple[str, str]] = []
    is_field = False
    for line in lines:
        if line[:1] in {b" ", b"\t"}:
            if is_field:
                name, value = fields[-1]
                fields[-1] = name, f"{value} {line.decode('latin-1').strip()}".strip()
            continue
        name_bytes, colon, value_bytes = line.partition(b":")
        is_field = bool(colon) and _NAME.fullmatch(name_bytes.rstrip(b" \t")) is not None
        if is_field:
            fields.append((name_bytes.rstrip(b" \t").decode("ascii"), value_bytes.decode("latin-1").strip(" \t")))
    minor = 1 if status[1] == b"1" and status[2] != b"0" else 0
    return ResponseHead(minor, int(status[3]), (status[4] or b"").decode("latin-1").strip(), tuple(fields))
