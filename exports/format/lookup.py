"""A mapping that is small in memory, however much it holds: beyond some ten thousand entries it stands on the disk.

There it is a table of SQLite in a file without a name (`hashing/files/scratch.py`). It is derived, private to the
process, and never evidence. Its size is bounded by the room that the disk has.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from itertools import islice, takewhile
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from exports.errors import TooMuch
from hashing.files.scratch import made_scratch_folder, scratch_folder
from hashing.files.storage import write_all

if TYPE_CHECKING:
    import sqlite3

K = TypeVar("K", bound=str | int)
V = TypeVar("V", bound=str | int | bytes)
R = TypeVar("R")

HELD = 25_000  # Entries that are held in memory: some 10 MiB.
_LARGE = 8 << 20  # Characters in fewer of them, keys and values together, that are not.
_BATCH = 2_000  # Entries that are held until they are written, once there is a table.
_CACHE = 2 << 10  # KiB of a table that SQLite holds in memory.
_SPARE = 256 << 20  # Bytes that are left free on the disk.
_PAGE = 4096
_AT_ONCE = 1000
_SMALLEST = -(1 << 63)
_NONE = -1  # Is no place of a line.
_AFTER_ALL = b"\xff"  # No text begins with this byte, and SQLite has all bytes behind all numbers.


class Lookup(MutableMapping[K, V], Generic[K, V]):
    """A mapping from texts or from numbers, which `keys` says; it is gone through in the order of its keys.

    One thread sets what any may look up. Everything raises TooMuch where the disk has no room.
    """

    # There are several for each of what may be very many captures.
    __slots__ = ("_asking", "_held", "_process", "_size", "_sorted", "_table", "_text")

    def __init__(self, keys: type[K]) -> None:
        self._text = keys is str
        self._held: dict[K, V] = {}  # All entries; once there is a table, those that it does not have yet.
        # The keys in their order, where that was asked for since the last change, and there is no table.
        self._sorted: list[K] = []
        self._size = 0
        self._table: sqlite3.Connection | None = None
        # Two threads that ask the same of one table would share the statement, and read each other's answer.
        self._asking = Lock()
        self._process = 0  # The one that made the table.

    @property
    def on_disk(self) -> bool:
        """Whether it stands on the disk, where a copy of this process must not use it."""
        return self._table is not None

    def __getitem__(self, key: K) -> V:
        """Return a value. Raises KeyError."""
        found = self._held.get(key)
        if found is None and self._table is not None:
            rows = self._asked("SELECT v FROM t WHERE k = ?", self._stored(key))
            found = rows[0][0] if rows else None
        if found is None:
            raise KeyError(key)
        return found

    def __setitem__(self, key: K, value: V) -> None:
        """Set a value."""
        self._held[key] = value
        self._sorted = []
        self._size += (len(key) if isinstance(key, str) else 0) + (0 if isinstance(value, int) else len(value))
        if len(self._held) > (HELD if self._table is None else min(HELD, _BATCH)) or self._size > _LARGE:
            self._write()

    def __delitem__(self, key: K) -> None:
        """Remove an entry. Raises KeyError."""
        value = self[key]
        self._held.pop(key, value)
        self._sorted = []
        if self._table is not None:
            self._asked("DELETE FROM t WHERE k = ?", self._stored(key))

    def __contains__(self, key: object) -> bool:
        """Say whether there is an entry."""
        return key in self._held or (
            self._table is not None and bool(self._asked("SELECT 1 FROM t WHERE k = ?", self._stored(key)))
        )

    def __len__(self) -> int:
        """Count the entries."""
        if self._table is None:
            return len(self._held)
        self._write()
        [(count,)] = self._asked("SELECT count(*) FROM t")
        return int(count)

    def __iter__(self) -> Iterator[K]:
        """Go through the keys in their order; what is set meanwhile may be among them."""
        return (key for key, _ in self.pairs())

    def pairs(self, prefix: str = "") -> Iterator[tuple[K, V]]:
        """Yield the entries in the order of their keys; with a prefix, those whose keys begin with it."""
        if self._table is None:
            keys = self._sorted = self._sorted or sorted(self._held)
            behind = islice(keys, bisect_left(keys, prefix) if prefix else 0, None)
            among = takewhile(lambda key: not prefix or str(key).startswith(prefix), behind)
            yield from [(key, self._held[key]) for key in among]
            return
        self._write()
        # A prefix becomes a range of the key: up to the same bytes with the last one raised. UTF-8 never holds 0xFF, so
        # it can be raised.
        if self._text:
            first = prefix.encode("utf-8", "surrogatepass")
            end = first[:-1] + bytes([first[-1] + 1]) if first else _AFTER_ALL
            begin: bytes | int = first
        else:
            begin, end = _SMALLEST, _AFTER_ALL
        compare = ">="
        while True:
            asked = f"SELECT k, v FROM t WHERE k {compare} ? AND k < ? ORDER BY k LIMIT {_AT_ONCE}"  # noqa: S608 - nothing of others
            rows = self._asked(asked, begin, end)
            for key, value in rows:
                yield self._read(key), value
            # By pages, each from the last key of the one before: no cursor stays open while the caller changes the
            # table.
            if len(rows) < _AT_ONCE:
                return
            begin, compare = rows[-1][0], ">"

    def below(self, prefix: str) -> Iterator[K]:
        """Yield the keys that begin with a prefix, in their order."""
        return (key for key, _ in self.pairs(prefix))

    def _stored(self, key: object) -> bytes | int:
        """Return a key as it stands in the table; texts have there the order that Python gives them."""
        if isinstance(key, int) and _SMALLEST <= key < -_SMALLEST:
            return key
        return str(key).encode("utf-8", "surrogatepass")

    def _read(self, key: bytes | int) -> K:
        text = key.decode("utf-8", "surrogatepass") if isinstance(key, bytes) else key
        return text if self._text else int(text)  # type: ignore[return-value]

    def _asked(self, sql: str, *values: bytes | int) -> list[tuple[Any, ...]]:
        table = self._own_table()
        with refusals_as_too_much(), self._asking:
            return table.execute(sql, values).fetchall()

    def _write(self) -> None:
        """Write what is held in memory to the table."""
        table = self._own_table()
        with refusals_as_too_much(), self._asking:
            rows = [(self._stored(key), value) for key, value in self._held.items()]
            table.executemany("INSERT OR REPLACE INTO t VALUES (?, ?)", rows)
            self._held.clear()
            self._size = 0

    def _own_table(self) -> sqlite3.Connection:
        """Return the table, made where there is none yet. Raises RuntimeError in a copy of the process that made it."""
        if self._table is None:
            self._table, self._process = _opened(), os.getpid()
        if self._process != os.getpid():
            raise RuntimeError("a table of another process")
        return self._table


class Section(MutableMapping[str, V], Generic[V]):
    """The entries of a lookup whose keys begin with a text, under the rest of their keys."""

    def __init__(self, lookup: Lookup[str, V], prefix: str) -> None:
        self._lookup = lookup
        self._prefix = prefix

    def __getitem__(self, key: str) -> V:
        """Return a value. Raises KeyError."""
        return self._lookup[self._prefix + key]

    def __setitem__(self, key: str, value: V) -> None:
        """Set a value."""
        self._lookup[self._prefix + key] = value

    def __delitem__(self, key: str) -> None:
        """Remove an entry. Raises KeyError."""
        del self._lookup[self._prefix + key]

    def __iter__(self) -> Iterator[str]:
        """Go through the keys in their order."""
        return (key.removeprefix(self._prefix) for key in self._lookup.below(self._prefix))

    def __len__(self) -> int:
        """Count the entries."""
        return sum(1 for _ in self)


class RecordLookup(MutableMapping[str, R], Generic[R]):
    """A mapping from texts to records of one kind, which stands in a `Lookup`. A record that is read is a copy."""

    def __init__(self, kind: Any) -> None:  # noqa: ANN401 - a type of any form
        self._lookup: Lookup[str, bytes] = Lookup(str)
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(kind).decode

    def __getitem__(self, key: str) -> R:
        """Return a record. Raises KeyError."""
        return self._decode(self._lookup[key])  # type: ignore[no-any-return]

    def __setitem__(self, key: str, record: R) -> None:
        """Set a record."""
        self._lookup[key] = self._encode(record)

    def __delitem__(self, key: str) -> None:
        """Remove a record. Raises KeyError."""
        del self._lookup[key]

    def __contains__(self, key: object) -> bool:
        """Say whether there is a record."""
        return key in self._lookup

    def __iter__(self) -> Iterator[str]:
        """Go through the keys in their order."""
        return iter(self._lookup)

    def __len__(self) -> int:
        """Count the records."""
        return len(self._lookup)


class Places:
    """Where the lines stand that belong to something, by its name. Each place leads to the one before it."""

    def __init__(self) -> None:
        self._last: Lookup[str, int] = Lookup(str)
        self._before: Lookup[int, int] = Lookup(int)

    def add(self, name: str, place: int) -> None:
        """Note that a line at this place belongs to what has this name."""
        before = self._last.get(name, _NONE)
        if before != _NONE:
            self._before[place] = before
        self._last[name] = place

    def pop(self, name: str) -> list[int]:
        """Return the places for a name, in their order; asked once more for it, none.

        So a ledger that gives many items one name costs no more than any other.
        """
        # Each place names the one before it with the same name, a chain from the last: numbers alone, where a list for
        # each name of a million would be most of the memory.
        place, places = self._last.get(name, _NONE), list[int]()
        if place != _NONE:
            self._last[name] = _NONE
        while place != _NONE:
            places.append(place)
            place = self._before.get(place, _NONE)
        return places[::-1]


def opened_scratch() -> IO[bytes]:
    """Open a file of the user's cache that has no name. Raises TooMuch where the disk has no room."""
    from tempfile import TemporaryFile  # which takes a while, and small evidence never needs it

    with refusals_as_too_much():
        folder = made_scratch_folder()
        _demand_room(folder)
        return TemporaryFile(dir=folder, buffering=0)


