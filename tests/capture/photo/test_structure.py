from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from capture.photo.text import in_plain_words
from hashing.case.facts import Fact
from tests.capture.photo.making import encoded, facts_of, picture, values_of

if TYPE_CHECKING:
    from pathlib import Path


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


_HEIC = _box(b"ftyp", b"heic\0\0\0\0mif1")
_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xd8\xff", "it ends before its picture data"),
        (b"\xff\xd8\xff\xd9", "it ends before its picture data"),
        (b"\xff\xd8\xff\xe0\0\0", "it ends before its picture data"),
        (b"\xff\xd8\xff\xe0\0\x02xx", "byte 6 should begin a segment and does not"),
        (b"\xff\xd8" + b"\xff\xe0\0\x02" * 10_001, "it has more segments than a photo has"),
        (b"\x89PNG\r\n\x1a\n", "it ends inside or before chunk IEND"),
        (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0tRNS\0\0\0\0" * 200_001, "it has more chunks than a photo has"),
        (b"GIF89a", "it ends inside its header"),
        (b"GIF89a\1\0\1\0\0\0\0?", "byte 13 begins no block"),
        (b"GIF89a\1\0\1\0\0\0\0\x21\xfe\x05ab", "it ends before its last frame is complete"),
        (b"BM" + bytes(12) + b"\x28\0\0\0", "it ends inside its header"),
        (struct.pack("<HHHBBBBHHIIHI", 0, 1, 2, 1, 1, 0, 0, 1, 8, 9, 38, 0, 0), "it ends inside its directory"),
        (_HEIC, "no box states the pixel size"),
        (_HEIC + b"\0\0", "it ends inside the head of a box"),
        (_HEIC + b"\0\0\0\x04free", "a box has an impossible size"),
        (_HEIC + b"\0\0\x01\0mdat", "it ends inside box mdat"),
        (_HEIC + _box(b"free", b"") * 10_001, "it has more boxes than a photo has"),
        (_HEIC + _box(b"meta", bytes(4) + _box(b"pitm", b"\0\0")), "a box of the file ends early"),
        (_HEIC + _box(b"meta", bytes(4) + b"\0\0\0\1iloc") + bytes(7) + b"\x64", "a box of the file ends early"),
        (b"II*\0\0\0\0\0", "it ends before its first directory"),
    ],
)
def test_each_way_to_be_built_wrongly_has_its_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    """What is wrong with a container is said in plain words."""
    assert values_of(tmp_path, data)["file structure"] == f"could not be read: {reason}"


@pytest.mark.parametrize(
    ("options", "tag"),
    [({"quality": 80}, "WebP VP8"), ({"lossless": True}, "WebP VP8L"), ({"exif": b"Exif\0\0II*\0"}, "WebP VP8X")],
)
def test_the_three_headers_of_webp_state_the_size(tmp_path: Path, options: dict[str, object], tag: str) -> None:
    """Lossy, lossless and extended files each have their own header."""
    facts = facts_of(tmp_path, encoded("WEBP", picture(75, 50), **options))
    assert (facts["width"], facts["height"]) == (Fact("width", 75, tag), Fact("height", 50, tag))


def test_an_old_bitmap_header_states_the_size(tmp_path: Path) -> None:
    """OS/2 wrote 16-bit sizes; Windows writes negative heights for pictures that run from top to bottom."""
    old = b"BM" + bytes(12) + struct.pack("<IHHHH", 12, 75, 50, 1, 24) + bytes(8)
    values = values_of(tmp_path, old)
    assert (values["width"], values["height"]) == (75, 50)
    data = bytearray(encoded("BMP", picture(75, 50)))
    data[22:26] = struct.pack("<i", -50)
    assert values_of(tmp_path, bytes(data))["height"] == 50


def test_fill_bytes_between_the_segments_of_a_jpeg_are_allowed(tmp_path: Path) -> None:
    """The standard lets any number of 0xFF stand before a marker."""
    data = encoded("JPEG", picture(75, 50))
    values = values_of(tmp_path, data[:2] + b"\xff" * 9 + data[2:])
    assert values["width"] == 75
    assert "file structure" not in values


def test_a_gif_carries_comments_and_xmp(tmp_path: Path) -> None:
    """Both stand in extensions between the frames."""
    data = encoded("GIF", comment=b"made by x")
    at = data.index(b"\x2c\0\0\0\0")
    extension = b"\x21\xff\x0bXMP DataXMP\x03abc\0"
    facts = facts_of(tmp_path, data[:at] + extension + data[at:])
    assert facts["comment"] == Fact("comment", "made by x", "GIF comment extension")
    assert facts["XMP present"] == Fact("XMP present", value=True, tag="GIF application extension")


def test_a_gif_comment_of_several_blocks_is_whole(tmp_path: Path) -> None:
    """A block holds 255 bytes; a longer comment goes on in the next."""
    assert values_of(tmp_path, encoded("GIF", comment=b"word " * 100))["comment"] == ("word " * 100).strip()


@pytest.mark.parametrize(
    ("box", "name", "tag"),
    [
        (_box(b"uuid", _C2PA + bytes(8)), "C2PA present", "BMFF uuid box"),
        (_box(b"jumb", b""), "JUMBF present", "BMFF jumb box"),
    ],
)
def test_content_credentials_in_a_heic_are_noted(tmp_path: Path, box: bytes, name: str, tag: str) -> None:
    """A box of its own holds them."""
    assert facts_of(tmp_path, _HEIC + box)[name] == Fact(name, value=True, tag=tag)


def test_a_large_box_with_a_long_size_is_walked_past(tmp_path: Path) -> None:
    """Sizes of 64 bits and boxes that go on to the end of the file are in the standard."""
    data = encoded("AVIF", picture(75, 50))
    at = data.index(b"mdat") - 4
    size = struct.unpack(">I", data[at : at + 4])[0]
    longer = data[:at] + struct.pack(">I4sQ", 1, b"mdat", size + 8) + data[at + 8 :]
    assert values_of(tmp_path, longer)["width"] == 75
    assert "file structure" not in values_of(tmp_path, data[:at] + bytes(4) + data[at + 4 :])


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "it takes more memory to read than is allowed"),
        (RecursionError("maximum"), "its parts are nested too deeply"),
        (EOFError(), "it ends early"),
        (OSError("cannot identify image file <_io.BytesIO object at 0x7f00>"),
         "its beginning is damaged, or it is not what its first bytes say"),
        (KeyError(5), "it is not built as its format demands (KeyError)"),
        (OSError("broken '/home/officer/case/x.jpg' at 0x7f00."), "the reader says: broken at"),
        (OSError("bad \x1b[2J"), "the reader says: bad \\x1b[2J"),
        (ValueError(), "the reader failed (ValueError)"),
    ],
)  # fmt: skip
def test_errors_become_plain_words(error: Exception, words: str) -> None:
    """No address, no path, no escape, and no name of a program's parts where words will do."""
    assert in_plain_words(error) == words
