"""The framed copy of a page's picture: a band above it says what it is, for whoever looks at it by itself.

The band is drawn by the browser, which knows the letters of every script. The two pictures are joined as PNG
(ISO/IEC 15948) without being decoded: the picture's compressed rows stand behind those of the band as they are, which
takes little memory and no time. A black line is between them: the first row of a picture may refer to the one above it,
which for its encoder was a row of zeros.
"""

from __future__ import annotations

import base64
import html
import struct
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from capture.errors import NotRendered

if TYPE_CHECKING:
    from capture.browser.devtools import Browser

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}  # Samples of a pixel in the two colour types that browsers write, of eight bits each.
_PIECE = 1 << 20
_CHECKSUM = 4
# Pixels of a graphics card's largest texture: what is taller, not every browser can make in one piece.
TEXTURE = 16_384
_BAND = 2048  # Rows that are judged together.
_STYLE = (
    "html{background:#fff;color:#111}"
    "body{margin:0;padding:14px 18px;font:15px/1.45 sans-serif;border-bottom:3px solid #111}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:1px 14px;margin:0}dt{color:#555}"
    "dd{margin:0;overflow-wrap:anywhere;max-height:6em;overflow:hidden}"
)


def band(browser: Browser, width: int, pairs: Sequence[tuple[str, str]], seconds: float) -> bytes:
    """Have the browser draw names with their values on a band of this width; return it as PNG. Raises NotRendered."""
    rows = "".join(
        f"<dt>{html.escape(name)}</dt><dd><bdi>{html.escape(value)}</bdi></dd>" for name, value in pairs if value
    )
    page = f"<!DOCTYPE html><meta charset=utf-8><style>{_STYLE}</style><dl>{rows}</dl>"
    context = browser.call("Target.createBrowserContext", disposeOnDetach=True)["browserContextId"]
    try:
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        frame = browser.call("Page.getFrameTree", session)["frameTree"]["frame"]["id"]
        browser.call(
            "Emulation.setDeviceMetricsOverride", session, width=width, height=10, deviceScaleFactor=1, mobile=False
        )
        browser.call("Page.setDocumentContent", session, frameId=frame, html=page)
        height = browser.call("Page.getLayoutMetrics", session)["cssContentSize"]["height"]
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = browser.call(
            "Page.captureScreenshot", session, format="png", captureBeyondViewport=True, clip=clip, timeout=seconds
        )
        return base64.b64decode(shot["data"])
    finally:
        browser.post("Target.disposeBrowserContext", browserContextId=context)


