"""Pictures made from a seed, and what platforms and people do to them."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageEnhance, ImageOps

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = (640, 480)


def scene(seed: int) -> Image.Image:
    """Return a picture of coloured shapes, another one for each seed."""
    chance = random.Random(seed)  # noqa: S311 - shapes, not keys
    picture = Image.new("RGB", SIZE, tuple(chance.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(picture)
    for _ in range(chance.randrange(25, 60)):
        x, y, width, height = (chance.randrange(each) for each in (*SIZE, 260, 200))
        shape = draw.ellipse if chance.random() < 0.5 else draw.rectangle
        colour = tuple(chance.randrange(256) for _ in range(3))
        shape((x - width // 2, y - height // 2, x + width // 2, y + height // 2), fill=colour)
    return picture


def jpeg(picture: Image.Image, quality: int = 88, turned: int = 0, taken: str = "") -> bytes:
    """Return a picture as JPEG; `turned` is its EXIF orientation, `taken` its EXIF original time."""
    out, exif = io.BytesIO(), Image.Exif()
    if turned:
        exif[0x0112] = turned
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    picture.save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()


def png(picture: Image.Image) -> bytes:
    """Return a picture as PNG."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


CHANGES: dict[str, Callable[[Image.Image], bytes]] = {
    "half the size": lambda picture: jpeg(picture.resize((320, 240))),
    "encoded badly": lambda picture: jpeg(picture, 20),
    "a white border": lambda picture: jpeg(ImageOps.expand(picture, 60, "white")),
    "black bars": lambda picture: jpeg(ImageOps.expand(picture, (0, 90), "black")),
    "another format": png,
    "without colour": lambda picture: jpeg(picture.convert("L")),
    "a little brighter": lambda picture: jpeg(ImageEnhance.Brightness(picture).enhance(1.15)),
    "turned, and its EXIF says so": lambda picture: jpeg(picture.transpose(Image.Transpose.ROTATE_90), turned=6),
}
"""What a near-duplicate is made by, and is found all the same."""
