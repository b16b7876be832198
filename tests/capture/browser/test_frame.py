from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from capture.browser import frame
from capture.browser.frame import bands_in_doubt, framed_pieces
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
    """What comes out is as tall as both and a line, and each pixel is that of the band or of the picture."""
    band, picture = png((61, 9), lambda *_: (255, 255, 255), mode), png((61, 40), colours, mode)
    framed = Image.open(io.BytesIO(b"".join(framed_pieces(io.BytesIO(picture), band, WORDS))))
    assert (framed.size, framed.info["Comment"]) == ((61, 50), WORDS)
    assert framed.crop((0, 10, 61, 50)).tobytes() == Image.open(io.BytesIO(picture)).tobytes()
    assert framed.crop((0, 0, 61, 9)).tobytes() == Image.open(io.BytesIO(band)).tobytes()


@pytest.mark.parametrize("kind", range(5))
def test_a_first_row_of_every_filter(kind: int) -> None:
    """The first row of a picture refers to a row of zeros, and still does once there is something above that."""
    import struct
    import zlib

    from capture.browser.frame import _written

    row = bytes([kind, *((5 * place + 1) % 256 for place in range(3 * 8))])
    header = struct.pack(">IIBBBBB", 8, 2, 8, 2, 0, 0, 0)
    data = zlib.compress(row + bytes([2]) + bytes(24))
    picture = b"\x89PNG\r\n\x1a\n" + _written(b"IHDR", header) + _written(b"IDAT", data) + _written(b"IEND", b"")
    band = png((8, 3), lambda *_: (200, 100, 50))
    framed = Image.open(io.BytesIO(b"".join(framed_pieces(io.BytesIO(picture), band, WORDS))))
    framed.verify()
    framed = Image.open(io.BytesIO(b"".join(framed_pieces(io.BytesIO(picture), band, WORDS))))
    assert framed.crop((0, 4, 8, 6)).tobytes() == Image.open(io.BytesIO(picture)).tobytes()


@pytest.mark.parametrize("picture", [b"", b"\x89PNG\r\n\x1a\n", png((60, 4), colours), png((61, 4), colours)[:60]])
def test_what_cannot_be_framed_is_refused(picture: bytes) -> None:
    """Another width, another format, half a picture."""
    with pytest.raises(NotRendered):
        list(framed_pieces(io.BytesIO(picture), png((61, 2), colours), WORDS))


def test_the_rows_of_both_are_one_whole_stream() -> None:
    """An unpacker that checks the sum of all rows (RFC 1950) finds the band, a line and the picture's own rows."""
    import zlib

    band, picture = png((300, 20), lambda *_: (9, 8, 7)), png((300, 200), colours)
    data = b"".join(framed_pieces(io.BytesIO(picture), band, WORDS))
    unpacker = zlib.decompressobj()
    at, rows = 8, b""
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        rows += unpacker.decompress(data[at + 8 : at + 8 + size]) if data[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + size
    assert unpacker.eof
    assert len(rows) == 221 * 901


def test_parts_that_a_browser_did_not_draw_are_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of one colour and those that repeat what stands a texture above; what is drawn once is not."""
    monkeypatch.setattr(frame, "TEXTURE", 64)
    monkeypatch.setattr(frame, "_BAND", 16)

    def _drawn(x: int, y: int) -> tuple[int, int, int]:
        return (255, 255, 255) if 80 <= y < 128 or y >= 200 else colours(x, y % 64 if y >= 150 else y)

    assert bands_in_doubt(io.BytesIO(png((61, 80), colours))) == []
    assert bands_in_doubt(io.BytesIO(png((61, 230), _drawn))) == [(80, 128), (208, 230)]
    repeated = png((61, 224), lambda x, y: colours(x, y if y < 128 else y - 64))
    assert bands_in_doubt(io.BytesIO(repeated)) == [(128, 192)]
    black = png((61, 140), lambda *_: (0, 0, 0), "RGBA")
    assert bands_in_doubt(io.BytesIO(black)) == [(0, 64), (64, 128), (128, 140)]
