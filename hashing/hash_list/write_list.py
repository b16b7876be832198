"""Hashing what the user named into a hash list."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hashing.digest import SHA256, known_algorithms
from hashing.digest_files import Reading, digest_readings
from hashing.errors import BadFormat
from hashing.hash_list.form import form_named
from hashing.read import Unread
from hashing.walk import Found, Skipped, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What became of the files: how many are `listed`, their bytes, and what is not in the list, and why.

    `skipped` was left out by rule (a symbolic link in a folder, the list itself); `unread` should be in the list and is
    not, for it could not be read, or the form cannot carry its name.
    """

    listed: int
    size: int
    skipped: tuple[Skipped, ...]
    unread: tuple[Unread, ...]


def write_list(
    paths: Iterable[Path],
    output: BinaryIO,
    *,
    form: str = "sha256sum",
    algorithms: Sequence[str] = (SHA256,),
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> WriteReport:
    """Hash files, and folders with all below them, and write a line for each to `output` as soon as it is known.

    `progress` is told the bytes read since it was last told. Raises BadFormat, before anything is read, for an unknown
    form, and for algorithms that are unknown, or unknown to the form. What `output` raises passes through.
    """
    names = known_algorithms(algorithms)
    lines = form_named(form, names)
    skipped: list[Skipped] = []
    unread: list[Unread] = []
    listed = size = 0

    def readings() -> Iterator[Reading]:
        own = _identity(output)
        for found in walk(paths):
            if isinstance(found, Unread):
                unread.append(found)
            elif isinstance(found, Skipped):
                skipped.append(found)
            elif own is not None and _is(found.path, own):
                skipped.append(Skipped(found.path, "the list that is being written"))
            else:
                yield Reading(found.path, names, follow_symlinks=found.given)

    output.write(lines.head())
    for result in digest_readings(readings(), workers=workers, progress=progress):
        if isinstance(result, Unread):
            unread.append(result)
            continue
        try:
            line = lines.line(result)
        except BadFormat as error:
            unread.append(Unread(result.path, str(error)))
            continue
        output.write(line)
        listed += 1
        size += result.size
    output.flush()
    return WriteReport(listed, size, tuple(skipped), tuple(unread))
