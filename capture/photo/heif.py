"""The boxes of HEIC and AVIF files (ISO/IEC 14496-12 and 23008-12): pixel size, EXIF and what else is present."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from capture.photo import names
from capture.photo.parts import LARGEST_EXIF, Parts
from capture.photo.photo_file import PhotoFile, PhotoNotRead
from capture.photo.text import kept_text

_LARGEST_META = 4 << 20
_MOST_BOXES = 10_000
_MOST_PIECES = 100
_C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # C2PA specification, "Embedding manifests into BMFF"


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int  # Where the box's content begins.
    end: int


@dataclass(slots=True)
class _Meta:
    """What a photo's `meta` box lists of the items in the file."""

    primary: int = 0
    # Each item's type; for `mime` items with the content type after it.
    kinds: dict[int, bytes] = field(default_factory=dict)
    # Each item's way of being stored (0 in the file, 1 in `idat`), and its pieces: offset and length.
    extents: dict[int, tuple[int, list[tuple[int, int]]]] = field(default_factory=dict)
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)  # Pixel sizes by number of property.
    properties: dict[int, list[int]] = field(default_factory=dict)
    idat: int = 0


class _Cursor:
    """Reads big-endian numbers from a box's content, one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self, size: int) -> int:
        piece = self.data[self.at : self.at + size]
        if len(piece) < size:
            raise PhotoNotRead("a box of the file ends early")
        self.at += size
        return int.from_bytes(piece, "big")

    def until_zero(self) -> bytes:
        piece, _, _ = self.data[self.at :].partition(b"\0")
        self.at += len(piece) + 1
        return piece


def walk(file: PhotoFile, parts: Parts) -> None:
    """Note what the boxes state. Raises NotRead."""
    for box in _boxes(file, 0, file.size):
        if box.end > file.size:
            parts.ends_early = f"it ends inside box {kept_text(box.kind, 4)}"
        if box.kind == b"meta":
            _note(file, parts, _read_meta(file, box))
        elif box.kind == b"uuid" and file.at(box.start, 16) == _C2PA_UUID:
            parts.present(names.C2PA, "BMFF uuid box")
        elif box.kind == b"jumb":
            parts.present(names.JUMBF, "BMFF jumb box")
    if not parts.size_tag and not parts.ends_early:
        parts.ends_early = "no box states the pixel size"


def _boxes(file: PhotoFile, at: int, end: int) -> Iterator[_Box]:
    for _ in range(_MOST_BOXES):
        if at >= end:
            return
        head = file.at(at, 16)
        if len(head) < 8:  # noqa: PLR2004 - a box's size and type
            raise PhotoNotRead("it ends inside the head of a box")
        # ISO/IEC 14496-12, section 4.2: 32 bits of size and type; size 1 has 64 bits behind the type, size 0 reaches to
        # the end.
        size, start = int.from_bytes(head[:4], "big"), at + 8
        if size == 1:  # a longer size follows the type
            size, start = int.from_bytes(head[8:16], "big"), at + 16
        elif size == 0:  # to the end of the file
            size = end - at
        if size < start - at:
            raise PhotoNotRead("a box has an impossible size")
        yield _Box(head[4:8], start, at + size)
        at += size
    raise PhotoNotRead("it has more boxes than a photo has")


def _read_meta(file: PhotoFile, box: _Box) -> _Meta:
    meta = _Meta()
    end = min(box.end, box.start + _LARGEST_META, file.size)
    # A full box: four bytes of version and flags stand before what is in it (section 4.2.2).
    for part in _boxes(file, box.start + 4, end):
        data = _Cursor(file.at(part.start, min(part.end, end) - part.start))
        if part.kind == b"pitm":
            version = data.number(4) >> 24
            meta.primary = data.number(4 if version else 2)
        elif part.kind == b"iinf":
            _item_kinds(file, part, data, meta)
        elif part.kind == b"iloc":
            _item_places(data, meta)
        elif part.kind == b"iprp":
            _properties(file, part, end, meta)
        elif part.kind == b"idat":
            meta.idat = part.start
    return meta


def _item_kinds(file: PhotoFile, part: _Box, data: _Cursor, meta: _Meta) -> None:
    version = data.number(4) >> 24
    data.number(4 if version else 2)
    for box in _boxes(file, part.start + data.at, part.end):
        entry = _Cursor(file.at(box.start, min(box.end - box.start, 1024)))
        version = entry.number(4) >> 24
        if box.kind != b"infe" or version < 2:  # noqa: PLR2004 - earlier versions have no item type
            continue
        item = entry.number(2 if version == 2 else 4)  # noqa: PLR2004 - version 3 has longer numbers
        entry.number(2)
        kind = entry.number(4).to_bytes(4, "big")
        entry.until_zero()
        meta.kinds[item] = kind + (entry.until_zero() if kind == b"mime" else b"")


def _item_places(data: _Cursor, meta: _Meta) -> None:
    version = data.number(4) >> 24
    # ISO/IEC 14496-12, section 8.11.3: how many bytes each of the following numbers has, 0 for none.
    sizes = data.number(2)
    offset_size, length_size, base_size, index_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15
    wide = 4 if version == 2 else 2  # noqa: PLR2004 - version 2 has longer numbers
    for _ in range(data.number(wide)):
        item = data.number(wide)
        method = data.number(2) & 15 if version else 0
        data.number(2)
        base = data.number(base_size)
        pieces = []
        count = data.number(2)
        if count > _MOST_PIECES:
            raise PhotoNotRead("an item is in more pieces than a photo's items are")
        for _ in range(count):
            if version and index_size:
                data.number(index_size)
            offset = data.number(offset_size)
            pieces.append((base + offset, data.number(length_size)))
        meta.extents[item] = (method, pieces)


def _properties(file: PhotoFile, part: _Box, end: int, meta: _Meta) -> None:
    for box in _boxes(file, part.start, min(part.end, end)):
        if box.kind == b"ipco":
            for number, each in enumerate(_boxes(file, box.start, box.end), 1):
                if each.kind == b"ispe":
                    size = _Cursor(file.at(each.start, 12))
                    size.number(4)
                    meta.sizes[number] = (size.number(4), size.number(4))
        elif box.kind == b"ipma":
            _associations(_Cursor(file.at(box.start, box.end - box.start)), meta)


def _associations(data: _Cursor, meta: _Meta) -> None:
    version_flags = data.number(4)
    for _ in range(data.number(4)):
        item = data.number(4 if version_flags >> 24 else 2)
        count = data.number(1)
        wide = 2 if version_flags & 1 else 1
        meta.properties[item] = [data.number(wide) & (0x7FFF if wide == 2 else 0x7F) for _ in range(count)]  # noqa: PLR2004 - the first bit says only that the property is essential


def _note(file: PhotoFile, parts: Parts, meta: _Meta) -> None:
    # The primary item's own size: grids and thumbnails have sizes of their own in the same file.
    for number in meta.properties.get(meta.primary, ()):
        if number in meta.sizes:
            parts.sized(*meta.sizes[number], "HEIF ispe")
            break
    for item, kind in meta.kinds.items():
        if kind == b"Exif":
            # ISO/IEC 23008-12, annex A.2.1: four bytes say how far behind them the TIFF header stands.
            data = _item_data(file, meta, item)
            parts.exif = PhotoFile.of_bytes(data[4 + int.from_bytes(data[:4], "big") :])
        elif kind == b"mimeapplication/rdf+xml":
            parts.present(names.XMP, "HEIF mime item")


def _item_data(file: PhotoFile, meta: _Meta, item: int) -> bytes:
    method, pieces = meta.extents.get(item, (0, []))
    base = meta.idat if method == 1 else 0
    data, room = b"", LARGEST_EXIF
    for offset, length in pieces:
        data += file.at(base + offset, min(length, room - len(data)))
    return data
