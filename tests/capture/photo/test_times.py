from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hashing.case.facts import Fact
from tests.capture.photo.making import Block, Entry, facts_of, jpeg, rational, text, values_of

if TYPE_CHECKING:
    from pathlib import Path

ORIGINAL, ORIGINAL_ZONE, SUB_SECONDS = 0x9003, 0x9011, 0x9291
GPS_TIME, GPS_DAY = 7, 29


def _gps_clock(hours: int, minutes: int, seconds: tuple[int, int], day: str) -> list[Entry]:
    return [rational(GPS_TIME, (hours, 1), (minutes, 1), seconds), text(GPS_DAY, day)]


def test_a_naive_time_stays_naive(tmp_path: Path) -> None:
    """A camera that writes no zone does not get one from us."""
    facts = facts_of(tmp_path, jpeg(Block(exif=[text(ORIGINAL, "2026:03:01 12:00:05")])))
    assert facts["original time"] == Fact("original time", "2026-03-01T12:00:05", "EXIF DateTimeOriginal")
    assert facts["original time zone"] == Fact("original time zone", "not stated", "EXIF OffsetTimeOriginal")


@pytest.mark.parametrize("zone", ["+01:00", "-03:30", "+00:00", "+14:00"])
def test_a_stated_zone_stands_beside_the_time_and_in_it(tmp_path: Path, zone: str) -> None:
    """The zone that the photo states is not converted away."""
    block = Block(exif=[text(ORIGINAL, "2026:03:01 12:00:05"), text(ORIGINAL_ZONE, zone)])
    facts = facts_of(tmp_path, jpeg(block))
    assert facts["original time"].value == f"2026-03-01T12:00:05{zone}"
    assert facts["original time zone"] == Fact("original time zone", zone, "EXIF OffsetTimeOriginal")


@pytest.mark.parametrize("zone", ["+25:00", "+01:75", "CET", "+1", "\x1b[2J"])
def test_a_zone_without_sense_leaves_the_time_naive(tmp_path: Path, zone: str) -> None:
    """What is no zone is shown as written, and the time is not shifted by it."""
    block = Block(exif=[text(ORIGINAL, "2026:03:01 12:00:05"), text(ORIGINAL_ZONE, zone)])
    values = values_of(tmp_path, jpeg(block))
    assert values["original time"] == "2026-03-01T12:00:05"
    shown = zone.replace("\x1b", "\\x1b")
    assert values["original time zone"] == f"could not be read: not a zone: {shown}"


def test_a_blank_zone_is_not_stated(tmp_path: Path) -> None:
    """The standard leaves the digits blank where a zone is not known."""
    block = Block(exif=[text(ORIGINAL, "2026:03:01 12:00:05"), text(ORIGINAL_ZONE, "   :  ")])
    assert values_of(tmp_path, jpeg(block))["original time zone"] == "not stated"


@pytest.mark.parametrize("blank", ["    :  :     :  :  ", "                   "])
def test_a_blank_time_is_no_fact(tmp_path: Path, blank: str) -> None:
    """The standard leaves the digits blank where a time is not known."""
    assert "original time" not in values_of(tmp_path, jpeg(Block(exif=[text(ORIGINAL, blank)])))


@pytest.mark.parametrize(
    "time",
    [
        "0000:00:00 00:00:00",
        "2026:13:01 12:00:00",
        "2026:02:30 12:00:00",
        "2026:03:01 24:00:00",
        "2026:03:01 12:00:61",
        "yesterday",
        "2026:03:01",
        "\uff12\uff10\uff12\uff16:03:01 12:00:00",
    ],
)
def test_an_impossible_time_could_not_be_read_and_is_shown_as_written(tmp_path: Path, time: str) -> None:
    """No time is made up from something that is none."""
    value = str(values_of(tmp_path, jpeg(Block(exif=[text(ORIGINAL, time)])))["original time"])
    assert value.startswith("could not be read: ")
    assert value.endswith(time)


@pytest.mark.parametrize(
    ("written", "time", "zone"),
    [
        ("2026-03-01 12:00:05", "2026-03-01T12:00:05", "not stated"),
        ("2026/03/01 12:00:05", "2026-03-01T12:00:05", "not stated"),
        ("2026-03-01T12:00:05.25Z", "2026-03-01T12:00:05.25Z", "Z"),
        ("2026:03:01 12:00:05+0100", "2026-03-01T12:00:05+01:00", "+01:00"),
    ],
)
def test_other_ways_to_write_a_time_are_read_and_kept_as_written(
    tmp_path: Path, written: str, time: str, zone: str
) -> None:
    """Programs that do not follow the standard are understood where there is only one way to do so."""
    values = values_of(tmp_path, jpeg(Block(exif=[text(ORIGINAL, written)])))
    assert values["original time"] == time
    assert values["original time zone"] == zone
    assert values["original time as written"] == written


