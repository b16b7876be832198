"""Opening a map file, of either form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exports.errors import BadBaseMap
from exports.report.basemap.base_map import BaseMap


@contextmanager
def open_base_map(path: Path) -> Iterator[BaseMap]:
    """Open a map file, told by its first bytes. Raises BadBaseMap for what is none, or has no raster tiles."""
    try:
        with path.open("rb") as file:
            # SQLite's magic has 16 bytes (sqlite.org/fileformat, section 1.3.1).
            head = file.read(16)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadBaseMap(f"{path}: {reason}", hint="name an .mbtiles or .pmtiles file with --basemap") from error
    if head.startswith(b"SQLite format 3\0"):
        from exports.report.basemap.mbtiles import MBTiles

        with MBTiles(path) as opened:
            yield opened
    elif head.startswith(b"PMTiles"):
        from exports.report.basemap.pmtiles import PMTiles

        with PMTiles(path) as packed:
            yield packed
    else:
        raise BadBaseMap(f"{path}: neither MBTiles nor PMTiles", hint="a base map is an .mbtiles or .pmtiles file")
