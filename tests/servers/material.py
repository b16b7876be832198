"""What people post in these tests: photos as a telephone writes them, and a short video."""

from __future__ import annotations

import io
from importlib.resources import files

SMOKE_ALT, WATER_ALT = "Smoke over the roofs of the market", "Water in the street, seen from a bridge"


def photo(red: int, green: int, blue: int, *, size: tuple[int, int] = (960, 720)) -> bytes:
    """Return a JPEG with a camera's name and a place in its EXIF, which services are known to take away."""
    from PIL import Image
    from PIL.ExifTags import GPS, IFD, Base

    tones = Image.linear_gradient("L").resize(size)
    bands = [tones.point([low + tone * (255 - low) // 255 for tone in range(256)]) for low in (red, green, blue)]
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = "Halden", "Halden P4"
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = "2026:03:01 18:02:07"
    where = exif.get_ifd(IFD.GPSInfo)
    where[GPS.GPSLatitudeRef], where[GPS.GPSLatitude] = "N", (51.0, 14.0, 30.12)
    where[GPS.GPSLongitudeRef], where[GPS.GPSLongitude] = "W", (0.0, 34.0, 8.76)
    file = io.BytesIO()
    Image.merge("RGB", bands).save(file, "JPEG", quality=85, exif=exif)
    return file.getvalue()


def two_photos() -> tuple[bytes, bytes]:
    """Return a photo of smoke and one of water."""
    return photo(180, 60, 30), photo(20, 60, 160)


def clip() -> bytes:
    """Return four seconds of H.264 and AAC in MP4."""
    return files("validation.demo").joinpath("clip.mp4").read_bytes()
