"""PMTiles version 3: tiles and their directories in one file (https://github.com/protomaps/PMTiles, spec/v3)."""

from __future__ import annotations

import json
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from exports.errors import BadBaseMap
from exports.report.basemap.base_map import HIGHEST, LARGEST_TILE, RASTER, plain
from hashing.case.events import MapTiles

_HEAD = struct.Struct("<7sB8Q24xBBBBBB")
"""Magic and version; offset and length of the root directory, the metadata, the leaf directories and the tiles; counts;
whether clustered; the compressions of directories and of tiles; their type; zooms."""
_VERSION = 3
# Of compressions, 0 being "unknown"; of tiles, 2 to 4 are PNG, JPEG and WebP, and 1 is vector tiles.
_NONE, _GZIP = 1, 2
_RASTER_TYPES = {2, 3, 4}
_LARGEST_DIRECTORY = 16 << 20
_DEEPEST = 4  # Directories on the way to a tile: writers make two, the specification allows a few more.


@dataclass(frozen=True, slots=True)
class _Entry:
    first: int
    run: int  # Tiles in a row that are these bytes; 0 where they are another directory.
    length: int
    offset: int


class PMTiles:
    """An opened file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("rb")
        try:
            self._open()
        except BaseException:
            self._file.close()
            raise

    def _open(self) -> None:
        # The version before the rest: only under it do the further fields mean what is read of them.
        data = self._file.read(_HEAD.size)
        if len(data) < _HEAD.size:
            raise self._bad("ends within its head")
        head = _HEAD.unpack(data)
        (_, version, root, root_size, metadata, metadata_size, self._leaves, _, self._tiles, _, _, self._coding, tiles,
         kind, lowest, highest) = head  # fmt: skip
        if version != _VERSION:
            raise self._bad(f"is PMTiles of version {version}, and version {_VERSION} is read")
        if kind not in _RASTER_TYPES:
            raise BadBaseMap(f"{self._path}: holds no raster tiles", hint=RASTER)
        if self._coding not in {_NONE, _GZIP} or tiles not in {0, _NONE}:
            raise self._bad("is compressed in a way that is not read here (gzip is)")
        self._root = self._directory(root, root_size)
        self._known: dict[int, list[_Entry]] = {}
        self.says = MapTiles(
            name=self._path.name,
            attribution=plain(self._attribution(metadata, metadata_size)),
            lowest=min(lowest, HIGHEST),
            highest=min(highest, HIGHEST),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """Return a tile. Raises BadBaseMap."""
        number = tile_number(zoom, column, row)
        entries = self._root
        for _ in range(_DEEPEST):
            # The last entry that begins at or before the tile: a run of tiles of the same bytes, such as sea, or, with
            # no run, a further directory for all from here on.
            at = bisect_right(entries, number, key=lambda entry: entry.first) - 1
            if at < 0:
                return None
            entry = entries[at]
            if entry.run:
                within = number < entry.first + entry.run
                return self._read(self._tiles + entry.offset, entry.length, LARGEST_TILE) if within else None
            if entry.offset not in self._known:
                self._known[entry.offset] = self._directory(self._leaves + entry.offset, entry.length)
            entries = self._known[entry.offset]
        raise self._bad("nests its directories too deeply")

    def _directory(self, offset: int, length: int) -> list[_Entry]:
        """Read a directory: five columns of varints, one behind another."""
        data = self._unpacked(self._read(offset, length, _LARGEST_DIRECTORY))
        numbers = _varints(data)
        try:
            count = next(numbers)
            if count > len(data):
                raise self._bad("has a directory that names more than it holds")
            # The number of entries, then all ids as differences, all run lengths, all lengths, all offsets. An offset
            # is stored one greater, so that 0 can say "behind the one before".
            steps, runs, lengths, offsets = ([next(numbers) for _ in range(count)] for _ in range(4))
        except StopIteration as error:
            raise self._bad("has a directory that breaks off") from error
        entries: list[_Entry] = []
        number = 0
        for step, run, size, place in zip(steps, runs, lengths, offsets, strict=True):
            number += step
            before = entries[-1] if entries else None
            follows = place == 0 and before is not None
            start = before.offset + before.length if follows and before else place - 1
            entries.append(_Entry(number, run, size, start))
        return entries

    def _attribution(self, offset: int, length: int) -> str:
        try:
            said = json.loads(self._unpacked(self._read(offset, length, _LARGEST_DIRECTORY)) or b"{}")
        except (ValueError, RecursionError) as error:
            raise self._bad("has metadata that is no JSON") from error
        return str(said.get("attribution", "")) if isinstance(said, dict) else ""

    def _read(self, offset: int, length: int, most: int) -> bytes:
        if not 0 <= length <= most or not 0 <= offset < 1 << 62:
            raise self._bad(f"names {length:,} bytes at {offset:,}, which is none of its parts")
        self._file.seek(offset)
        data = self._file.read(length)
        if len(data) < length:
            raise self._bad("is cut off")
        return data

    def _unpacked(self, data: bytes) -> bytes:
        if self._coding == _NONE:
            return data
        # 31: gzip's frame and nothing else, with the largest window.
        unpacking = zlib.decompressobj(wbits=31)
        try:
            plain_data = unpacking.decompress(data, _LARGEST_DIRECTORY)
        except zlib.error as error:
            raise self._bad(f"cannot be unpacked: {error}") from error
        # Bound on the way and not afterwards: a few kB can stand for gigabytes.
        if not unpacking.eof:
            raise self._bad("has a directory that is larger than any, or breaks off")
        return plain_data

    def _bad(self, said: str) -> BadBaseMap:
        return BadBaseMap(f"{self._path}: {said}", hint=RASTER)


def tile_number(zoom: int, column: int, row: int) -> int:
    """Return a tile's number in the file: those of lower zooms first, then along a Hilbert curve."""
    # PMTiles, version 3, "TileID". All tiles of the zooms below: 1 + 4 + 16 + … = (4^zoom - 1) / 3.
    number = ((1 << 2 * zoom) - 1) // 3
    step = (1 << zoom) // 2
    # Then quarter by quarter, the largest first. The curve enters each quarter turned round, so the place in it is
    # turned back before the next one is looked at.
    while step:
        right, down = int(column & step > 0), int(row & step > 0)
        number += step * step * ((3 * right) ^ down)
        if not down:
            if right:
                column, row = step - 1 - column, step - 1 - row
            column, row = row, column
        step //= 2
    return number


def _varints(data: bytes) -> Iterator[int]:
    """Yield unsigned LEB128 numbers of at most 64 bits."""
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number
            yield value & 0xFFFF_FFFF_FFFF_FFFF
            value = shift = 0
        elif shift > 63:  # noqa: PLR2004 - bits
            return