def write_scratch(file: IO[bytes], data: bytes | bytearray) -> None:
    """Write to the end of such a file. Raises TooMuch where the disk has no room."""
    with refusals_as_too_much():
        _demand_room(scratch_folder())
        write_all(file.fileno(), data)


def _demand_room(folder: Path) -> int:
    """Return how many bytes may be written there. Raises TooMuch where there are none."""
    import shutil  # which takes a while

    free = shutil.disk_usage(folder).free - _SPARE
    if free <= 0:
        raise _no_room("the disk is full")
    return free


def _opened() -> sqlite3.Connection:
    """Make a table in a file that loses its name at once. Raises TooMuch."""
    import sqlite3  # which takes a while, and small evidence never needs it

    with refusals_as_too_much():
        folder = made_scratch_folder()
        # 1. A bound from the free disk: the table must fail by itself before it fills the disk under a capture.
        pages = _demand_room(folder) // _PAGE
        file = folder / os.urandom(8).hex()
        table = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        try:
            # 2. Speed without care: it is scratch, read by this process alone, and nothing of it outlives a crash.
            for each in (
                f"page_size = {_PAGE}",
                f"max_page_count = {pages}",
                f"cache_size = -{_CACHE}",
                "journal_mode = OFF",
                "synchronous = OFF",
                "locking_mode = EXCLUSIVE",
            ):
                table.execute(f"PRAGMA {each}")
            table.execute("CREATE TABLE t (k PRIMARY KEY, v) WITHOUT ROWID")
            table.execute("BEGIN EXCLUSIVE")
        finally:
            # 3. Without its name it goes with the process, whatever ends that, and nobody else can open it.
            file.unlink(missing_ok=True)
        return table


@contextmanager
def refusals_as_too_much() -> Iterator[None]:
    """Raise TooMuch for what the disk refuses, and for a number that no table has a place for."""
    import sqlite3

    try:
        yield
    except OverflowError as error:
        raise TooMuch("a number beyond 64 bits, for which a table has no place") from error
    except (OSError, sqlite3.Error) as error:
        raise _no_room(str(error)) from error


def _no_room(why: str) -> TooMuch:
    return TooMuch(
        f"{scratch_folder()}: no room for what is to be looked up, which is more than memory holds ({why})",
        hint="free some space there, or set XDG_CACHE_HOME to a folder on a disk with room",
    )
