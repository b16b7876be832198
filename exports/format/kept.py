"""Sequences that are small in memory, however long they are: their entries are read when they are asked for.

What does not fit into memory stands in a file without a name (`hashing/files/scratch.py`). It is derived, private to
the process, and never evidence.
"""

from __future__ import annotations

import operator
import os
import weakref
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain
from typing import IO, Any, Generic, Protocol, TypeVar, overload

import msgspec

from exports.format.lookup import opened_scratch, refusals_as_too_much, write_scratch

S = TypeVar("S")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_HELD = 4 << 20  # Bytes of records that are held in memory before any is written to the disk.
_BLOCK, _AHEAD = 256 << 10, 16 << 10  # Bytes that are written to the disk, and read from it, at a time.
_LENGTH = 4  # Bytes in which the length of a record stands before it.


class _Numbered(Protocol[T_co]):
    """Something that has an entry for a number."""

    def __getitem__(self, number: int, /) -> T_co: ...


class Spool(Generic[T]):
    """Records of one kind, each known by the place that `add` returns. One thread adds, and any reads afterwards.

    Everything raises TooMuch where the disk has no room.
    """

    def __init__(self, kind: Any) -> None:  # noqa: ANN401 - a type, or a union of several
        plain = kind is bytes
        self._encode: Callable[[T], bytes] = bytes if plain else msgspec.json.Encoder().encode  # type: ignore[assignment]
        self._decode: Callable[[memoryview], T] = bytes if plain else msgspec.json.Decoder(kind).decode  # type: ignore[assignment]
        self._held = bytearray()
        self._file: IO[bytes] | None = None
        self._written = 0
        self._read: tuple[int, bytes] = (0, b"")  # The last piece that was read, and its place.

    def add(self, record: T) -> int:
        """Take a record; return its place."""
        try:
            data = self._encode(record)
        except UnicodeEncodeError:  # a name of a file may be no text
            data = msgspec.json.encode(_in_utf8(msgspec.to_builtins(record)))
        place = self._written + len(self._held)
        self._held += len(data).to_bytes(_LENGTH, "little")
        self._held += data
        if len(self._held) > (_HELD if self._file is None else _BLOCK):
            if self._file is None:
                self._file = opened_scratch()
                weakref.finalize(self, self._file.close)
            write_scratch(self._file, self._held)
            self._written += len(self._held)
            self._held = bytearray()
        return place

    def __getitem__(self, place: int) -> T:
        """Return the record at a place."""
        return self._decode(self.encoded(place))

    def encoded(self, place: int) -> memoryview:
        """Return the bytes of the record at a place, until the next is added."""
        if place >= self._written:
            begin, data = self._written, self._held  # type: tuple[int, bytes | bytearray]
        else:
            begin, data = self._read
        if not (begin <= place and _whole(data, place - begin)):
            begin, data = self._read = place, self._piece(place)
        at = place - begin + _LENGTH
        return memoryview(data)[at : at + _length(data, at)]

    def _piece(self, place: int) -> bytes:
        """Read a record and what stands behind it, which as a rule is asked for next."""
        if self._file is None:
            raise IndexError(place)
        with refusals_as_too_much():
            data = os.pread(self._file.fileno(), _AHEAD, place)
            while not _whole(data, 0):
                more = os.pread(self._file.fileno(), _length(data, _LENGTH), place + len(data))
                if not more:
                    raise IndexError(place)
                data += more
            return data


