"""The small copy of one photo: decoded and encoded anew. The bytes are hostile: run this in the sandbox."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import msgspec

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")

EDGE = 400  # Pixels of a preview's longer side: a gallery's tile on a display of double density.
_QUALITY = 78
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
_MOST_PIXELS = 64_000_000
# EXIF 2.32, section 4.6.4: Orientation.
_ORIENTATION = 0x0112
# White, on which the report shows it: JPEG has no transparency.
_PAPER = (255, 255, 255)


class SmallCopy(msgspec.Struct, frozen=True):
    """A JPEG, or the reason why there is none."""

    data: bytes = b""
    reason: str = ""


def small_copy(file: BinaryIO, edge: int = EDGE, quality: int = _QUALITY) -> SmallCopy:
    """Return the small copy of the photo that a file holds: no colour profile, no animation, no metadata."""
    found = of_picture(file, _FORMATS, lambda picture: _small(picture, edge, quality))
    return SmallCopy(reason=found) if isinstance(found, str) else SmallCopy(found)


def of_picture(file: BinaryIO, formats: tuple[str, ...], make: Callable[[Image], T]) -> T | str:
    """Return what is made of the picture in a file of one of these formats, or why there is none."""
    from PIL import Image

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file, formats=formats) as picture:
            pixels = picture.size[0] * picture.size[1]
            if pixels > _MOST_PIXELS:
                return f"{pixels / 1e6:,.0f} megapixels are not decoded here"
            return make(picture)
    except MemoryError:
        return "it takes more memory to decode than is allowed"
    except Exception as error:  # noqa: BLE001 - Pillow and its plugins raise nearly anything on damaged files
        said = " ".join(str(error).split()) or type(error).__name__
        return f"could not be decoded: {said[:200]}".encode("utf-8", "replace").decode()


def _small(picture: Image, edge: int, quality: int) -> bytes:
    from PIL import Image

    # Read before the picture is reduced, which drops it; a browser turns the original in the same way.
    turned = picture.getexif().get(_ORIENTATION, 1) if picture.format == "JPEG" else 1
    picture.thumbnail(
        (edge, edge), reducing_gap=1.0
    )  # a JPEG is decoded at a fraction of its size: a third of the time
    small = upright(picture, turned)
    if small.mode in {"RGBA", "LA", "PA"} or "transparency" in small.info:
        layers = small.convert("RGBA")
        small = Image.new("RGB", layers.size, _PAPER)
        small.paste(layers, mask=layers.getchannel("A"))
    out = io.BytesIO()
    small.convert("RGB").save(out, "JPEG", quality=quality, comment=b"")  # else Pillow copies the photo's own
    return out.getvalue()


def upright(picture: Image, turned: object) -> Image:
    """Turn a picture as its EXIF orientation asks for, which is what browsers do with the original."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM, 5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270, 7: Transpose.TRANSVERSE, 8: Transpose.ROTATE_90,
    }  # fmt: skip
    turn = turns.get(turned) if isinstance(turned, int) else None
    return picture.transpose(turn) if turn is not None else picture