class _Png:
    """A PNG whose rows are read in their order, as they are: each with its filter in front."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        if file.read(8) != _SIGNATURE:
            raise NotRendered("not a PNG")
        name, self.header = self._chunk()
        self.width, self.height, depth, colour, *rest = struct.unpack(">IIBBBBB", self.header)
        if name != b"IHDR" or depth != 8 or colour not in _CHANNELS or any(rest):  # noqa: PLR2004 - bits of a sample
            raise NotRendered("a PNG of another kind than browsers write")
        self.channels = _CHANNELS[colour]
        self.row = self.width * self.channels + 1

    def packed(self) -> Iterator[bytes]:
        """Yield the compressed rows, in the pieces in which they stand there."""
        while (chunk := self._chunk())[0] != b"IEND":
            if chunk[0] == b"IDAT":
                yield chunk[1]

    def rows(self) -> Iterator[bytes]:
        """Yield the rows, unpacked."""
        unpacker, held = zlib.decompressobj(), bytearray()
        for data in self.packed():
            while data:
                held += unpacker.decompress(data, _PIECE)
                data = unpacker.unconsumed_tail  # noqa: PLW2901 - what is left of it
                whole = len(held) - len(held) % self.row
                yield from (bytes(held[at : at + self.row]) for at in range(0, whole, self.row))
                del held[:whole]

    def _chunk(self) -> tuple[bytes, bytes]:
        head = self._file.read(8)
        if len(head) < 8:  # noqa: PLR2004 - a length and a name
            raise NotRendered("a PNG that is cut off")
        data = self._file.read(int.from_bytes(head[:4], "big"))
        self._file.read(4)
        return head[4:], data


def framed_pieces(file: BinaryIO, band_of: bytes, words: str) -> Iterator[bytes]:
    """Yield, in pieces, the PNG that shows a band above the picture in a file. Run this in the sandbox.

    The `words` on the band stand in it as text too, so that whoever withholds one of them finds it here.
    """
    import io

    above, picture = _Png(io.BytesIO(band_of)), _Png(file)
    if (above.width, above.channels) != (picture.width, picture.channels):
        raise NotRendered("its picture and the band above it are not of one kind")
    header = struct.pack(">II", picture.width, above.height + 1 + picture.height) + picture.header[8:]
    yield _SIGNATURE + _written(b"IHDR", header) + _written(b"iTXt", b"Comment\0\0\0\0\0" + words.encode())
    # 1. The band and the line, in blocks of DEFLATE (RFC 1951) that others may follow.
    rows = b"".join((*above.rows(), bytes(above.row)))
    packer = zlib.compressobj()
    yield _written(b"IDAT", packer.compress(rows) + packer.flush(zlib.Z_FULL_FLUSH))
    # 2. The picture's own blocks, without the two bytes before them and the checksum behind them (RFC 1950).
    held, begun = bytearray(), False
    for data in picture.packed():
        held += data
        if len(held) > _PIECE:
            yield _written(b"IDAT", bytes(held[0 if begun else 2 : -_CHECKSUM]))
            begun = True
            del held[:-_CHECKSUM]
    if len(held) < _CHECKSUM:
        raise NotRendered("a PNG without rows")
    yield _written(b"IDAT", bytes(held[0 if begun else 2 : -_CHECKSUM]))
    # 3. The checksum of all rows.
    both = _adler_of_both(zlib.adler32(rows), int.from_bytes(held[-_CHECKSUM:], "big"), picture.row * picture.height)
    yield _written(b"IDAT", struct.pack(">I", both)) + _written(b"IEND", b"")


def bands_in_doubt(file: BinaryIO) -> list[tuple[int, int]]:
    """Return, from top to bottom, the parts of a picture that the browser may not have drawn. Run this in the sandbox.

    They have one colour alone, or are what stands a largest texture of a graphics card above them: so look pictures
    that a browser could not make in one piece. A page may look so, too.
    """
    picture = _Png(file)
    found: list[tuple[int, int]] = []
    above: deque[int] = deque(maxlen=TEXTURE)
    number = plain = repeated = 0
    for row in picture.rows():
        number += 1
        plain += _is_plain(row, picture.channels)
        same = zlib.crc32(row)
        repeated += len(above) == TEXTURE and above[0] == same
        above.append(same)
        if number % _BAND == 0 or number == picture.height:
            count = number - (number - 1) // _BAND * _BAND
            if plain == count or repeated >= count - 1:  # the first that is repeated is written by another above it
                found.append((number - count, number))
            plain = repeated = 0
    if number < picture.height:
        found.append((number - number % _BAND, picture.height))
    return list(_joined(found))


def _is_plain(row: bytes, channels: int) -> bool:
    """Say whether a row has one colour, and is written as such whatever its filter (section 9.2)."""
    pixels = row[1:]
    return not any(pixels[channels:]) or pixels == pixels[:channels] * (len(pixels) // channels)


def _joined(bands: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join bands that follow upon each other, as far as one picture of a graphics card's goes."""
    top = bottom = -1
    for each in bands:
        if each[0] != bottom or each[1] - top > TEXTURE:
            if bottom > 0:
                yield top, bottom
            top = each[0]
        bottom = each[1]
    if bottom > 0:
        yield top, bottom


def _adler_of_both(first: int, second: int, length: int) -> int:
    """Return the Adler-32 (RFC 1950, section 8.2) of two sequences of bytes, of their own and the second's length."""
    base = 65521
    low = (first & 0xFFFF) + (second & 0xFFFF) - 1
    high = (first >> 16) + (second >> 16) + length * ((first & 0xFFFF) - 1)
    return (high % base) << 16 | low % base


def _written(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
