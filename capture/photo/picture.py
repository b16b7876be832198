"""Whether a photo's whole picture is there: it is decoded once, as cheaply as its format allows, and thrown away."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass

from capture.photo import names
from capture.photo.parts import Parts
from capture.photo.photo_file import PhotoFile
from capture.photo.text import in_plain_words
from hashing.case.facts import Fact

MOST_PIXELS = 64_000_000
# Pixels times passes over them, the same on every machine: a few kilobytes can ask for thousands of passes.
_MOST_STEPS = 1 << 32
_LARGEST_FILE = 256 << 20
_PLUGINS = {
    "JPEG": "JpegImagePlugin", "PNG": "PngImagePlugin", "GIF": "GifImagePlugin", "WEBP": "WebPImagePlugin",
    "TIFF": "TiffImagePlugin", "BMP": "BmpImagePlugin", "ICO": "IcoImagePlugin", "AVIF": "AvifImagePlugin",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """What came of decoding. `size` is the pixel size that Pillow found, or None."""

    fact: Fact
    size: tuple[int, int] | None = None


def decode(photo: PhotoFile, parts: Parts, name: str, pillow_format: str) -> DecodedPicture:
    """Decode a photo's first picture; `pillow_format` is "" where Pillow has no decoder for it.

    This does not see a picture whose middle was damaged in a way that its format cannot tell, and of an animation or a
    file of several pictures it sees the first alone.
    """
    # Refused before decoding, by what the file declares; asked again below of what Pillow makes of it, since two
    # readers may differ on a hostile file.
    pixels = parts.width * parts.height
    if pixels > MOST_PIXELS:
        return _not_decoded(f"{pixels / 1e6:,.0f} megapixels are declared, and no more than 64 are decoded")
    if pixels * parts.scans > _MOST_STEPS:
        return _not_decoded(
            f"{pixels / 1e6:,.0f} megapixels in {parts.scans:,} scans are far more than a camera writes"
        )
    if photo.size > _LARGEST_FILE:
        return _not_decoded(f"a file of {photo.size:,} bytes is not decoded")
    if not pillow_format or not _has_decoder(pillow_format):
        return _not_decoded(f"{name} pictures are not decoded here")
    from PIL import Image, ImageFile

    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint, where it is loaded too, has Pillow read what is broken off
    size = None
    try:
        with warnings.catch_warnings(action="ignore"):
            photo.file.seek(0)
            with Image.open(photo.file, formats=(pillow_format,)) as picture:
                size = picture.size
                if size[0] * size[1] > MOST_PIXELS:
                    return _not_decoded(f"{size[0] * size[1] / 1e6:,.0f} megapixels, and no more than 64 are decoded")
                picture.draft("L", (1, 1))  # a JPEG is then decoded at an eighth of its size, from all of its data
                picture.load()
    except Image.DecompressionBombError:
        return _not_decoded("a picture inside declares more than is decoded")
    except Exception as error:  # noqa: BLE001 - Pillow and its plugins raise nearly anything on damaged files
        return DecodedPicture(_not_decoded(in_plain_words(error)).fact, size)
    what = "whole" if parts.frames <= 1 else f"the first of {parts.frames:,} pictures is whole"
    return DecodedPicture(Fact(names.PICTURE_DATA, what, "Pillow"), size)


def _not_decoded(reason: str) -> DecodedPicture:
    return DecodedPicture(Fact(names.PICTURE_DATA, f"{names.COULD_NOT_BE_READ}{reason}", "Pillow"))


def _has_decoder(pillow_format: str) -> bool:
    """Import the one plugin that is needed, so that Pillow does not import all of them; whether it can decode."""
    try:
        plugin = importlib.import_module(f"PIL.{_PLUGINS[pillow_format]}")
        if pillow_format == "AVIF":
            from PIL import AvifImagePlugin

            AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a thread for each core takes up the memory that a reader has
    except ImportError:  # an older Pillow
        return False
    return bool(getattr(plugin, "SUPPORTED", True))
