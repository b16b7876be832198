"""What gives tiles: an MBTiles or PMTiles file, or a bundle that holds the tiles of its maps already."""

from __future__ import annotations

import re
from html import unescape
from typing import Protocol

from exports.errors import BadBaseMap
from exports.format.bundle_files import BundleFiles
from hashing.case.events import MapTiles
from hashing.printable import printable

HIGHEST = 22  # Zoom levels beyond this show single centimetres.
# Bytes; a tile of 256 pixels has 10,000 to 100,000.
LARGEST_TILE = 2 << 20
_FORMS = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "webp": b"RIFF"}
# An attribution comes as HTML of whoever made the map, and is shown as text.
_TAG = re.compile(r"<[^>]{0,2000}>")
_BEFORE_STOP = re.compile(r" (?=[,.;])")
_LONGEST = 300


class BaseMap(Protocol):
    """Raster tiles of the Web Mercator pyramid (EPSG:3857), 4^zoom of them a level."""

    @property
    def says(self) -> MapTiles:
        """Its name, whom it is by, and its lowest and highest zoom; no digest."""
        ...

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """Return a tile, counted from the west and the north; None where it has none. Raises BadBaseMap."""
        ...


class HeldTiles:
    """The tiles that a bundle holds, as its export records them. Raises what opening a file of the bundle raises."""

    def __init__(self, says: MapTiles, files: BundleFiles) -> None:
        self.says = says
        self._files = files

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """Return a tile of the bundle."""
        for form in _FORMS:
            name = f"{_FOLDER}{zoom}-{column}-{row}.{form}"
            if name in self._files.names:
                with self._files.opened(name) as file:
                    return file.read(LARGEST_TILE)
        return None


_FOLDER = "data/report/tiles/"


def tile_name(zoom: int, column: int, row: int, data: bytes) -> str:
    """Return a tile's file name, `12-2047-1362.png`. Raises BadBaseMap for what no browser draws as a picture."""
    form = next((form for form, magic in _FORMS.items() if data.startswith(magic)), "")
    if not form or (form == "webp" and data[8:12] != b"WEBP"):
        raise BadBaseMap(f"tile {zoom}/{column}/{row} is neither PNG, JPEG nor WebP", hint=RASTER)
    return f"{zoom}-{column}-{row}.{form}"


RASTER = "give a base map of raster tiles (PNG, JPEG, WebP): vector tiles take a program that draws them"


def plain(attribution: str) -> str:
    """Return whom a map is by as plain text: map files write it in HTML."""
    text = " ".join(unescape(_TAG.sub(" ", attribution[:4_000])).split())
    return printable(_BEFORE_STOP.sub("", text), _LONGEST)
