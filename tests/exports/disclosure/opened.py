"""A bundle as whoever receives it may search it: every file, out of the zip, and out of its compression."""

from __future__ import annotations

import gzip
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def everything(bundle: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of every file of a bundle; of a compressed one, also what it holds."""
    for name, data in _files(bundle):
        yield name, data
        if name.endswith(".gz"):
            yield f"{name} (unpacked)", gzip.decompress(data)


def _files(bundle: Path) -> Iterator[tuple[str, bytes]]:
    if bundle.is_dir():
        for path in sorted(bundle.rglob("*")):
            if path.is_file():
                yield path.relative_to(bundle).as_posix(), path.read_bytes()
    else:
        with zipfile.ZipFile(bundle) as archive:
            for info in archive.infolist():
                yield info.filename, archive.read(info)


def where(bundle: Path, *values: str) -> list[tuple[str, str]]:
    """Return which of these values stand in which files or names of files."""
    return [
        (name, value)
        for name, data in everything(bundle)
        for value in values
        if value.encode() in data or value in name
    ]
