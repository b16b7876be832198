"""The times that a photo states: as written, naive where no zone stands beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from capture.photo import names
from capture.photo.exif_tags import ExifTag, Tags
from capture.photo.gps_facts import gps_time
from capture.photo.photo_file import PhotoNotRead
from hashing.case.facts import Fact

_TIMES = (
    (
        names.ORIGINAL_TIME,
        ExifTag("EXIF", 0x9003, "DateTimeOriginal"),
        ExifTag("EXIF", 0x9011, "OffsetTimeOriginal"),
        ExifTag("EXIF", 0x9291, "SubSecTimeOriginal"),
    ),
    (
        names.DIGITIZED_TIME,
        ExifTag("EXIF", 0x9004, "DateTimeDigitized"),
        ExifTag("EXIF", 0x9012, "OffsetTimeDigitized"),
        ExifTag("EXIF", 0x9292, "SubSecTimeDigitized"),
    ),
    (
        names.MODIFIED_TIME,
        ExifTag("Image", 0x0132, "DateTime"),
        ExifTag("EXIF", 0x9010, "OffsetTime"),
        ExifTag("EXIF", 0x9290, "SubSecTime"),
    ),
)
_STANDARD = re.compile(r"[0-9]{4}:[0-9]{2}:[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_WRITTEN = re.compile(
    r"([0-9]{4})[:/.-]([0-9]{2})[:/.-]([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"([.,][0-9]{1,9})?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-9]{2})")
_UNKNOWN = re.compile(r"[ :]*")  # Digits left blank: the standard's way to say that a time is not known.
_STALE = timedelta(seconds=90)  # How far a GPS time may lie from the camera's clock and still vouch for its zone.
_WIDEST = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class _Time:
    """A time in ISO 8601 without a zone, and the zone if the text itself has one."""

    iso: str
    zone: str


def time_facts(tags: Tags) -> Iterator[Fact]:
    """Yield each time, its zone or that none is stated, and its sub-seconds."""
    for name, tag, zone_tag, sub_tag in _TIMES:
        try:
            text = tags.text(tag)
            # 1. Not known is no fact. 2. The time, and its zone or that there is none. 3. As written, where that is not
            # the standard's form. 4. The zone by GPS, which is reckoned and said to be, never put into the time itself.
            if _UNKNOWN.fullmatch(text):
                continue
            time = _parsed(text)
        except PhotoNotRead as error:
            yield Fact(name, f"{names.COULD_NOT_BE_READ}{error}", str(tag))
            continue
        yield from _stated(tags, name, tag, zone_tag, time)
        if not _STANDARD.fullmatch(text):
            yield Fact(name + names.AS_WRITTEN, text, str(tag))
        yield from _sub_seconds(tags, name, sub_tag)
        if name == names.ORIGINAL_TIME:
            yield from _zone_by_gps(tags, time, tag)


def _parsed(text: str) -> _Time:
    """Return a time as it is written in EXIF, and in the forms that some programs write instead. Raises NotRead."""
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise PhotoNotRead(f"not a time: {text[:100]}")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        datetime(int(year), int(month), int(day), int(hour), int(minute), min(int(second), 59), tzinfo=UTC)
    except ValueError as error:
        raise PhotoNotRead(f"no such day or hour: {text[:100]}") from error
    if int(second) > 60:  # noqa: PLR2004 - 60 is a leap second
        raise PhotoNotRead(f"no such second: {text[:100]}")
    iso = f"{year}-{month}-{day}T{hour}:{minute}:{second}{(fraction or '').replace(',', '.')}"
    if zone and zone != "Z":
        zone = _zone(f"{zone[:3]}:{zone[-2:]}")
    return _Time(iso, zone or "")


def _stated(tags: Tags, name: str, tag: ExifTag, zone_tag: ExifTag, time: _Time) -> Iterator[Fact]:
    """Yield a time with its zone, or naive, and beside it the zone or that none is stated."""
    try:
        zone = time.zone or _zone(tags.text(zone_tag))
        said = zone or names.NOT_STATED
    except PhotoNotRead as error:
        zone, said = "", f"{names.COULD_NOT_BE_READ}{error}"
    yield Fact(name, f"{time.iso}{zone}", str(tag))
    yield Fact(name + names.ZONE, said, str(tag if time.zone else zone_tag))


def _zone(text: str) -> str:
    """Return a zone as `+01:00`, "" where it is left blank. Raises NotRead."""
    if _UNKNOWN.fullmatch(text):
        return ""
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[2]) > 14 or int(match[3]) > 59:  # noqa: PLR2004 - the widest zone; minutes
        raise PhotoNotRead(f"not a zone: {text[:100]}")
    return text


def _sub_seconds(tags: Tags, name: str, tag: ExifTag) -> Iterator[Fact]:
    try:
        text = tags.text(tag)
    except PhotoNotRead as error:
        text = f"{names.COULD_NOT_BE_READ}{error}"
    if text:
        yield Fact(name + names.SUB_SECONDS, text, str(tag))


def _zone_by_gps(tags: Tags, time: _Time, tag: ExifTag) -> Iterator[Fact]:
    """Reckon the zone: how far the camera's clock stands from the GPS time, where that is a zone's distance."""
    try:
        utc = gps_time(tags)
        local = datetime.fromisoformat(time.iso).replace(tzinfo=UTC)
    except (PhotoNotRead, ValueError):
        return
    if utc is None or utc.day is None:
        return
    # Zones are whole quarters of an hour from UTC. A difference that is none is a clock that is wrong, or a GPS time
    # left over from an earlier fix, and tells no zone.
    apart = local - utc.day - utc.time
    quarters = round(apart / timedelta(minutes=15))
    if abs(apart) > _WIDEST or abs(apart - quarters * timedelta(minutes=15)) > _STALE:
        return
    hours, quarter = divmod(abs(quarters), 4)
    value = f"{'-' if quarters < 0 else '+'}{hours:02d}:{quarter * 15:02d}"
    yield Fact(names.ORIGINAL_ZONE_BY_GPS, value, f"{tag}, EXIF GPSDateStamp, EXIF GPSTimeStamp")
