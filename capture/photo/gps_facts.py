"""Where and when a photo was taken, by its GPS tags: decimal degrees, signed, or why they cannot be told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from capture.photo import names
from capture.photo.exif_tags import ExifTag, Tags
from capture.photo.photo_file import PhotoNotRead
from capture.photo.text import kept_text
from hashing.case.facts import Fact

# EXIF 2.32, section 4.6.6.
_LATITUDE_REF, _LATITUDE = ExifTag("GPS", 1, "GPSLatitudeRef"), ExifTag("GPS", 2, "GPSLatitude")
_LONGITUDE_REF, _LONGITUDE = ExifTag("GPS", 3, "GPSLongitudeRef"), ExifTag("GPS", 4, "GPSLongitude")
_ALTITUDE_REF, _ALTITUDE = ExifTag("GPS", 5, "GPSAltitudeRef"), ExifTag("GPS", 6, "GPSAltitude")
_TIME, _DAY = ExifTag("GPS", 7, "GPSTimeStamp"), ExifTag("GPS", 29, "GPSDateStamp")
_STATUS = ExifTag("GPS", 9, "GPSStatus")
_SPEED_REF, _SPEED = ExifTag("GPS", 12, "GPSSpeedRef"), ExifTag("GPS", 13, "GPSSpeed")
_DIRECTION_REF, _DIRECTION = ExifTag("GPS", 16, "GPSImgDirectionRef"), ExifTag("GPS", 17, "GPSImgDirection")
_DATUM = ExifTag("GPS", 18, "GPSMapDatum")
_METHOD = ExifTag("GPS", 27, "GPSProcessingMethod")
_ERROR = ExifTag("GPS", 31, "GPSHPositioningError")

_REFERENCES = {
    names.GPS_DIRECTION_REFERENCE: {"T": "true north", "M": "magnetic north"},
    names.GPS_SPEED_UNIT: {"K": "km/h", "M": "miles/h", "N": "knots"},
    names.GPS_STATUS: {"A": "measurement valid", "V": "measurement void or interrupted"},
}
_ALTITUDE_REFERENCES = {
    0: "above sea level", 1: "below sea level",
    2: "above the ellipsoid", 3: "below the ellipsoid",
}  # fmt: skip
_DATE = re.compile(r"([0-9]{4})[:-]([0-9]{2})[:-]([0-9]{2})")


@dataclass(frozen=True, slots=True)
class GpsTime:
    """A moment in UTC: the time of day, and the day where the photo states it."""

    time: timedelta
    day: datetime | None

    def __str__(self) -> str:
        seconds, microseconds = self.time.seconds, self.time.microseconds
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        if microseconds:
            clock += f".{microseconds // 1000:03d}"
        return f"{clock}Z, day not stated" if self.day is None else f"{self.day:%Y-%m-%d}T{clock}Z"


def gps_facts(tags: Tags) -> Iterator[Fact]:
    """Yield the facts that the GPS tags state."""
    # Numbers and letters are two tags: without the letter the hemisphere is unknown, and no position is told. The datum
    # is named beside any position, since some cameras use another than WGS 84.
    latitude = _angle(tags, names.GPS_LATITUDE, _LATITUDE, _LATITUDE_REF, "NS", 90)
    longitude = _angle(tags, names.GPS_LONGITUDE, _LONGITUDE, _LONGITUDE_REF, "EW", 180)
    position = [*latitude, *longitude, *_altitude(tags)]
    yield from position
    if position:
        yield from _value(names.GPS_DATUM, _DATUM, lambda: tags.text(_DATUM) or names.NOT_STATED)
    yield from _value(names.GPS_TIME, _TIME, lambda: gps_time(tags))
    yield from _bad_day(tags)
    yield from _number(tags, names.GPS_DIRECTION, _DIRECTION, 360)
    yield from _reference(tags, names.GPS_DIRECTION_REFERENCE, _DIRECTION_REF, _DIRECTION)
    yield from _number(tags, names.GPS_ERROR, _ERROR)
    yield from _number(tags, names.GPS_SPEED, _SPEED)
    yield from _reference(tags, names.GPS_SPEED_UNIT, _SPEED_REF, _SPEED)
    yield from _reference(tags, names.GPS_STATUS, _STATUS)
    yield from _method(tags)


def gps_time(tags: Tags) -> GpsTime | None:
    """Return the GPS time, which the standard defines as UTC; None where none is stated. Raises PhotoNotRead."""
    if _TIME not in tags:
        return None
    numbers = tags.numbers(_TIME)
    whole = [number for number in numbers if number is not None]
    if len(numbers) != 3 or len(whole) != 3:  # noqa: PLR2004 - hours, minutes, seconds
        raise PhotoNotRead(f"not three numbers: {tags.written(_TIME)}")
    hours, minutes, seconds = whole
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds <= 60):  # noqa: PLR2004 - a clock's bounds
        raise PhotoNotRead(f"no such time: {tags.written(_TIME)}")
    time = timedelta(microseconds=int((hours * 3600 + minutes * 60 + seconds) * 1_000_000))
    try:
        return GpsTime(time, _gps_day(tags))
    except PhotoNotRead:
        return GpsTime(time, None)  # the day is told by itself


def _gps_day(tags: Tags) -> datetime | None:
    """Return the day of the GPS time, None where none is stated. Raises PhotoNotRead."""
    text = tags.text(_DAY)
    match = _DATE.fullmatch(text)
    if not text:
        return None
    try:
        if match is None:
            raise PhotoNotRead(f"not a day: {text[:100]}")
        return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC)
    except ValueError as error:
        raise PhotoNotRead(f"no such day: {text[:100]}") from error


def _bad_day(tags: Tags) -> Iterator[Fact]:
    """Yield that the day of the GPS time could not be read, where it is so."""
    try:
        _gps_day(tags)
    except PhotoNotRead as error:
        yield Fact(names.GPS_DAY, f"{names.COULD_NOT_BE_READ}{error}", str(_DAY))


def _angle(tags: Tags, name: str, tag: ExifTag, ref: ExifTag, letters: str, most: int) -> Iterator[Fact]:
    if tag in tags or ref in tags:
        yield from _value(name, tag, lambda: _degrees(tags, tag, ref, letters, most), f"{tag}, {ref}")


def _degrees(tags: Tags, tag: ExifTag, ref: ExifTag, letters: str, most: int) -> float:
    """Return signed decimal degrees to seven places, about a centimetre. Raises PhotoNotRead."""
    numbers = tags.numbers(tag)
    written = tags.written(tag)
    whole = [number for number in numbers if number is not None]
    if len(numbers) != 3:  # noqa: PLR2004 - degrees, minutes, seconds
        raise PhotoNotRead(f"{len(numbers)} numbers where there should be degrees, minutes and seconds: {written}")
    if len(whole) != 3:  # noqa: PLR2004 - none of them void
        raise PhotoNotRead(f"a fraction with zero below the line: {written}")
    degrees, minutes, seconds = whole
    # Sixty is allowed for minutes and seconds: cameras round 59.9999 up, and the place is the same.
    angle = degrees + minutes / 60 + seconds / 3600
    if not (0 <= angle <= most and degrees >= 0 and 0 <= minutes <= 60 and 0 <= seconds <= 60):  # noqa: PLR2004 - parts of a degree
        raise PhotoNotRead(f"no such place: {written}")
    letter = tags.text(ref)
    if letter not in {letters[0], letters[1]}:
        said = f"says {letter[:20]!r}" if letter else "is missing"
        raise PhotoNotRead(f"the tag for {letters[0]} or {letters[1]} {said}; the numbers are {written}")
    # Adding 0.0 turns -0.0, which a place on the equator would have, into 0.0.
    return round(float(-angle if letter in "SW" else angle), 7) + 0.0


def _altitude(tags: Tags) -> Iterator[Fact]:
    if _ALTITUDE not in tags:
        return
    try:
        metres = tags.number(_ALTITUDE)
        ref = tags.number(_ALTITUDE_REF) if _ALTITUDE_REF in tags else Fraction(0)  # 0 is the standard's default
        if ref not in _ALTITUDE_REFERENCES:
            raise PhotoNotRead(f"its reference is {ref}, which has no meaning; the number is {metres}")
    except PhotoNotRead as error:
        yield Fact(names.GPS_ALTITUDE, f"{names.COULD_NOT_BE_READ}{error}", str(_ALTITUDE))
        return
    tag = f"{_ALTITUDE}, {_ALTITUDE_REF}" if _ALTITUDE_REF in tags else str(_ALTITUDE)
    yield Fact(names.GPS_ALTITUDE, round(float(-metres if ref % 2 else metres), 3) + 0.0, tag)
    words = _ALTITUDE_REFERENCES[int(ref)] if _ALTITUDE_REF in tags else names.NOT_STATED
    yield Fact(names.GPS_ALTITUDE_REFERENCE, words, str(_ALTITUDE_REF))


def _number(tags: Tags, name: str, tag: ExifTag, most: int = 1_000_000) -> Iterator[Fact]:
    def _bounded() -> float | None:
        if tag not in tags:
            return None
        number = tags.number(tag)
        if not 0 <= number <= most:
            raise PhotoNotRead(f"{tags.written(tag)} is out of bounds")
        return round(float(number), 3)

    yield from _value(name, tag, _bounded)


def _reference(tags: Tags, name: str, tag: ExifTag, of: ExifTag | None = None) -> Iterator[Fact]:
    """Yield what a one-letter tag means; where the number it belongs to is there, also that it is missing."""
    try:
        # A number without its letter is worth half: degrees of which north, speed in which unit.
        letter = tags.text(tag)
        meaning = _REFERENCES[name].get(letter, f"{names.COULD_NOT_BE_READ}says {letter[:20]!r}")
    except PhotoNotRead as error:
        letter, meaning = "?", f"{names.COULD_NOT_BE_READ}{error}"
    if letter:
        yield Fact(name, meaning, str(tag))
    elif of is not None and of in tags:
        yield Fact(name, names.NOT_STATED, str(tag))


def _method(tags: Tags) -> Iterator[Fact]:
    try:
        data = tags.data(_METHOD)[0][8:]  # the first eight bytes name the coding, which is ASCII in practice
        text = kept_text(data, len(data))
    except PhotoNotRead as error:
        text = f"{names.COULD_NOT_BE_READ}{error}"
    if text:
        yield Fact(names.GPS_METHOD, text, str(_METHOD))


def _value(name: str, tag: ExifTag, read: Callable[[], float | str | GpsTime | None], tags: str = "") -> Iterator[Fact]:
    try:
        value = read()
    except PhotoNotRead as error:
        yield Fact(name, f"{names.COULD_NOT_BE_READ}{error}", str(tag))
        return
    if value is not None:
        yield Fact(name, value if isinstance(value, float) else str(value), tags or str(tag))
