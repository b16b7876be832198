"""What a line of a hash list says, whatever its form."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hashing.errors import BadFormat
from hashing.files.digest import Digest


@dataclass(frozen=True, slots=True)
class ListEntry:
    """A file with what a list says of it; `line` counts from 1, `size` is in bytes where the form states it."""

    line: int
    path: Path
    digests: tuple[Digest, ...]
    size: int | None = None
    # What the one digest may be instead, where the list does not name its algorithm and the length fits two.
    alternative: Digest | None = None


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be understood, and why; `line` counts from 1."""

    line: int
    reason: str


def path_of(name: bytes) -> Path:
    """Return the path that the bytes of a name stand for, UTF-8 or not. Raises BadFormat for no name at all."""
    if not name:
        raise BadFormat("no file name")
    if b"\0" in name:
        raise BadFormat("a file name with a zero byte, which no system allows")
    return Path(os.fsdecode(name))
