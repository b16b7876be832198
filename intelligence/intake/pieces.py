"""What a reader in the sandbox says of a file that holds others: what it is, what is in it, and what it cannot read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from hashing.case.facts import Fact
from hashing.case.post import Post

PIECE = 1 << 20
# Files that are taken out of one archive; the archive itself is kept whole however many it holds.
MOST_MEMBERS = 50_000
_LONGEST_NAME = 1_000
# Bytes that any archive may unpack to; beyond them, 200 times its own size. Text shrinks to a tenth, a bomb to a
# thousandth (deflate's limit).
_FREE = 64 << 20
_RATIO = 200


class HeldFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A file in another one: its name there, and what is claimed of it."""

    name: str
    kind: str = ""  # `mail`, `post` …; "" for what its bytes say.
    mime: str = ""  # As the container says.
    facts: tuple[Fact, ...] = ()
    offset: int = -1  # Where its bytes stand in the container, if they stand there as they are; -1 where they do not.
    post: Post | None = None
    text: str = ""  # What a person reads in it.


class Piece(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One thing that a reader says. A member comes as its beginning, its bytes, and its end."""

    begins: HeldFile | None = None
    data: bytes = b""
    ends: bool = False
    failed: str = ""  # Why a member, or the rest of the file, cannot be read.
    skipped: str = ""  # Why a member is no file of its own.
    name: str = ""  # Of the member that failed or was skipped; "" for the rest of the file.
    facts: tuple[Fact, ...] = ()  # What the file itself says.
    text: str = ""  # What a person reads in the file itself.


class PastBounds(Exception):
    """A file unpacks to more than is taken; its text says so."""


class Budget:
    """How much may be unpacked of a file of `size` bytes: a bomb is a small file that holds an endless one."""

    def __init__(self, size: int) -> None:
        self._most = _FREE + _RATIO * size
        self._left = self._most
        self._members = 0

    def charge(self, data: bytes) -> bytes:
        """Count bytes, and return them. Raises PastBounds."""
        self._left -= len(data)
        if self._left < 0:
            raise PastBounds(
                f"it unpacks to more than {self._most:,} bytes, {_RATIO} times its size: no more is taken out of it"
            )
        return data

    def member(self) -> None:
        """Count a member. Raises PastBounds."""
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise PastBounds(f"it holds more than {MOST_MEMBERS:,} files: no further one is taken out of it")


def whole(member: HeldFile, data: bytes) -> Iterator[Piece]:
    """Yield a member whose bytes are in memory."""
    yield Piece(begins=member)
    yield from (Piece(data=data[start : start + PIECE]) for start in range(0, len(data), PIECE))
    yield Piece(ends=True)


def in_pieces(member: HeldFile, pieces: Iterable[bytes]) -> Iterator[Piece]:
    """Yield a member that is read piece by piece."""
    yield Piece(begins=member)
    yield from (Piece(data=data) for data in pieces if data)
    yield Piece(ends=True)


def plain(name: str) -> str:
    """Return a name as text that can be kept: at its end cut, with what is no text written out."""
    text = name.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _LONGEST_NAME else f"…{text[-_LONGEST_NAME:]}"
