"""The demo's photos: drawn when they are needed, with EXIF as a telephone writes it. Place and people are invented."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Exif, Image
    from PIL.ImageDraw import ImageDraw

WIDTH, HEIGHT = 800, 600
_ON_ITS_SIDE = 6
"""EXIF's word for a photo that is to be turned clockwise by a quarter to stand upright."""
_STREET = (51.2417, -0.5691)
_MAKE, _MODEL, _SOFTWARE = "Halden", "Halden P4", "HaldenCam 2.3"


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo of the scene: its file name, what it shows, and how the camera that took it is set."""

    name: str
    alt: str
    minute: int
    zone: str = "+00:00"
    gps: bool = True
    orientation: int = 1
    exif: bool = True

    def encoded(self) -> bytes:
        """Draw it; the same each time. Returns the file's bytes."""
        picture = _draw(self.minute)
        if self.orientation == _ON_ITS_SIDE:
            from PIL.Image import Transpose

            picture = picture.transpose(Transpose.ROTATE_90)
        file = io.BytesIO()
        kind = {"png": "PNG", "webp": "WEBP"}.get(self.name.rpartition(".")[2], "JPEG")
        if self.exif:
            picture.save(file, kind, quality=82, exif=self._exif())
        else:
            picture.save(file, kind, quality=82)
        return file.getvalue()

    def _exif(self) -> Exif:
        from PIL import Image
        from PIL.ExifTags import GPS, IFD, Base

        exif = Image.Exif()
        exif[Base.Make], exif[Base.Model], exif[Base.Software] = _MAKE, _MODEL, _SOFTWARE
        exif[Base.Orientation] = self.orientation
        taken = f"2026:03:01 18:{self.minute:02d}:07"
        camera = exif.get_ifd(IFD.Exif)
        camera[Base.DateTimeOriginal] = taken
        if self.zone:
            camera[Base.OffsetTimeOriginal] = self.zone
        if self.gps:
            latitude, longitude = _STREET[0] + self.minute * 0.00004, _STREET[1] + self.minute * 0.00009
            where = exif.get_ifd(IFD.GPSInfo)
            where[GPS.GPSLatitudeRef], where[GPS.GPSLatitude] = "N", _degrees(latitude)
            where[GPS.GPSLongitudeRef], where[GPS.GPSLongitude] = "W", _degrees(-longitude)
            where[GPS.GPSMapDatum] = "WGS-84"
        return exif


def _degrees(value: float) -> tuple[float, float, float]:
    whole = int(value)
    minutes = int((value - whole) * 60)
    return float(whole), float(minutes), round((value - whole - minutes / 60) * 3600, 3)


def _draw(minute: int) -> Image:
    """Draw the street at dusk: sky, houses, and a fire that grows from photo to photo."""
    from PIL import Image, ImageDraw, ImageFilter

    chance = random.Random(minute)  # noqa: S311 - a picture, not a secret
    sky = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
    picture = Image.merge("RGB", [sky.point([low + tone * rise // 255 for tone in range(256)])
                                  for low, rise in ((24, 190), (28, 80), (62, 20))])  # fmt: skip
    smoke = Image.new("L", (WIDTH, HEIGHT), 0)
    clouds = ImageDraw.Draw(smoke)
    for puff in range(6 + minute * 2):
        radius = 20 + puff * 5
        x, y = 470 + puff * 9 + chance.randint(-30, 30), 320 - puff * 13 + chance.randint(-15, 15)
        clouds.ellipse((x - radius, y - radius, x + radius, y + radius), fill=130)
    picture.paste((38, 36, 40), mask=smoke.filter(ImageFilter.BoxBlur(14)))
    draw = ImageDraw.Draw(picture)
    _houses(draw, chance)
    _flames(draw, chance, minute)
    draw.rectangle((0, 520, WIDTH, HEIGHT), fill=(30, 29, 33))
    for dash in range(0, WIDTH, 90):
        draw.rectangle((dash, 556, dash + 44, 561), fill=(120, 116, 104))
    if minute > 6:  # noqa: PLR2004 - when the engine arrives
        _engine(draw, 40 + minute * 12)
    return picture


def _houses(draw: ImageDraw, chance: random.Random) -> None:
    for house in range(6):
        left, top = house * 140 - 20, 250 + (house * 37) % 90
        draw.rectangle((left, top, left + 132, 520), fill=(44 + house * 3, 36, 42))
        draw.polygon(((left - 6, top), (left + 66, top - 56), (left + 138, top)), fill=(28, 24, 30))
        for window in range(6):
            x, y = left + 18 + window % 3 * 38, top + 30 + window // 3 * 70
            lit = chance.random() < 0.4  # noqa: PLR2004 - some people are at home
            draw.rectangle((x, y, x + 22, y + 34), fill=(240, 196, 110) if lit else (20, 20, 28))


def _flames(draw: ImageDraw, chance: random.Random, minute: int) -> None:
    for colour, size in (((196, 52, 20), 1.0), ((244, 126, 24), 0.7), ((255, 220, 120), 0.36)):
        for tongue in range(7):
            x, height = 436 + tongue * 16, (50 + minute * 7 + chance.randint(0, 46)) * size
            draw.polygon(
                ((x - 17 * size, 330), (x + chance.randint(-9, 9), 330 - height), (x + 17 * size, 330)), fill=colour
            )


def _engine(draw: ImageDraw, left: int) -> None:
    draw.rectangle((left, 452, left + 190, 530), fill=(176, 24, 28))
    draw.rectangle((left + 138, 462, left + 182, 492), fill=(150, 190, 214))
    draw.rectangle((left, 500, left + 190, 510), fill=(244, 224, 60))
    draw.rectangle((left + 150, 442, left + 176, 452), fill=(60, 120, 255))
    for wheel in (34, 150):
        draw.ellipse((left + wheel - 20, 510, left + wheel + 20, 550), fill=(14, 14, 16))


PHOTOS = (
    Photo("front.jpg", "The front of the shop, a minute after the first flames", 2),
    Photo("smoke.jpg", "Smoke over the roofs", 3),
    Photo("crowd.jpg", "People on the far pavement", 4, zone=""),
    Photo("door.jpg", "The side door", 5),
    Photo("portrait.jpg", "Taken upright, stored on its side", 6, orientation=6),
    Photo("engine.jpg", "The first engine arrives", 7),
    Photo("hose.jpg", "Hoses across the road", 8, zone=""),
    Photo("copied.jpg", "Sent on by a messenger, without its data", 9, exif=False),
    Photo("screenshot.png", "A screenshot", 10, gps=False),
    Photo("late.webp", "Half an hour later", 11),
    Photo("roof.jpg", "The roof gives way", 12),
    Photo("after.jpg", "After the fire", 13),
)
