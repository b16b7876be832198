"""Small copies of photos for the report: decoded and encoded anew, so that no byte of an original reaches the browser.

A preview is derived and never evidence. Decoding happens in the sandbox.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from exports.errors import NotCheckable
from exports.format.bundle_files import BundleFiles
from exports.format.kept import Picked
from exports.format.lookup import Lookup
from exports.format.manifest import ListedItem
from exports.report.small_copy import SmallCopy
from exports.report.words import frame, is_photo
from hashing.sandbox import NotRead, NotStarted, Readers, descriptor_of

if TYPE_CHECKING:
    from exports.format.bundle_listing import BundleListing

_LARGEST_FILE = 256 << 20
# Each holds a decoded photo of up to 64 megapixels.
_WORKERS = 3
_BATCH = 48


@dataclass(frozen=True, slots=True)
class Preview:
    """A JPEG of an item, by the item's SHA-256; or the `reason` why there is none."""

    sha256: str
    data: bytes = b""
    reason: str = ""


def report_photos(listing: BundleListing) -> Iterator[ListedItem]:
    """Yield the photos that a report shows small, each content once, in the order of the items; then frames."""
    known: Lookup[str, int] = Lookup(str)
    items, framed = listing.items, array("Q")
    for number, item in enumerate(items):
        if frame(item) is not None:
            framed.append(number)
        if is_photo(item) and item.sha256 not in known:
            known[item.sha256] = 1
            yield item
    for taken in filter(None, map(frame, Picked(items, framed))):
        if taken.sha256 not in known:
            known[taken.sha256] = 1
            yield taken


def preview_readers() -> Readers:
    """Return what decodes photos. Close it when done."""
    return Readers(load=("exports.report.small_copy", "PIL.JpegImagePlugin", "PIL.PngImagePlugin"), most=_WORKERS)


def previews(listing: BundleListing, files: BundleFiles, done: Callable[[int], None]) -> Iterator[Preview]:
    """Yield a preview of every photo that the bundle holds; `done` is told bytes read."""
    photos = (item for item in report_photos(listing) if item.path in files.names)
    with preview_readers() as readers, ThreadPoolExecutor(_WORKERS) as pool:
        while batch := list(islice(photos, _BATCH)):
            made = list(pool.map(lambda item: preview(item, files, readers), batch))
            done(sum(item.size for item in batch))
            yield from made


def preview(item: ListedItem, files: BundleFiles, readers: Readers) -> Preview:
    """Return the preview of one photo, or why there is none.

    Raises NotCheckable where this computer can make none at all: a report without them would be another one.
    """
    if item.size > _LARGEST_FILE:
        return Preview(item.sha256, reason=f"a file of {item.size:,} bytes is not decoded here")
    try:
        opened = files.opened(item.path)
    except (NotCheckable, OSError) as error:  # of this file alone
        return Preview(item.sha256, reason=str(error))
    try:
        with opened as file, descriptor_of(file) as descriptor:
            made = readers.ask("exports.report.small_copy:small_copy", files=[descriptor], answer=SmallCopy)
    # A fault of this computer ends the report; a fault of one photo is said beside that photo.
    except (OSError, NotStarted) as error:
        raise NotCheckable(
            f"the small photos of the report could not be made: {error}",
            hint="make room in memory and in the temporary folder, then run the command again",
        ) from error
    except (NotCheckable, NotRead) as error:
        return Preview(item.sha256, reason=str(error))
    return Preview(item.sha256, made.data, made.reason)
