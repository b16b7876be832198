"""A map: positions on a graticule, with a scale bar, as shapes for an SVG of our own; on tiles where they are given.

Equirectangular, or Web Mercator on tiles; true to scale at the middle latitude: right for a scene or a town, rough for
a continent, and the page says so. Nothing is fetched, so without a base map there are no streets on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from exports.report.basemap import ChosenTiles
from exports.report.basemap.chosen import PlacedTile
from exports.report.places import MapPlace

WIDTH, HEIGHT = 960, 600
_MARGIN = 64
_METRES = 111_320.0  # Metres in a degree of latitude, to a half per cent.
_MERCATOR = 85.0  # Degrees of latitude: Web Mercator ends there.
_SMALLEST = 400.0  # Metres: a single position is shown in so much of its surroundings.
_MARK = 14  # Marks that lie nearer than this, in units of the drawing, are one mark with a number.
_LETTER, _LINE = 9.0, 14.0  # Width and height of a label's letter, in the same units.
_MOST_LABELS = 60
_APART = 96  # Between two lines of the graticule, at least.
# Degrees between two lines, and metres of the scale bar: numbers that people count in.
_STEPS = (
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60,
)  # fmt: skip
_BARS = (
    10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000,
    2_000_000, 5_000_000,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A meridian or parallel: where it is in the drawing, and what it is called."""

    at: float
    name: str


@dataclass(frozen=True, slots=True)
class MapMark:
    """One or more positions that lie together; `label` is "" where there is no room for it.

    `side` is the SVG's text-anchor: where the label begins, is centred or ends.
    """

    x: float
    y: float
    places: tuple[MapPlace, ...]
    label: str = ""
    label_x: float = 0
    label_y: float = 0
    side: str = "start"

    @property
    def radius(self) -> float:
        """Larger where there are more."""
        return min(7 + 2.5 * math.log2(len(self.places)), 22)


@dataclass(frozen=True, slots=True)
class Drawing:
    """The shapes of one map, and the scale bar's length in the drawing with what it stands for."""

    meridians: tuple[Line, ...]
    parallels: tuple[Line, ...]
    marks: tuple[MapMark, ...]
    bar: float
    bar_name: str
    tiles: tuple[PlacedTile, ...] = ()


@dataclass(frozen=True, slots=True)
class _View:
    """How degrees become units of the drawing; `north` is the upper edge, as `up` writes latitudes."""

    west: float
    north: float
    per_east: float
    per_north: float
    per_metre: float
    mercator: bool

    def x(self, longitude: float) -> float:
        return round((longitude - self.west) * self.per_east, 1)

    def y(self, latitude: float) -> float:
        return round((self.north - _up(latitude, mercator=self.mercator)) * self.per_north, 1)

    def latitude(self, y: float) -> float:
        """Return the latitude at a height of the drawing."""
        up = self.north - y / self.per_north
        return math.degrees(math.atan(math.sinh(math.radians(up)))) if self.mercator else up


def draw(placed: Sequence[MapPlace], chosen: ChosenTiles | None = None) -> Drawing:
    """Lay positions out, on tiles of a base map where it has some there; there must be one position at least.

    Raises BadBaseMap.
    """
    # 1. Longitudes made to run on across the 180th meridian: places in Fiji are neighbours, not a world apart.
    east = _unbroken([place.longitude for place in placed])
    latitudes = [place.latitude for place in placed]
    tiles: tuple[PlacedTile, ...] = ()
    # 2. Lay out without tiles; with tiles in Web Mercator, which they are drawn in, but only if there are tiles there.
    view = _view(latitudes, east, mercator=False)
    if chosen is not None and max(map(abs, latitudes)) < _MERCATOR:
        on_tiles = _view(latitudes, east, mercator=True)
        west, north = (on_tiles.west + 180) / 360, 0.5 - on_tiles.north / 360
        tiles = chosen.under(west, north, on_tiles.per_east * 360, WIDTH, HEIGHT)
        view = on_tiles if tiles else view
    points = [(view.x(longitude), view.y(place.latitude), place) for longitude, place in zip(east, placed, strict=True)]
    # 3. The scale bar is the longest round length that takes no more than a quarter of the width.
    bar = max((each for each in _BARS if each * view.per_metre <= WIDTH / 4), default=_BARS[0])
    return Drawing(
        meridians=tuple(_meridians(view, _step(view.per_east))),
        parallels=tuple(_parallels(view, _step(view.per_metre * _METRES))),
        marks=tuple(_marks(points)),
        bar=round(bar * view.per_metre, 1),
        bar_name=f"{bar // 1000:,} km" if bar >= 1_000 else f"{bar} m",  # noqa: PLR2004 - a kilometre
        tiles=tiles,
    )


