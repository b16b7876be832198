from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from capture.browser.frame import framed_pieces
from capture.errors import NotRendered

if TYPE_CHECKING:
    from collections.abc import Callable


WORDS = "Address: https://scene.example/\nTitle: حريق"


def png(size: tuple[int, int], pixel: Callable[[int, int], tuple[int, int, int]], mode: str = "RGB") -> bytes:
    """Return a picture of which each pixel is computed."""
    picture = Image.new("RGB", size)
    picture.putdata([pixel(x, y) for y in range(size[1]) for x in range(size[0])])
    out = io.BytesIO()
    picture.convert(mode).save(out, "PNG")
    return out.getvalue()


def colours(x: int, y: int) -> tuple[int, int, int]:
    """Return a colour that makes PNG writers use every kind of filter."""
    return (x * y) % 256, (x * 7 + y * 3) % 256, (x ^ y) % 256


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_band_stands_above_the_picture_and_alters_no_pixel(mode: str) -> None:
    """What comes out is as tall as both, and each pixel is that of the band or of the picture."""
    band, picture = png((61, 9), lambda *_: (255, 255, 255), mode), png((61, 40), colours, mode)
    framed = Image.open(io.BytesIO(b"".join(framed_pieces(io.BytesIO(picture), band, WORDS))))
    assert (framed.size, framed.info["Comment"]) == ((61, 49), WORDS)
    assert framed.crop((0, 9, 61, 49)).tobytes() == Image.open(io.BytesIO(picture)).tobytes()
    assert framed.crop((0, 0, 61, 9)).tobytes() == Image.open(io.BytesIO(band)).tobytes()


@pytest.mark.parametrize("kind", range(5))
def test_a_first_row_of_every_filter(kind: int) -> None:
    """The first row of a picture refers to nothing above it once there is something above it."""
    import struct
    import zlib

    from capture.browser.frame import _written

    row = bytes([kind, *((5 * place + 1) % 256 for place in range(3 * 8))])
    header = struct.pack(">IIBBBBB", 8, 2, 8, 2, 0, 0, 0)
    data = zlib.compress(row + bytes([2]) + bytes(24))
    picture = b"\x89PNG\r\n\x1a\n" + _written(b"IHDR", header) + _written(b"IDAT", data) + _written(b"IEND", b"")
    band = png((8, 3), lambda *_: (200, 100, 50))
    framed = Image.open(io.BytesIO(b"".join(framed_pieces(io.BytesIO(picture), band, WORDS))))
    assert framed.crop((0, 3, 8, 5)).tobytes() == Image.open(io.BytesIO(picture)).tobytes()


@pytest.mark.parametrize("picture", [b"", b"\x89PNG\r\n\x1a\n", png((60, 4), colours), png((61, 4), colours)[:60]])
def test_what_cannot_be_framed_is_refused(picture: bytes) -> None:
    """Another width, another format, half a picture."""
    with pytest.raises(NotRendered):
        list(framed_pieces(io.BytesIO(picture), png((61, 2), colours), WORDS))
