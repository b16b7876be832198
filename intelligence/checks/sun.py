"""Where the sun stood: a shadow, or the dark, fits a claimed place and time or does not.

The formulas are the Astronomical Almanac's of low precision, as J. Michalsky gives them (Solar Energy 40, 1988):
from 1950 to 2050 they are right to 0.01 degrees, but for the air's refraction, which lifts the sun by half a degree
where it rises and sets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

# J2000.0.
_EPOCH = datetime(2000, 1, 1, 12, tzinfo=UTC)
_FIRST, _LAST = 1950, 2050
_WINDS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


@dataclass(frozen=True, slots=True)
class SunPosition:
    """Degrees above the horizon, without refraction, and clockwise from true north."""

    elevation: float
    azimuth: float

    def __str__(self) -> str:
        """Say where it stood, in words."""
        wind = _WINDS[round(self.azimuth / 45) % 8]
        if self.elevation < 0:
            return f"the sun was {-self.elevation:.0f}° below the horizon"
        return f"the sun stood {self.elevation:.0f}° above the horizon in the {wind} ({self.azimuth:.0f}°)"


def sun_position(moment: datetime, latitude: float, longitude: float) -> SunPosition | None:
    """Return where the sun stands at a moment and a place in degrees; None beyond the years of the formulas."""
    if not _FIRST <= moment.year < _LAST:
        return None
    days = (moment - _EPOCH).total_seconds() / 86400
    # 1. Where it is on the ecliptic: mean longitude and anomaly, and from them its longitude.
    mean = 280.460 + 0.9856474 * days
    anomaly = math.radians(357.528 + 0.9856003 * days)
    ecliptic = math.radians(mean + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 0.0000004 * days)
    # 2. On the sky: right ascension and declination.
    ascension = math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic))
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    # 3. From the place: by its sidereal time, the hour angle; by that, the height and the direction.
    hours = (days - 0.5) % 1 * 24  # of the day in UTC
    sidereal = math.radians((6.697375 + 0.0657098242 * days + hours) * 15 + longitude)
    angle, north = sidereal - ascension, math.radians(latitude)
    height = math.asin(
        math.sin(declination) * math.sin(north) + math.cos(declination) * math.cos(north) * math.cos(angle)
    )
    east = -math.cos(declination) * math.sin(angle)
    along = math.sin(declination) * math.cos(north) - math.cos(declination) * math.sin(north) * math.cos(angle)
    return SunPosition(math.degrees(height), math.degrees(math.atan2(east, along)) % 360)
