"""A hash of what a photo looks like: near photos have near hashes. The bytes are hostile: run this in the sandbox.

It is PDQ (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019): of a picture of
64 by 64 grey values, which of 16 by 16 low frequencies are above their median. Two differences: a picture is
stood upright as its EXIF orientation asks, and one with a plain border has a second hash, of what is inside of it.
"""

from __future__ import annotations

import io
import math
import sys
from array import array
from collections.abc import Iterator, Sequence
from functools import partial
from operator import mul
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from exports.report.small_copy import of_picture, upright
from intelligence.checks.signed_words import may_carry_credentials

if TYPE_CHECKING:
    from PIL.Image import Image

BITS = 256
NEAR = 31  # Differing bits up to which two photos count as the same picture, as PDQ's authors advise.
_SIDE, _FREQUENCIES = 64, 16
_EDGE = 512  # Pixels to which a photo is reduced first.
_ORIENTATION = 0x0112
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF")
_PLAIN = 16  # Grey values by which a border may differ from the corner's.
_LEAST_LEFT = 0.2  # Part of each side that must be left when the border is cut off.
_SCALE = 20  # Bits behind the point of what a wave has: those of two waves, and a sum of grey values, fit a lane.
_WAVES = [
    [
        round(math.sqrt(2 / _SIDE) * math.cos(math.pi / (2 * _SIDE) * (row + 1) * (2 * column + 1)) * (1 << _SCALE))
        for column in range(_SIDE)
    ]
    for row in range(_FREQUENCIES)
]
# Bits: sums of many grey values times waves are added side by side in one large integer, a lane for each.
_LANE = 64


class PictureHash(msgspec.Struct, frozen=True):
    """The hash, 32 bytes, and how much there is to see, from 0 to 100; or the reason why there is none."""

    bits: bytes = b""
    quality: int = 0
    inside: bytes = b""  # The hash of what is inside of a plain border; b"" where there is none.
    reason: str = ""
    signed: bool = False  # Whether the file may have content credentials.

    def numbers(self) -> tuple[int, ...]:
        """Return the hashes as numbers, for `distance`."""
        return tuple(int.from_bytes(each, "big") for each in (self.bits, self.inside) if each)


class GreyCopy(msgspec.Struct, frozen=True):
    """A photo that was decoded and encoded anew, as PNG; or the reason why there is none."""

    data: bytes = b""
    reason: str = ""


def distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """Return how many bits two photos differ in, with or without their borders."""
    return min((here ^ there).bit_count() for here in one for there in other)


def picture_hashes(*files: BinaryIO) -> Iterator[PictureHash]:
    """Yield the hash of each file's photo; and, as it is read already, whether it may have content credentials."""
    for file in files:
        yield msgspec.structs.replace(picture_hash(file), signed=may_carry_credentials(file))


def picture_hash(file: BinaryIO) -> PictureHash:
    """Return the hash of the photo that a file holds; of an animation, of its first picture."""
    found = of_picture(file, _FORMATS, _hash)
    return PictureHash(reason=found) if isinstance(found, str) else found


def grey_copy(file: BinaryIO, edge: int) -> GreyCopy:
    """Return a photo as PNG, upright and grey, its longer side at most `edge` pixels."""
    found = of_picture(file, _FORMATS, partial(_encoded, edge=edge))
    return GreyCopy(reason=found) if isinstance(found, str) else GreyCopy(found)


def _hash(picture: Image) -> PictureHash:
    grey = _grey(picture, _EDGE)
    bits, quality = _hashed(grey)
    cut = _without_border(grey)
    return PictureHash(bits, quality, _hashed(cut)[0] if cut is not None else b"")


