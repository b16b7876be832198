from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.case.facts import Fact
from tests.capture.photo.making import Block, Entry, byte, facts_of, jpeg, rational, text, undefined, values_of

LATITUDE = "GPS latitude"
_NORTH = [text(1, "N"), rational(2, (51, 1), (30, 1), (2652, 100))]
_WEST = [text(3, "W"), rational(4, (0, 1), (7, 1), (4012, 100))]


def test_degrees_are_signed_and_decimal(tmp_path: Path) -> None:
    """South and west are negative, as on every map."""
    facts = facts_of(tmp_path, jpeg(Block(gps=[*_NORTH, *_WEST])))
    assert facts[LATITUDE] == Fact(LATITUDE, 51.5073667, "EXIF GPSLatitude, EXIF GPSLatitudeRef")
    assert facts["GPS longitude"] == Fact("GPS longitude", -0.1278111, "EXIF GPSLongitude, EXIF GPSLongitudeRef")


def test_a_missing_datum_is_not_stated_and_a_written_one_is_as_written(tmp_path: Path) -> None:
    """WGS-84 is not assumed."""
    assert values_of(tmp_path, jpeg(Block(gps=_NORTH)))["GPS datum"] == "not stated"
    assert values_of(tmp_path, jpeg(Block(gps=[*_NORTH, text(18, "TOKYO")])))["GPS datum"] == "TOKYO"


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([rational(2, (51, 1), (30, 1), (0, 1))], "the tag for N or S is missing; the numbers are [51, 30, 0]"),
        ([text(1, "N")], "0 numbers where there should be degrees, minutes and seconds: "),
        ([text(1, "Q"), rational(2, (9, 1), (0, 1), (0, 1))], "the tag for N or S says 'Q'; the numbers are [9, 0, 0]"),
        ([text(1, "E"), rational(2, (9, 1), (0, 1), (0, 1))], "the tag for N or S says 'E'; the numbers are [9, 0, 0]"),
        (
            [text(1, "NS"), rational(2, (9, 1), (0, 1), (0, 1))],
            "the tag for N or S says 'NS'; the numbers are [9, 0, 0]",
        ),
        ([text(1, "N"), rational(2, (51, 0), (30, 1), (0, 1))], "a fraction with zero below the line: [51/0, 30, 0]"),
        ([text(1, "N"), rational(2, (0, 0), (0, 0), (0, 0))], "a fraction with zero below the line: [0/0, 0/0, 0/0]"),
        ([text(1, "N"), rational(2, (91, 1), (0, 1), (0, 1))], "no such place: [91, 0, 0]"),
        ([text(1, "N"), rational(2, (51, 1), (61, 1), (0, 1))], "no such place: [51, 61, 0]"),
        ([text(1, "N"), rational(2, (4294967295, 1), (0, 1), (0, 1))], "no such place: [4294967295, 0, 0]"),
        ([text(1, "N"), rational(2, (51, 1))], "1 numbers where there should be degrees, minutes and seconds: 51"),
        ([text(1, "N"), text(2, "51.5 north")], "written as text: 51.5 north"),
    ],
)
def test_a_place_that_cannot_be_told_gives_its_reason(tmp_path: Path, entries: list[Entry], reason: str) -> None:
    """No position is better than a wrong one."""
    assert values_of(tmp_path, jpeg(Block(gps=entries)))[LATITUDE] == f"could not be read: {reason}"


def test_longitude_goes_to_180(tmp_path: Path) -> None:
    """The date line is a place, beyond it there is none."""
    edge = Block(gps=[text(3, "W"), rational(4, (180, 1), (0, 1), (0, 1))])
    assert values_of(tmp_path, jpeg(edge))["GPS longitude"] == -180.0
    beyond = Block(gps=[text(3, "W"), rational(4, (180, 1), (0, 1), (1, 1))])
    assert values_of(tmp_path, jpeg(beyond))["GPS longitude"] == "could not be read: no such place: [180, 0, 1]"


@given(degrees=st.integers(0, 89), minutes=st.integers(0, 59), seconds=st.integers(0, 59_999), south=st.booleans())
def test_every_place_is_exact_to_a_centimetre(degrees: int, minutes: int, seconds: int, *, south: bool) -> None:
    """Decimal degrees say the same as degrees, minutes and seconds."""
    entries = [text(1, "S" if south else "N"), rational(2, (degrees, 1), (minutes, 1), (seconds, 1000))]
    with tempfile.TemporaryDirectory() as folder:
        value = values_of(Path(folder), Block(gps=entries).encoded())[LATITUDE]
    assert isinstance(value, float)
    assert abs(abs(value) * 3_600_000 - (degrees * 3_600_000 + minutes * 60_000 + seconds)) < 0.5
    assert (value < 0) is (south and bool(degrees or minutes or seconds))


@pytest.mark.parametrize(
    ("entries", "metres", "reference"),
    [
        ([rational(6, (125, 10))], 12.5, "not stated"),
        ([byte(5, 0), rational(6, (125, 10))], 12.5, "above sea level"),
        ([byte(5, 1), rational(6, (4301, 10))], -430.1, "below sea level"),
        ([byte(5, 3), rational(6, (125, 10))], -12.5, "below the ellipsoid"),
        ([undefined(5, b"\1"), rational(6, (125, 10))], -12.5, "below sea level"),
    ],
)
def test_altitude_is_signed_by_its_reference(
    tmp_path: Path, entries: list[Entry], metres: float, reference: str
) -> None:
    """Below sea level is negative, and what the number counts from is said."""
    values = values_of(tmp_path, jpeg(Block(gps=entries)))
    assert (values["GPS altitude"], values["GPS altitude reference"]) == (metres, reference)


@pytest.mark.parametrize("entries", [[byte(5, 9), rational(6, (1, 1))], [rational(6, (1, 0))], [text(6, "high")]])
def test_an_altitude_that_cannot_be_told_gives_its_reason(tmp_path: Path, entries: list[Entry]) -> None:
    """A reference without meaning, a void fraction, text."""
    assert str(values_of(tmp_path, jpeg(Block(gps=entries)))["GPS altitude"]).startswith("could not be read: ")


def test_direction_speed_error_status_and_method_are_facts(tmp_path: Path) -> None:
    """Where the camera looked, how fast it moved and how sure it was."""
    entries = [
        text(9, "V"),
        text(12, "K"),
        rational(13, (50, 1)),
        text(16, "T"),
        rational(17, (12345, 100)),
        undefined(27, b"ASCII\0\0\0GPS"),
        rational(31, (4, 1)),
    ]
    values = values_of(tmp_path, jpeg(Block(gps=entries)))
    assert (values["GPS image direction"], values["GPS image direction reference"]) == (123.45, "true north")
    assert (values["GPS speed"], values["GPS speed unit"]) == (50.0, "km/h")
    assert values["GPS horizontal error"] == 4.0
    assert values["GPS status"] == "measurement void or interrupted"
    assert values["GPS method"] == "GPS"


def test_a_direction_without_reference_or_out_of_bounds_says_so(tmp_path: Path) -> None:
    """Magnetic north is not assumed, and a circle has 360 degrees."""
    values = values_of(tmp_path, jpeg(Block(gps=[rational(17, (90, 1))])))
    assert (values["GPS image direction"], values["GPS image direction reference"]) == (90.0, "not stated")
    values = values_of(tmp_path, jpeg(Block(gps=[text(16, "X"), rational(17, (361, 1))])))
    assert values["GPS image direction"] == "could not be read: 361 is out of bounds"
    assert values["GPS image direction reference"] == "could not be read: says 'X'"
