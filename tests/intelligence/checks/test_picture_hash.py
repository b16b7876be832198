from __future__ import annotations

import io
import random

import pytest

from intelligence.checks import near_pictures
from intelligence.checks.near_pictures import near_pairs
from intelligence.checks.picture_hash import NEAR, distance, picture_hash
from tests.intelligence.checks.pictures import CHANGES, jpeg, png, scene

_PDQ = (
    (1, "d1d5c1f143e951c1e2e3e8a3a1a0baa81fd872b36137ec4eac2d653cfb3281d1"),
    (2, "3bb43338e27ca045aa42804747092f4b54ae7cfabd3b56a86b539d7be0f52313"),
    (3, "a63c90640ff922ccc7ec4c99a52d3225db3bd20d7c26ed8dc1cda4f01e58da5b"),
)
"""What pdqhash 0.2.8, of PDQ's own authors, makes of these pictures."""


def _numbers(data: bytes) -> tuple[int, ...]:
    made = picture_hash(io.BytesIO(data))
    assert made.reason == ""
    return made.numbers()


@pytest.mark.parametrize(("seed", "expected"), _PDQ)
def test_it_is_pdq(seed: int, expected: str) -> None:
    """The hash is PDQ's but for a few bits, which rounding makes."""
    assert (_numbers(png(scene(seed)))[0] ^ int(expected, 16)).bit_count() <= 4


def test_unrelated_pictures_are_far_apart() -> None:
    """Of pictures that have nothing to do with each other, none is near to another."""
    hashes = [_numbers(jpeg(scene(seed))) for seed in range(40)]
    assert min(distance(one, other) for place, one in enumerate(hashes) for other in hashes[:place]) > 2 * NEAR


@pytest.mark.parametrize("change", CHANGES)
def test_what_platforms_do_to_a_picture(change: str) -> None:
    """A picture that was resized, encoded anew, framed, turned or greyed is near to the original."""
    for seed in range(3):
        assert distance(_numbers(jpeg(scene(seed))), _numbers(CHANGES[change](scene(seed)))) <= NEAR


def test_a_picture_with_nothing_to_see() -> None:
    """A plain picture has a hash of no quality; what is no picture has a reason and no hash."""
    from PIL import Image

    assert picture_hash(io.BytesIO(jpeg(Image.new("RGB", (64, 64), "red")))).quality == 0
    broken = picture_hash(io.BytesIO(b"\xff\xd8\xff\xe0 no picture"))
    assert (broken.bits, broken.reason[:20]) == (b"", "could not be decoded")


def test_near_ones_are_found_without_comparing_all() -> None:
    """The pairs that are found by bands are those that comparing each with each finds, at every distance."""
    chance = random.Random(17)  # noqa: S311 - bits, not keys
    values: list[tuple[int, ...]] = [(chance.getrandbits(256),) for _ in range(200)]
    for place in range(96):
        bits = sum(1 << bit for bit in chance.sample(range(256), place % 48))
        values.append((chance.getrandbits(256), values[place][0] ^ bits) if place % 3 else (values[place][0] ^ bits,))
    expected = {
        (place, other)
        for place, value in enumerate(values)
        for other in range(place)
        if distance(value, values[other]) <= NEAR
    }
    assert len(expected) > 50
    found = list(near_pairs(values))
    assert (set(found), len(found)) == (expected, len(expected))


def test_thousands_of_one_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many that are near to each other each is found, by the first of them, and not each with each."""
    monkeypatch.setattr(near_pictures, "_CROWD", 20)
    chance = random.Random(17)  # noqa: S311 - bits, not keys
    view = chance.getrandbits(256)
    values = [(view ^ sum(1 << bit for bit in chance.sample(range(256), 9)),) for _ in range(500)]
    found = list(near_pairs(values))
    assert {place for place, _ in found} == set(range(1, 500))
    assert len(found) <= 20 * 500