def test_each_time_has_its_own_zone_and_sub_seconds(tmp_path: Path) -> None:
    """Original, digitized and modified time are three claims, and are not mixed."""
    block = Block(
        image=[text(0x0132, "2026:03:02 08:00:00")],
        exif=[
            text(ORIGINAL, "2026:03:01 12:00:05"),
            text(SUB_SECONDS, "042"),
            text(0x9004, "2026:03:01 12:00:06"),
            text(0x9012, "+02:00"),
            text(0x9010, "+03:00"),
        ],
    )
    values = values_of(tmp_path, jpeg(block))
    assert (values["original time"], values["original time sub-seconds"]) == ("2026-03-01T12:00:05", "042")
    assert values["digitized time"] == "2026-03-01T12:00:06+02:00"
    assert values["modified time"] == "2026-03-02T08:00:00+03:00"


def test_gps_time_is_utc(tmp_path: Path) -> None:
    """The standard defines the GPS time as UTC; fractions of a second are kept."""
    facts = facts_of(tmp_path, jpeg(Block(gps=_gps_clock(11, 0, (4250, 1000), "2026:03:01"))))
    assert facts["GPS time"] == Fact("GPS time", "2026-03-01T11:00:04.250Z", "EXIF GPSTimeStamp")


def test_gps_time_without_its_day_says_so(tmp_path: Path) -> None:
    """The day is not taken from another tag."""
    block = Block(gps=[rational(GPS_TIME, (11, 1), (0, 1), (4, 1))])
    assert values_of(tmp_path, jpeg(block))["GPS time"] == "11:00:04Z, day not stated"


@pytest.mark.parametrize(
    "gps",
    [
        _gps_clock(25, 0, (0, 1), "2026:03:01"),
        _gps_clock(11, 0, (0, 0), "2026:03:01"),
        [rational(GPS_TIME, (11, 1))],
        [text(GPS_TIME, "11:00")],
    ],
)
def test_an_impossible_gps_time_could_not_be_read(tmp_path: Path, gps: list[Entry]) -> None:
    """Each way to be wrong is a fact with its reason."""
    assert str(values_of(tmp_path, jpeg(Block(gps=gps)))["GPS time"]).startswith("could not be read: ")


@pytest.mark.parametrize("day", ["2026:02:30", "today"])
def test_a_gps_time_is_kept_where_only_the_day_is_malformed(tmp_path: Path, day: str) -> None:
    """A day that is none is a fact with its reason, and takes nothing from the time."""
    found = values_of(tmp_path, jpeg(Block(gps=_gps_clock(11, 0, (0, 1), day))))
    assert found["GPS time"] == "11:00:00Z, day not stated"
    assert str(found["GPS day"]).startswith("could not be read: ")


@pytest.mark.parametrize(
    ("clock", "zone"),
    [
        ("2026:03:01 12:00:05", "+01:00"),
        ("2026:03:01 08:00:00", "-03:00"),
        ("2026:03:01 16:44:30", "+05:45"),
        ("2026:03:01 11:00:04", "+00:00"),
    ],
)
def test_the_gps_time_tells_the_zone_of_a_naive_clock(tmp_path: Path, clock: str, zone: str) -> None:
    """Where clock and GPS differ by whole quarters of an hour that zone is named, apart from what the photo states."""
    block = Block(exif=[text(ORIGINAL, clock)], gps=_gps_clock(11, 0, (4, 1), "2026:03:01"))
    values = values_of(tmp_path, jpeg(block))
    assert values["original time zone"] == "not stated"
    assert "Z" not in str(values["original time"])
    assert values["original time zone by GPS"] == zone


@pytest.mark.parametrize("clock", ["2026:03:01 12:07:00", "2026:03:03 12:00:05"])
def test_a_clock_that_does_not_fit_the_gps_time_tells_no_zone(tmp_path: Path, clock: str) -> None:
    """A wrong clock or an old fix must not look like a zone."""
    block = Block(exif=[text(ORIGINAL, clock)], gps=_gps_clock(11, 0, (4, 1), "2026:03:01"))
    assert "original time zone by GPS" not in values_of(tmp_path, jpeg(block))
