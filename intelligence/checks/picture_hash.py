"""A hash of what a photo looks like: near photos have near hashes. The bytes are hostile: run this in the sandbox.

It is PDQ (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019): of a picture of
64 by 64 grey values, which of 16 by 16 low frequencies are above their median. Two differences: a picture is
stood upright as its EXIF orientation asks, and one with a plain border has a second hash, of what is inside of it.
"""

from __future__ import annotations

import math
import warnings
from itertools import pairwise
from operator import mul
from typing import TYPE_CHECKING, BinaryIO

import msgspec

if TYPE_CHECKING:
    from PIL.Image import Image

BITS = 256
NEAR = 31
"""Differing bits up to which two photos count as the same picture, as PDQ's authors advise."""
_SIDE, _FREQUENCIES = 64, 16
_EDGE = 512
"""Pixels to which a photo is reduced first."""
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF")
_MOST_PIXELS = 64_000_000
_PLAIN = 16
"""Grey values by which a border may differ from the corner's."""
_LEAST_LEFT = 0.2
"""Part of each side that must be left when the border is cut off."""
_WAVES = [
    [math.sqrt(2 / _SIDE) * math.cos(math.pi / (2 * _SIDE) * (row + 1) * (2 * column + 1)) for column in range(_SIDE)]
    for row in range(_FREQUENCIES)
]


class PictureHash(msgspec.Struct, frozen=True):
    """The hash, 32 bytes, and how much there is to see, from 0 to 100; or the reason why there is none."""

    bits: bytes = b""
    quality: int = 0
    inside: bytes = b""
    """The hash of what is inside of a plain border; b"" where there is none."""
    reason: str = ""

    def numbers(self) -> tuple[int, ...]:
        """Return the hashes as numbers, for `distance`."""
        return tuple(int.from_bytes(each, "big") for each in (self.bits, self.inside) if each)


def distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """Return how many bits two photos differ in, with or without their borders."""
    return min((here ^ there).bit_count() for here in one for there in other)


def picture_hash(file: BinaryIO) -> PictureHash:
    """Return the hash of the photo that a file holds; of an animation, of its first picture."""
    from PIL import Image

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file, formats=_FORMATS) as picture:
            pixels = picture.size[0] * picture.size[1]
            if pixels > _MOST_PIXELS:
                return PictureHash(reason=f"{pixels / 1e6:,.0f} megapixels are not decoded here")
            grey = _grey(picture)
            bits, quality = _hashed(grey)
            cut = _without_border(grey)
            return PictureHash(bits, quality, _hashed(cut)[0] if cut is not None else b"")
    except MemoryError:
        return PictureHash(reason="it takes more memory to decode than is allowed")
    except Exception as error:  # noqa: BLE001 - Pillow and its plugins raise nearly anything on damaged files
        said = " ".join(str(error).split()) or type(error).__name__
        return PictureHash(reason=f"could not be decoded: {said[:200]}".encode("utf-8", "replace").decode())


def _grey(picture: Image) -> Image:
    """Return a photo in grey values, reduced and upright; what is transparent is white."""
    from PIL import Image as Images
    from PIL import ImageOps

    picture.draft("L", (_EDGE, _EDGE))  # a JPEG is decoded at a fraction of its size
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        layers = picture.convert("RGBA")
        paper = Images.new("RGBA", layers.size, "white")
        grey = Images.alpha_composite(paper, layers).convert("L")
    else:
        grey = picture.convert("L")
    grey.thumbnail((_EDGE, _EDGE), Images.Resampling.BOX)
    grey.info["exif"] = picture.info.get("exif", b"")
    return ImageOps.exif_transpose(grey)


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
    values = list(small.getdata())
    rows = [values[start : start + _SIDE] for start in range(0, len(values), _SIDE)]
    # 2. Its low frequencies: a discrete cosine transform, without the first wave, which is the brightness.
    columns = list(zip(*rows, strict=True))
    half = [[sum(map(mul, wave, column)) for column in columns] for wave in _WAVES]
    frequencies = [sum(map(mul, row, wave)) for row in half for wave in _WAVES]
    # 3. A bit is set where a frequency is above their median.
    median = sorted(frequencies)[BITS // 2 - 1]
    bits = sum(1 << place for place, each in enumerate(frequencies) if each > median)
    return bits.to_bytes(BITS // 8, "big"), _quality(rows, columns)


def _quality(rows: list[list[int]], columns: list[tuple[int, ...]]) -> int:
    """Return how much changes from one value to the next, as PDQ counts it: below 50 a hash tells little."""
    steps = sum(abs(before - after) * 100 // 255 for line in (*rows, *columns) for before, after in pairwise(line))
    return min(steps // 90, 100)
