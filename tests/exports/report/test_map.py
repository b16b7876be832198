from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.format.manifest import ListedItem
from exports.report.map_drawing import HEIGHT, WIDTH, degrees, draw
from exports.report.places import MapPlace, Unplaced, _place, regions
from hashing.case.facts import Fact
from tests.exports.listed import an_item

POINTS = st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=30)


def item(*facts: Fact) -> ListedItem:
    """Return a photo with these facts."""
    return an_item(facts=facts)


def place(latitude: float, longitude: float) -> MapPlace:
    """Return a position."""
    return MapPlace(ref=item().ref, latitude=latitude, longitude=longitude, error="", tag="GPS")


@given(POINTS)
def test_every_position_is_on_the_map(points: list[tuple[float, float]]) -> None:
    """Wherever positions lie, all of them are drawn, within the edges, and so are the labels that there is room for."""
    drawing = draw([place(*point) for point in points])
    assert sum(len(mark.places) for mark in drawing.marks) == len(points)
    for mark in drawing.marks:
        assert -1 <= mark.x <= WIDTH + 1
        assert -1 <= mark.y <= HEIGHT + 1
    assert 0 < drawing.bar <= WIDTH
    assert len(drawing.meridians) < 60
    assert len(drawing.parallels) < 60


@given(POINTS)
def test_regions_lose_nothing(points: list[tuple[float, float]]) -> None:
    """Each position is in one region."""
    placed = [place(*point) for point in points]
    found = [each for region in regions(placed) for each in region]
    assert sorted(map(id, found)) == sorted(map(id, placed))


def test_a_scene_on_the_date_line_is_one_scene() -> None:
    """Positions on both sides of the date line are near each other."""
    points = [place(-17.0, 179.999), place(-17.0, -179.999)]
    assert len(regions(points)) == 1
    drawing = draw(points)
    apart = abs(drawing.marks[0].x - drawing.marks[-1].x)
    assert drawing.bar_name == "200 m"
    assert apart / drawing.bar * 200 == pytest.approx(213, rel=0.01)


def test_the_scale_bar_is_true() -> None:
    """The bar's length stands for its metres at the latitude of the map."""
    drawing = draw([place(60.0, 10.0), place(60.0, 10.02)])  # 1,113 m apart at 60° north
    apart = abs(drawing.marks[0].x - drawing.marks[1].x)
    assert drawing.bar_name == "200 m"
    assert apart / drawing.bar * 200 == pytest.approx(1_113, rel=0.01)


@pytest.mark.parametrize(
    "values",
    [
        ("could not be read: 1/0", 1.0),
        (91.0, 0.0),
        (0.0, 181.0),
        (math.nan, 0.0),
        (True, 0.0),
        (10**400, 0),
        ("51", "0"),
    ],
)
def test_what_is_no_position(values: tuple[str | float, str | float]) -> None:
    """A claim that is out of bounds, not a number, or text, is listed as it stands and never drawn."""
    facts = [Fact(f"GPS {name}", value, "GPS") for name, value in zip(("latitude", "longitude"), values, strict=True)]
    found = _place(item(*facts))
    assert isinstance(found, Unplaced)
    assert str(values[0]) in found.said


def test_half_a_position() -> None:
    """A latitude without a longitude is said to be that."""
    found = _place(item(Fact("GPS latitude", 51.5, "GPS")))
    assert isinstance(found, Unplaced)
    assert found.said == "GPS latitude 51.5, and no other half"
    assert _place(item()) is None


def test_degrees_with_their_side() -> None:
    """Degrees are written with the letter of their side."""
    assert [degrees(51.5, "NS"), degrees(-0.1278, "EW"), degrees(0.0, "NS")] == ["51.5° N", "0.1278° W", "0° N"]
