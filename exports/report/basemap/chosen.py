"""Which tiles a drawing needs, and where they stand in it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import msgspec

from exports.report.basemap.base_map import HIGHEST, BaseMap, tile_name
from hashing.case.events import MapTiles
from hashing.files.digest import Digest

_EDGE = 256  # Pixels of a tile's edge; drawn at between half of that and all of it.
_MOST = 80  # Tiles under one drawing: a map whose lowest zoom is too fine for a continent is left away there.


@dataclass(frozen=True, slots=True)
class PlacedTile:
    """A tile in a drawing: its file, its upper left corner and its edge, in units of the drawing."""

    name: str
    x: float
    y: float
    edge: float


@dataclass(slots=True)
class ChosenTiles:
    """The tiles of a base map that the drawings of a report take: their bytes by their names."""

    source: BaseMap
    tiles: dict[str, bytes] = field(default_factory=dict)

    @property
    def says(self) -> MapTiles:
        """What is recorded of them, with one digest over all of them."""
        return msgspec.structs.replace(self.source.says, sha256=digest_of(self.tiles))

    def under(self, west: float, north: float, per_turn: float, width: float, height: float) -> tuple[PlacedTile, ...]:
        """Return the tiles under a drawing; none where the map holds none there, or only in too many pieces.

        `west` and `north` are its upper left corner in turns of the world, 0 to 1 from the west and the north of the
        Web Mercator square; `per_turn` are units of the drawing a turn. Raises BadBaseMap.
        """
        says = self.source.says
        # Tiles of zoom z are 2^z by 2^z squares of the Web Mercator square, rows from the north. Rounded up: tiles are
        # then drawn smaller than they are, never blurred.
        wanted = math.ceil(math.log2(per_turn / _EDGE)) if per_turn > _EDGE else 0
        zoom = max(min(max(wanted, says.lowest), says.highest, HIGHEST), 0)
        count = 2**zoom
        edge = per_turn / count
        columns = range(math.floor(west * count), math.floor(west * count + width / edge) + 1)
        rows = range(max(math.floor(north * count), 0), min(math.floor(north * count + height / edge) + 1, count))
        if len(columns) * len(rows) > _MOST:
            return ()
        placed = []
        for column in columns:
            for row in rows:
                # Columns go round the world, so that a drawing across the 180th meridian has its tiles on both sides;
                # rows do not.
                data = self.source.tile(zoom, column % count, row)
                if not data:
                    continue
                name = tile_name(zoom, column % count, row, data)
                self.tiles[name] = data
                x, y = (column - west * count) * edge, (row - north * count) * edge
                placed.append(PlacedTile(name, round(x, 2), round(y, 2), round(edge, 2)))
        return tuple(placed)


def digest_of(tiles: dict[str, bytes]) -> str:
    """Return the SHA-256 of a list of tiles, each a line as of sha256sum, by their names; "" where there is none."""
    lines = [f"{Digest.of_bytes(data).hex}  {name}\n" for name, data in sorted(tiles.items())]
    return Digest.of_bytes("".join(lines).encode()).hex if lines else ""
