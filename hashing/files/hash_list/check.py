"""Checking files against a hash list."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO

from hashing.errors import BadFormat
from hashing.files.digest import Digest
from hashing.files.digest_files import HashReading, digest_readings
from hashing.files.hash_list.entry import BadLine, ListEntry
from hashing.files.hash_list.names_here import NamesHere
from hashing.files.hash_list.read_list import read_list
from hashing.files.read import FileDigests, FileUnreadable, UnreadFile, refused

# Bad lines before the first good one, after which it is no hash list at all, but perhaps a photo named by mistake.
_BAD_FROM_THE_START = 1000


@dataclass(frozen=True, slots=True)
class ListedAltered:
    """A file that is not what the list says: the digests that differ, `expected` and `found` in the same order.

    `expected_size` is the size that the list states, where it is another than `found_size`.
    """

    path: Path
    expected: tuple[Digest, ...]
    found: tuple[Digest, ...]
    expected_size: int | None
    found_size: int


@dataclass(frozen=True, slots=True)
class ListedMissing:
    """A file that the list names and that is not there."""

    path: Path
    expected: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Everything that checking a list found. Each file is counted once for the lines about it that stand together."""

    ok: int
    altered: tuple[ListedAltered, ...]
    missing: tuple[ListedMissing, ...]
    unreadable: tuple[UnreadFile, ...]
    bad_lines: tuple[BadLine, ...]
    notes: tuple[tuple[str, int], ...] = ()
    """What was not as it stands here, and in how many names: `\\` between folders, another encoding or Unicode form."""

    @property
    def matches(self) -> bool:
        """Whether nothing was found altered or missing."""
        return not (self.altered or self.missing)

    @property
    def complete(self) -> bool:
        """Whether every line was understood, and every file that is there was read."""
        return not (self.unreadable or self.bad_lines)


def check_list(
    path: Path,
    *,
    base: Path | None = None,
    algorithm: str | None = None,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> CheckReport:
    """Read every file that a hash list names, and compare it with all that the list says of it.

    Names are relative to `base`, by default the current directory, as with `sha256sum -c`; absolute names and names
    with `..` are followed, since the list is the user's own, and so are symbolic links; folders, pipes and devices are
    unreadable. `algorithm` is what values without a name are taken for, where their length is not enough (`blake2b`).
    `progress` is told the bytes read since it was last told. Says nothing of files that the list does not name.

    Raises Unreadable where the list cannot be read, BadFormat where it is empty or not a hash list at all.
    """
    check = _Check(base or Path(), algorithm)
    try:
        with path.open("rb") as file:
            check.run(file, workers, progress)
    except OSError as error:
        raise FileUnreadable(refused(path, error)) from error
    except BadFormat as error:
        raise BadFormat(f"{path}: {error}", hint=error.hint) from error
    return CheckReport(
        check.ok,
        tuple(check.altered),
        tuple(check.missing),
        tuple(check.unreadable),
        tuple(check.bad_lines),
        tuple((note, count) for note, count in check.names.notes.items() if count),
    )


class _Check:
    """A check under way."""

    def __init__(self, base: Path, algorithm: str | None) -> None:
        self._base = base
        self.names = NamesHere(base)
        self._algorithm = algorithm
        self._asked: deque[list[ListEntry]] = deque()
        self.ok = 0
        self.altered: list[ListedAltered] = []
        self.missing: list[ListedMissing] = []
        self.unreadable: list[UnreadFile] = []
        self.bad_lines: list[BadLine] = []

    def run(self, file: BinaryIO, workers: int | None, progress: Callable[[int], None] | None) -> None:
        """Check every file of a list. Raises BadFormat where no line of it could be understood."""
        results = 0
        for result in digest_readings(self._readings(file), workers=workers, progress=progress):
            results += 1
            self._judge(self._asked.popleft(), result)
        if not (results or self.unreadable):
            raise self._not_a_list()

    def _readings(self, file: BinaryIO) -> Iterator[HashReading]:
        """Yield a reading for each file; lines about the same file that stand together (tagged ones do) share one."""
        for path, group in groupby(self._entries(file), key=attrgetter("path")):
            entries = list(group)
            try:
                here = self._base / self.names.find(path)
            except BadFormat as error:
                self.unreadable.append(UnreadFile(path, str(error)))
                continue
            self._asked.append(entries)
            named = dict.fromkeys(digest.algorithm for entry in entries for digest in entry.digests)
            named |= dict.fromkeys(entry.alternative.algorithm for entry in entries if entry.alternative)
            yield HashReading(here, tuple(named))

    def _entries(self, file: BinaryIO) -> Iterator[ListEntry]:
        understood = False
        for entry in read_list(file, algorithm=self._algorithm):
            if isinstance(entry, ListEntry):
                understood = True
                yield entry
                continue
            self.bad_lines.append(entry)
            if not understood and len(self.bad_lines) >= _BAD_FROM_THE_START:
                raise self._not_a_list()

    def _judge(self, entries: list[ListEntry], result: FileDigests | UnreadFile) -> None:
        path = entries[0].path
        expected = [digest for entry in entries for digest in entry.digests]
        if isinstance(result, UnreadFile):
            if result.missing:
                self.missing.append(ListedMissing(path, tuple(expected)))
            else:
                self.unreadable.append(UnreadFile(path, result.reason))
            return
        # Several lines may name one file, with several values each: it is unaltered only if every one of them holds. Of
        # a value that two algorithms could have made (128 digits: SHA-512 or BLAKE2b) it is enough that one of them
        # did.
        by_name = {digest.algorithm: digest for digest in result.digests}
        others = {entry.alternative.hex for entry in entries if entry.alternative in result.digests}
        differing = [each for each in expected if by_name[each.algorithm] != each and each.hex not in others]
        sizes = [entry.size for entry in entries if entry.size not in {None, result.size}]
        if not differing and not sizes:
            self.ok += 1
            return
        found = [by_name[digest.algorithm] for digest in differing]
        size = sizes[0] if sizes else None
        self.altered.append(ListedAltered(path, tuple(differing), tuple(found), size, result.size))

    def _not_a_list(self) -> BadFormat:
        if not self.bad_lines:
            return BadFormat("names no file; an empty list checks nothing")
        first = self.bad_lines[0]
        return BadFormat(
            f"not a hash list; line {first.line}: {first.reason}",
            hint="lists of sha256sum, md5sum, b2sum and hashdeep, and our own JSON Lines, can be checked",
        )