def _encoded(picture: Image, edge: int) -> bytes:
    out = io.BytesIO()
    grey = _grey(picture, edge)
    grey.info.clear()
    grey.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _grey(picture: Image, edge: int) -> Image:
    """Return a photo in grey values, reduced and upright; what is transparent is white."""
    from PIL import Image as Images

    picture.draft("L", (edge, edge))  # a JPEG is decoded at a fraction of its size
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        layers = picture.convert("RGBA")
        paper = Images.new("RGBA", layers.size, "white")
        grey = Images.alpha_composite(paper, layers).convert("L")
    else:
        grey = picture.convert("L")
    grey.thumbnail((edge, edge), Images.Resampling.BOX)
    return upright(grey, picture.getexif().get(_ORIENTATION, 1))


def _without_border(grey: Image) -> Image | None:
    """Return what is inside of a border that is as plain as the picture's corner; None where there is none."""
    from PIL import Image as Images
    from PIL import ImageChops

    corner = Images.new("L", grey.size, grey.getpixel((0, 0)))
    box = ImageChops.difference(grey, corner).point(lambda value: 255 if value > _PLAIN else 0).getbbox()
    if box is None or min((box[2] - box[0]) / grey.width, (box[3] - box[1]) / grey.height) < _LEAST_LEFT:
        return None
    return grey.crop(box) if box != (0, 0, *grey.size) else None


def _hashed(grey: Image) -> tuple[bytes, int]:
    """Return the hash, and how much there is to see."""
    from PIL import Image as Images
    from PIL import ImageFilter

    # 1. Twice a mean over a 128th of each side, and of that every 64th: PDQ's filter of Jarosz.
    width, height = (max((side + 127) // 128 - 1, 0) / 2 for side in grey.size)
    soft = grey.filter(ImageFilter.BoxBlur((width, height))).filter(ImageFilter.BoxBlur((width, height)))
    small = soft.resize((_SIDE, _SIDE), Images.Resampling.NEAREST)
    # 2. Its low frequencies: a discrete cosine transform, without the first wave, which is the brightness.
    values = small.tobytes()
    half = _transformed([values[start : start + _SIDE] for start in range(0, len(values), _SIDE)])
    by_column = _transformed(list(zip(*half, strict=True)))
    frequencies = [each for row in zip(*by_column, strict=True) for each in row]
    # 3. A bit is set where a frequency is above their median.
    median = sorted(frequencies)[BITS // 2 - 1]
    bits = sum(1 << place for place, each in enumerate(frequencies) if each > median)
    return bits.to_bytes(BITS // 8, "big"), _quality(small)


def _transformed(rows: Sequence[Sequence[int]]) -> list[array[int]]:
    """Return for each wave the sum of the rows, each row times what the wave has for it.

    A row is one long number with a lane of 64 bits for each value: a multiplication then takes the whole row at once,
    and all of a photo takes a fifth of the time that it takes value by value.
    """
    width = len(rows[0])
    signs = sum(1 << _LANE * (lane + 1) - 1 for lane in range(width))  # no lane then borrows from its neighbour
    numbers = [(int.from_bytes(array("q", list(row)).tobytes(), sys.byteorder) ^ signs) - signs for row in rows]
    sums = (sum(map(mul, wave, numbers)) for wave in _WAVES)
    return [array("q", ((each + signs) ^ signs).to_bytes(width * _LANE // 8, sys.byteorder)) for each in sums]


def _quality(small: Image) -> int:
    """Return how much changes from one value to the next, as PDQ counts it: below 50 a hash tells little."""
    from PIL import ImageChops

    end = _SIDE - 1
    beside = ImageChops.difference(small.crop((0, 0, end, _SIDE)), small.crop((1, 0, _SIDE, _SIDE)))
    below = ImageChops.difference(small.crop((0, 0, _SIDE, end)), small.crop((0, 1, _SIDE, _SIDE)))
    counts = zip(beside.histogram(), below.histogram(), strict=True)
    steps = sum(step * 100 // 255 * (one + other) for step, (one, other) in enumerate(counts))
    return min(steps // 90, 100)
