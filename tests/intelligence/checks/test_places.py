from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hashing.case.events import PostRead
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Post, PostMedia
from hashing.times import system_clock, time_text
from intelligence.checks import check_material, material_of
from intelligence.checks.sun import sun_position
from tests.exports.small_case import Thing, make_case
from tests.intelligence.checks.pictures import jpeg, scene

if TYPE_CHECKING:
    from pathlib import Path

_LEEDS = (53.8008, -1.5491)


def _gps(latitude: float, longitude: float, *more: Fact) -> tuple[Fact, ...]:
    return Fact("GPS latitude", latitude, "GPS"), Fact("GPS longitude", longitude, "GPS"), *more


def _found(tmp_path: Path, facts: tuple[Fact, ...], location: str = "") -> dict[str, list[tuple[str, list[str]]]]:
    maker = make_case(tmp_path)
    capture = maker.begin()
    url = "https://social.example/media/1.jpg"
    capture.add(Thing("1.jpg", jpeg(scene(1)), url=url, facts=facts))
    item = capture.add(Thing("p.json", b"p", "post", "application/json", url="https://social.example/p"))
    media = (PostMedia(url=url, kind=ItemKind.PHOTO),)
    post = Post(platform="fediverse", server="social.example", id="p", location=location, media=media)
    capture.events.append(PostRead(time=time_text(system_clock()), ref=item.ref, post=post))
    capture.seal()
    found: dict[str, list[tuple[str, list[str]]]] = {}
    with material_of(maker.path) as material:
        for each in check_material(material):
            found.setdefault(each.kind, []).append((each.says, [known for _, known in each.rests_on]))
    return found


def test_the_sun_by_the_published_example() -> None:
    """It stands where NREL's algorithm (Reda and Andreas, 2008, example) has it, but for the air's refraction."""
    found = sun_position(datetime(2003, 10, 17, 19, 30, 30, tzinfo=UTC), 39.742476, -105.1786)
    assert found is not None
    assert found.elevation == pytest.approx(39.872, abs=0.02)
    assert found.azimuth == pytest.approx(194.340, abs=0.02)
    assert sun_position(datetime(2060, 1, 1, tzinfo=UTC), 0, 0) is None
    assert "below the horizon" in str(sun_position(datetime(2026, 6, 21, 0, tzinfo=UTC), *_LEEDS))


def test_the_sun_at_a_photos_own_place_and_time(tmp_path: Path) -> None:
    """Where a photo states place and time with its zone, it is said where the sun stood then; else nothing is."""
    taken = (Fact("original time", "2026-06-21T13:05:00", "EXIF"), Fact("original time zone", "+01:00", "EXIF"))
    [(says, [told])] = _found(tmp_path / "zoned", _gps(*_LEEDS, *taken))["sun"]
    assert says == "1 item with a place and a time that is known"
    assert told == (
        "at 53.8008, -1.5491 and EXIF original time 2026-06-21 12:05 UTC "
        "the sun stood 60° above the horizon in the south (179°)"
    )
    assert "sun" not in _found(tmp_path / "unzoned", _gps(*_LEEDS, taken[0]))


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("54.9783, -1.6178", "MP/1-0001 was taken 131 km from where MP/1-0002 says that it was"),
        ("53.81,-1.55", ""),
        (
            "Newcastle",
            "MP/1-0002 says that it was at 'Newcastle'; MP/1-0001, which it shows, states a position of its own",
        ),
        ("", ""),
    ],
)
def test_a_claimed_place_beside_the_photos_own(tmp_path: Path, location: str, said: str) -> None:
    """A post's coordinates are measured against its photo's; words are told beside it; what is near is not told."""
    found = _found(tmp_path, _gps(*_LEEDS), location)
    assert [says for says, _ in found.get("place", [])] == ([said] if said else [])


def test_no_place_is_made_of_what_is_none(tmp_path: Path) -> None:
    """A latitude beyond the pole, or one alone, is no place."""
    time = Fact("GPS time", "2026-06-21T12:00:00Z", "GPS")
    assert "sun" not in _found(tmp_path / "far", _gps(95.0, 0.0, time), "91, 0")
    assert "sun" not in _found(tmp_path / "half", (Fact("GPS latitude", 1.0, "GPS"), time))


def test_a_thumbnail_of_another_shape_and_stripped_photos(tmp_path: Path) -> None:
    """A thumbnail whose shape differs is told, and of which host how many photos state nothing of their making."""
    differs = "differs from the photo's: the photo may have been cropped after the shot"
    found = _found(
        tmp_path, (Fact("thumbnail", "JPEG, 160 by 120 pixels", "EXIF"), Fact("thumbnail shape", differs, "EXIF"))
    )
    assert [says for says, _ in found["edited"]] == [f"MP/1-0001: its thumbnail's shape {differs}"]
    assert [says for says, _ in found["camera"]] == [
        "1 of 1 photo from social.example name neither camera nor time: made so, or stripped on the way"
    ]