def _up(latitude: float, *, mercator: bool) -> float:
    """Return how far north a latitude is drawn: in degrees, or in those of Web Mercator (EPSG:3857)."""
    return math.degrees(math.asinh(math.tan(math.radians(latitude)))) if mercator else latitude


def degrees(value: float, letters: str) -> str:
    """Write degrees with the letter of their side: `51.5074° N`."""
    return f"{abs(value):.7f}".rstrip("0").rstrip(".") + f"° {letters[value < 0]}"


def _unbroken(longitudes: Sequence[float]) -> list[float]:
    """Shift longitudes by a turn where that brings them together: a scene can lie on both sides of the date line."""
    ordered = sorted(longitudes)
    gaps = [(after - before, after) for before, after in pairwise(ordered)]
    widest, start = max(gaps, default=(0.0, 0.0))
    if widest <= ordered[0] + 360 - ordered[-1]:
        return list(longitudes)
    return [each + 360 if each < start else each for each in longitudes]


def _view(latitudes: Sequence[float], longitudes: Sequence[float], *, mercator: bool) -> _View:
    ups = [_up(latitude, mercator=mercator) for latitude in latitudes]
    north, south = max(ups), min(ups)
    east, west = max(longitudes), min(longitudes)
    # A degree of longitude is shorter towards the poles; 0.01 keeps the division below finite at them.
    shrunk = max(math.cos(math.radians((max(latitudes) + min(latitudes)) / 2)), 0.01)
    metres_east = _METRES * shrunk
    metres_north = metres_east if mercator else _METRES
    tall = max((north - south) * metres_north, _SMALLEST)
    wide = max((east - west) * metres_east, _SMALLEST)
    per_metre = min((WIDTH - 2 * _MARGIN) / wide, (HEIGHT - 2 * _MARGIN) / tall)
    per_north, per_east = per_metre * metres_north, per_metre * metres_east
    return _View(
        west=(east + west) / 2 - WIDTH / 2 / per_east,
        north=(north + south) / 2 + HEIGHT / 2 / per_north,
        per_east=per_east,
        per_north=per_north,
        per_metre=per_metre,
        mercator=mercator,
    )


def _step(per_degree: float) -> float:
    """Return how many degrees lie between two lines, so that there is room for their names."""
    return next((each for each in _STEPS if each * per_degree >= _APART), _STEPS[-1])


def _meridians(view: _View, step: float) -> Iterator[Line]:
    for number in range(math.ceil(view.west / step), math.floor((view.west + WIDTH / view.per_east) / step) + 1):
        longitude = (number * step + 180) % 360 - 180
        yield Line(view.x(number * step), degrees(round(longitude, 4), "EW"))


def _parallels(view: _View, step: float) -> Iterator[Line]:
    for number in range(math.ceil(view.latitude(HEIGHT) / step), math.floor(view.latitude(0) / step) + 1):
        if abs(number * step) <= 90:  # noqa: PLR2004 - the poles
            yield Line(view.y(number * step), degrees(round(number * step, 4), "NS"))


def _marks(points: Sequence[tuple[float, float, MapPlace]]) -> Iterator[MapMark]:
    together: dict[tuple[int, int], list[tuple[float, float, MapPlace]]] = {}
    for x, y, place in points:
        together.setdefault((round(x / _MARK), round(y / _MARK)), []).append((x, y, place))
    taken: list[tuple[float, float, float, float]] = []
    # The largest first: where labels are in each other's way, that of the most items is the one to be read.
    for group in sorted(together.values(), key=len, reverse=True):
        x = round(sum(each[0] for each in group) / len(group), 1)
        y = round(sum(each[1] for each in group) / len(group), 1)
        mark = MapMark(x, y, tuple(each[2] for each in group))
        name = group[0][2].ref + (f" +{len(group) - 1}" if len(group) > 1 else "")
        # Each label is compared with all before it, which is why there is a most of them.
        room = _room(mark, name, taken) if len(taken) < _MOST_LABELS else None
        yield MapMark(x, y, mark.places, name, *room) if room else mark


def _room(mark: MapMark, name: str, taken: list[tuple[float, float, float, float]]) -> tuple[float, float, str] | None:
    """Find a place beside a mark where its label covers no other; None where there is none."""
    wide, off = len(name) * _LETTER, mark.radius + 5
    for x, y, side, left in (
        (mark.x + off, mark.y + 5, "start", mark.x + off),
        (mark.x - off, mark.y + 5, "end", mark.x - off - wide),
        (mark.x, mark.y - off, "middle", mark.x - wide / 2),
        (mark.x, mark.y + off + 12, "middle", mark.x - wide / 2),
    ):
        box = (left, y - _LINE, left + wide, y + 4)
        inside = left > 0 and box[1] > 0 and box[2] < WIDTH and box[3] < HEIGHT
        if inside and not any(_meet(box, other) for other in taken):
            taken.append(box)
            return round(x, 1), round(y, 1), side
    return None


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
