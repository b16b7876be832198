"""MBTiles 1.3: tiles in an SQLite database (https://github.com/mapbox/mbtiles-spec)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from exports.errors import BadBaseMap
from exports.report.basemap.base_map import HIGHEST, LARGEST_TILE, RASTER, plain
from hashing.case.events import MapTiles

# Steps of SQLite's machine between two looks, and looks at one question: a view in a file can go on for ever.
_STEPS, _MOST = 100_000, 200
_VECTOR = {"pbf", "mvt"}


class MBTiles:
    """An opened file, read only and as it is: no journal of it is replayed, and nothing is written beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        address = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
        self._base = sqlite3.connect(address, uri=True)
        self._looks = 0
        self._base.set_progress_handler(self._look, _STEPS)
        try:
            # The file is a stranger's database: read only, views and triggers in it may call no function that does
            # something, and every question is given up after so many steps (SQLite's "Defense Against The Dark Arts").
            self._base.execute("PRAGMA trusted_schema = OFF")
            rows = self._rows("SELECT name, value FROM metadata LIMIT 200")
            metadata = {str(name): str(value) for name, value in rows}
            if metadata.get("format", "").lower() in _VECTOR:
                raise BadBaseMap(f"{path}: holds vector tiles", hint=RASTER)
            zooms = [
                int(metadata[name]) if metadata.get(name, "").isdecimal() else self._zoom(edge)
                for name, edge in (("minzoom", "min"), ("maxzoom", "max"))
            ]
        except BaseException:
            self._base.close()
            raise
        self.says = MapTiles(
            name=path.name,
            attribution=plain(metadata.get("attribution", "")),
            lowest=min(zooms[0], HIGHEST),
            highest=min(zooms[1], HIGHEST),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._base.close()

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """Return a tile; its rows are counted from the south (TMS). Raises BadBaseMap."""
        found = self._rows(
            "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ? LIMIT 1",
            zoom,
            column,
            # MBTiles 1.3, section "Content": rows are TMS's, and every other name of a tile counts them from the north.
            2**zoom - 1 - row,
        )
        data = found[0][0] if found else None
        if data is not None and (not isinstance(data, bytes) or len(data) > LARGEST_TILE):
            raise BadBaseMap(f"{self._path}: tile {zoom}/{column}/{row} is no picture", hint=RASTER)
        return data

    def _zoom(self, edge: str) -> int:
        [(zoom,)] = self._rows(f"SELECT {edge}(zoom_level) FROM tiles")  # noqa: S608 - one of two words of ours
        if not isinstance(zoom, int) or zoom < 0:
            raise BadBaseMap(f"{self._path}: holds no tiles", hint=RASTER)
        return zoom

    def _rows(self, question: str, *values: int) -> list[tuple[object, ...]]:
        self._looks = 0
        try:
            with closing(self._base.execute(question, values)) as cursor:
                return cursor.fetchall()
        except sqlite3.Error as error:
            raise BadBaseMap(f"{self._path}: cannot be read as MBTiles: {error}") from error

    def _look(self) -> int:
        self._looks += 1
        return self._looks > _MOST
