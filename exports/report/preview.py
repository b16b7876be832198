"""Small copies of photos for the report: decoded and encoded anew, so that no byte of an original reaches the browser.

A preview is derived and never evidence: it has no colour profile, no animation and no metadata. Decoding happens in
this process; a fault in a decoder's native code is not guarded against here.
"""

from __future__ import annotations

import io
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exports.errors import NotCheckable
from exports.report.words import is_photo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL.Image import Image

    from exports.bundle_listing import BundleListing
    from exports.format.bundle_files import BundleFiles
    from exports.format.manifest import ListedItem

EDGE = 400
"""Pixels of a preview's longer side: a gallery's tile on a display of double density."""
_QUALITY = 78
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
_MOST_PIXELS = 64_000_000
_LARGEST_FILE = 256 << 20
_WORKERS = 3
_BATCH = 48
_ORIENTATION = 0x0112
_PAPER = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Preview:
    """A JPEG of an item, by the item's SHA-256; or the `reason` why there is none."""

    sha256: str
    data: bytes = b""
    reason: str = ""


def report_photos(listing: BundleListing) -> list[ListedItem]:
    """Return the photos that a report shows small: each content once, in the order of the items."""
    items = (item for capture in listing.captures for item in capture.items)
    return list({item.sha256: item for item in items if is_photo(item)}.values())


def previews(listing: BundleListing, files: BundleFiles, done: Callable[[int], None]) -> Iterator[Preview]:
    """Yield a preview of every photo that the bundle holds; `done` is told bytes read."""
    photos = [item for item in report_photos(listing) if item.path in files.names]
    with ThreadPoolExecutor(_WORKERS) as pool:
        for start in range(0, len(photos), _BATCH):
            batch = photos[start : start + _BATCH]
            with warnings.catch_warnings(action="ignore"):  # Pillow's, on what is odd in a file
                made = list(pool.map(lambda item: preview(item, files), batch))
            done(sum(item.size for item in batch))
            yield from made


def preview(item: ListedItem, files: BundleFiles) -> Preview:
    """Return the preview of one photo, or why there is none."""
    from PIL import Image

    if item.size > _LARGEST_FILE:
        return Preview(item.sha256, reason=f"a file of {item.size:,} bytes is not decoded here")
    try:
        with files.opened(item.path) as file, Image.open(file, formats=_FORMATS) as picture:
            pixels = picture.size[0] * picture.size[1]
            if pixels > _MOST_PIXELS:
                return Preview(item.sha256, reason=f"{pixels / 1e6:,.0f} megapixels are not decoded here")
            return Preview(item.sha256, _small(picture))
    except NotCheckable as error:
        return Preview(item.sha256, reason=str(error))
    except Exception as error:  # noqa: BLE001 - Pillow and its plugins raise nearly anything on damaged files
        said = " ".join(str(error).split()) or type(error).__name__
        return Preview(item.sha256, reason=f"could not be decoded: {said[:200]}")


def _small(picture: Image) -> bytes:
    from PIL import Image

    turned = picture.getexif().get(_ORIENTATION, 1) if picture.format == "JPEG" else 1
    picture.thumbnail(
        (EDGE, EDGE), reducing_gap=1.0
    )  # a JPEG is decoded at a fraction of its size: a third of the time
    small = _upright(picture, turned)
    if small.mode in {"RGBA", "LA", "PA"} or "transparency" in small.info:
        layers = small.convert("RGBA")
        small = Image.new("RGB", layers.size, _PAPER)
        small.paste(layers, mask=layers.getchannel("A"))
    out = io.BytesIO()
    small.convert("RGB").save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _upright(picture: Image, turned: object) -> Image:
    """Turn a picture as its EXIF orientation asks for, which is what browsers do with the original."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM, 5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270, 7: Transpose.TRANSVERSE, 8: Transpose.ROTATE_90,
    }  # fmt: skip
    turn = turns.get(turned) if isinstance(turned, int) else None
    return picture.transpose(turn) if turn is not None else picture
