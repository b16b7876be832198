"""The place that a post names: Pixelfed's `place`, GNU social's and Friendica's `geo`, ActivityPub's `location`."""

from __future__ import annotations

from capture.extractors.json_value import Json, line, mapping, sequence

_AXES = 2


def read_place(said: Json) -> str:
    """Return the place that a post names, with its coordinates if it gives them; "" where it names none."""
    for key in ("place", "location", "geo"):
        place = said.get(key)
        if isinstance(place, str) and line(place):
            return line(place)
        named = mapping(place)
        words = [line(named.get(name), 300) for name in ("name", "city", "country")]
        found = ", ".join(dict.fromkeys(filter(None, [*words, _coordinates(named)])))
        if found:
            return found
    return ""


def _coordinates(place: Json) -> str:
    """Return `latitude, longitude` in degrees."""
    pairs = (
        (place.get("latitude"), place.get("longitude")),
        (place.get("lat"), place.get("long")),
        tuple(sequence(place.get("coordinates"), _AXES)),
    )
    for pair in pairs:
        degrees = [_degrees(each) for each in pair]
        if len(degrees) == _AXES and all(degrees):
            return ", ".join(degrees)
    return ""


def _degrees(value: object) -> str:
    if isinstance(value, str):
        return line(value, 30) if value.strip().lstrip("+-").replace(".", "", 1).isdecimal() else ""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -180 <= value <= 180:  # noqa: PLR2004
        return ""
    return f"{value:.7f}".rstrip("0").rstrip(".")
