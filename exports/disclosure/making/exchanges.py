"""The exchanges disclosed: their records, taken out of a capture's exchange files one by one.

Each record is a gzip member of its own, so it is copied as it is; nothing of other exchanges comes with it.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from exports.format.bag import is_portable
from exports.format.sealed_file import Fault
from hashing.case.capture_folder import case_folder
from hashing.case.events import WarcPlace
from hashing.errors import BadFormat
from hashing.files import inside
from hashing.files.storage import read_error
from hashing.warc.record import read_records

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """A record: the exchange file that holds it, its gzip member from `start` to `end`, and its record id."""

    path: Path
    start: int
    end: int
    record: str

    @property
    def size(self) -> int:
        """Bytes of the member."""
        return self.end - self.start


def find_members(folder: Path, places: Iterable[WarcPlace]) -> tuple[list[Member], list[Fault]]:
    """Find the records at these places, with the records that open their files; compare each with its own digests.

    Raises Unreadable.
    """
    # In the order of files and offsets, each once: a request and its answer may be named by several lines.
    by_file: dict[str, dict[int, WarcPlace]] = {}
    for place in places:
        by_file.setdefault(place.file, {})[place.offset] = place
    members: list[Member] = []
    faults: list[Fault] = []
    for name, wanted in sorted(by_file.items()):
        path = folder / name
        if not is_portable(name) or "/" in name:
            faults.append(Fault("altered", str(folder), f"names a path that goldenhour never gives: {name!r}"))
            continue
        try:
            with _open(path) as file:
                # The warcinfo record that opens a file is kept: readers want to know which tool wrote what follows.
                members += _opening(path, file)
                members += [_member(path, file, wanted[offset]) for offset in sorted(wanted)]
        except FileNotFoundError:
            faults.append(Fault("missing", str(path)))
        except BadFormat as error:
            faults.append(Fault("altered", str(path), str(error)))
        except OSError as error:
            raise read_error(path, error) from error
    return members, faults


def _open(path: Path) -> BinaryIO:
    root = case_folder(path.parent)
    if inside.kind(path, root) not in {0, stat.S_IFREG}:
        raise BadFormat("not a file")
    return inside.opened(path, root)


def _opening(path: Path, file: BinaryIO) -> list[Member]:
    """Return the record that says what made the file, if it begins with one; that tells nothing of any exchange."""
    first = next(read_records(file), None)
    if first is None or first.fields.get("warc-type") != "warcinfo":
        return []
    return [Member(path, first.offset, first.end, first.record_id)]


def _member(path: Path, file: BinaryIO, place: WarcPlace) -> Member:
    file.seek(place.offset)
    record = next(read_records(file), None)
    if record is None or (record.record_id, record.sha256) != (place.record, place.block_sha256):
        raise BadFormat(f"the record at offset {place.offset} is not the one that the ledger names")
    return Member(path, record.offset, record.end, record.record_id)


def copied(members: Iterable[Member]) -> Iterator[bytes]:
    """Yield the bytes of records. Raises Unreadable."""
    for member in members:
        try:
            with _open(member.path) as file:
                file.seek(member.start)
                left = member.size
                while left and (piece := file.read(min(left, _PIECE))):
                    left -= len(piece)
                    yield piece
        except OSError as error:
            raise read_error(member.path, error) from error
