"""A file that is derived from a bundle: it appears under its name whole, or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from exports.bundle.uninterrupted import uninterrupted
from hashing.files.digest import new_hash
from hashing.files.storage import PART, create, settle_for_good, storing, write_all

_HELD = 1 << 18


@dataclass(frozen=True, slots=True)
class ConvertedFile:
    """A file that was written: `size` in bytes, `sha256` in hexadecimal."""

    path: Path
    size: int
    sha256: str


def draft_path(path: Path) -> Path:
    """Return the name that a file has while it is written: one that nobody looks for."""
    return path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}{PART}")


def write_derived(path: Path, pieces: Iterable[bytes]) -> ConvertedFile:
    """Write a file from its pieces. What the pieces raise leaves nothing behind.

    Raises WouldOverwrite, StorageFull, Unwritable.
    """
    # Written under another name, synced, and only then named: a report that is cut off by a full disk must not pass for
    # one.
    part, digest = draft_path(path), new_hash()
    descriptor = create(part)
    try:
        try:
            for held in _gathered(pieces):
                digest.update(held)
                with storing(path):
                    write_all(descriptor, held)
            with storing(path):
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        settle_for_good(part, path)
    finally:
        with uninterrupted():
            part.unlink(missing_ok=True)
    return ConvertedFile(path, digest.size, digest.hexdigest())


def _gathered(pieces: Iterable[bytes]) -> Iterable[bytes]:
    """Gather small pieces, so that each write is worth its while."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= _HELD:
            yield bytes(held)
            held.clear()
    yield bytes(held)