def _in_utf8(value: Any) -> Any:  # noqa: ANN401 - any plain values
    """Return plain values with what is no text written out."""
    if isinstance(value, dict):
        return {_in_utf8(name): _in_utf8(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_in_utf8(each) for each in value]
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _length(data: bytes | bytearray, at: int) -> int:
    """Return how long the record is that begins there."""
    return int.from_bytes(data[at - _LENGTH : at], "little")


def _whole(data: bytes | bytearray, at: int) -> bool:
    """Say whether a record stands there with all of its bytes."""
    return len(data) >= at + _LENGTH and len(data) >= at + _LENGTH + _length(data, at + _LENGTH)


class Picked(Sequence[T]):
    """The entries of something that have these numbers, in their order."""

    __slots__ = ("_numbers", "_source")

    def __init__(self, source: _Numbered[T], numbers: Sequence[int]) -> None:
        self._source = source
        self._numbers = numbers

    @overload
    def __getitem__(self, number: int) -> T: ...
    @overload
    def __getitem__(self, number: slice) -> Picked[T]: ...
    def __getitem__(self, number: int | slice) -> T | Picked[T]:
        """Return an entry, or those of a slice without reading any."""
        if isinstance(number, slice):
            return Picked(self._source, self._numbers[number])
        return self._source[self._numbers[number]]

    def __iter__(self) -> Iterator[T]:
        """Read one after another."""
        return map(self._source.__getitem__, self._numbers)

    def __len__(self) -> int:
        """Count them, without reading any."""
        return len(self._numbers)


class SpooledList(Picked[T]):
    """A sequence of records of one kind that grows. Everything raises TooMuch where the disk has no room."""

    __slots__ = ("_places", "_spool")
    __hash__ = None  # type: ignore[assignment]  # it grows

    def __init__(self, kind: Any) -> None:  # noqa: ANN401 - a type, or a union of several
        self._spool: Spool[T] = Spool(kind)
        self._places = array("Q")
        super().__init__(self._spool, self._places)

    def append(self, record: T) -> None:
        """Add a record."""
        self._places.append(self._spool.add(record))

    def encoded(self, number: int) -> memoryview:
        """Return the bytes of a record, until the next is added."""
        return self._spool.encoded(self._places[number])

    def __eq__(self, other: object) -> bool:
        """Say whether another has the same records in the same order."""
        return isinstance(other, SpooledList) and len(self) == len(other) and all(map(operator.eq, self, other))


class Mapped(Sequence[T]):
    """What a function makes of the entries of a sequence, made when it is asked for."""

    __slots__ = ("_entries", "_made")

    def __init__(self, made: Callable[[S], T], entries: Sequence[S]) -> None:
        self._made: Callable[[Any], T] = made
        self._entries: Sequence[Any] = entries

    @overload
    def __getitem__(self, number: int) -> T: ...
    @overload
    def __getitem__(self, number: slice) -> Mapped[T]: ...
    def __getitem__(self, number: int | slice) -> T | Mapped[T]:
        """Make of an entry, or of those of a slice without making anything yet."""
        if isinstance(number, slice):
            return Mapped(self._made, self._entries[number])
        return self._made(self._entries[number])

    def __iter__(self) -> Iterator[T]:
        """Make of one after another."""
        return map(self._made, self._entries)

    def __len__(self) -> int:
        """Count them, without making any."""
        return len(self._entries)


class Chained(Sequence[T]):
    """Sequences one behind the other, as one."""

    __slots__ = ("_begins", "_parts")

    def __init__(self, parts: Sequence[Sequence[T]]) -> None:
        self._parts = parts
        self._begins = array("Q", [0, *accumulate(map(len, parts))])

    @overload
    def __getitem__(self, number: int) -> T: ...
    @overload
    def __getitem__(self, number: slice) -> Picked[T]: ...
    def __getitem__(self, number: int | slice) -> T | Picked[T]:
        """Return an entry, or those of a slice without reading any."""
        if isinstance(number, slice):
            return Picked(self, range(len(self))[number])
        number = range(len(self))[number]
        part = self.part(number)
        return self._parts[part][number - self._begins[part]]

    def part(self, number: int) -> int:
        """Return in which of the sequences the entry of a number stands, counted from 0."""
        return bisect_right(self._begins, number) - 1

    def __iter__(self) -> Iterator[T]:
        """Read one after another."""
        return chain.from_iterable(self._parts)

    def __len__(self) -> int:
        """Count them, without reading any."""
        return self._begins[-1]
