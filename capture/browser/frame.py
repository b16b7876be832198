"""The framed copy of a page's picture: a band above it says what it is, for whoever looks at it by itself.

The band is drawn by the browser, which knows the letters of every script. The two pictures are joined as PNG
(ISO/IEC 15948) without being decoded: their compressed rows are written one behind the other, in little memory.
"""

from __future__ import annotations

import base64
import html
import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO

from capture.errors import NotRendered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from capture.browser.devtools import Browser

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}
"""Samples of a pixel in the two colour types that browsers write, of eight bits each."""
_PIECE = 1 << 20
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

    def pieces(self) -> Iterator[bytes]:
        """Yield the rows, unpacked, in pieces of any size."""
        unpacker = zlib.decompressobj()
        while True:
            name, data = self._chunk()
            if name == b"IEND":
                return
            while name == b"IDAT" and data:
                yield unpacker.decompress(data, _PIECE)
                data = unpacker.unconsumed_tail

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
    header = struct.pack(">II", picture.width, above.height + picture.height) + picture.header[8:]
    yield _SIGNATURE + _written(b"IHDR", header) + _written(b"iTXt", b"Comment\0\0\0\0\0" + words.encode())
    packer = zlib.compressobj(3)
    for piece in above.pieces():
        yield from _data(packer.compress(piece))
    first = bytearray()
    for piece in picture.pieces():
        if len(first) < picture.row:  # the first row may refer to the one above it, which there was none of
            first += piece
            if len(first) < picture.row:
                continue
            piece = _alone(bytes(first[: picture.row]), picture.channels) + bytes(first[picture.row :])  # noqa: PLW2901
        yield from _data(packer.compress(piece))
    yield from _data(packer.flush())
    yield _written(b"IEND", b"")


def _alone(row: bytes, channels: int) -> bytes:
    """Return the first row of a picture so that it refers to no row above it (ISO/IEC 15948, section 9.2)."""
    match row[0]:
        case 2:  # Up: of nothing, so it is as it stands
            return b"\x00" + row[1:]
        case 4:  # Paeth: of nothing above, what is to the left
            return b"\x01" + row[1:]
        case 3:  # Average: of nothing above, half of what is to the left
            plain = bytearray(row[1:])
            for place in range(channels, len(plain)):
                plain[place] = (plain[place] + plain[place - channels] // 2) & 0xFF
            return b"\x00" + bytes(plain)
    return row


def _data(packed: bytes) -> Iterator[bytes]:
    if packed:
        yield _written(b"IDAT", packed)


def _written(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
