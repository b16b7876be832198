from __future__ import annotations

import hashlib
import struct
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from PIL import ImageFile

from hashing.case.facts import Fact
from tests.capture.photo.making import (
    FORMATS,
    WITH_EXIF,
    Block,
    Entry,
    camera_exif,
    encoded,
    examine,
    facts_of,
    jpeg,
    long,
    picture,
    store,
    text,
    values_of,
)

if TYPE_CHECKING:
    from pathlib import Path


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _unread(folder: Path, data: bytes) -> list[Fact]:
    facts = examine(store(folder, data))
    return [fact for fact in facts if str(fact.value).startswith("could not be read: ")]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("tenth", range(10))
def test_a_photo_that_is_cut_off_says_so_at_every_tenth(tmp_path: Path, name: str, tenth: int) -> None:
    """Wherever a download broke off, some fact says that the photo is not whole."""
    options: dict[str, Any] = {"exif": camera_exif().tobytes()} if name in WITH_EXIF else {}
    data = encoded(name, **options)
    assert not _unread(tmp_path, data)
    assert _unread(tmp_path, data[: len(data) * tenth // 10])


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "AVIF"])
def test_a_photo_that_lacks_its_last_byte_says_so(tmp_path: Path, name: str) -> None:
    """A single missing byte is noticed, also beside a library that has Pillow read what is broken off.

    Of some JPEGs, one of forty, a decoder does not miss it: so many pictures of noise are cut.
    """
    assert all(_unread(tmp_path, encoded(name)[:-1]) for _ in range(300 if name == "JPEG" else 1))
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    assert _unread(tmp_path, encoded(name)[:-1])


def test_what_was_read_before_the_cut_is_kept(tmp_path: Path) -> None:
    """The facts of the header survive the loss of the picture."""
    data = encoded("JPEG", picture(400, 300), exif=camera_exif())
    values = values_of(tmp_path, data[: len(data) // 2])
    assert (values["width"], values["camera make"]) == (400, "Goldenhour")
    assert str(values["picture data"]).startswith("could not be read: it ends early (image file is truncated")


def test_an_empty_file_is_one_fact(tmp_path: Path) -> None:
    """Zero bytes are no photo."""
    assert examine(store(tmp_path, b"")) == (Fact("photo", "could not be read: the file is empty", "file"),)


def test_a_page_called_jpg_is_told_by_its_bytes(tmp_path: Path) -> None:
    """A login page that a server sends instead of a photo is named for what it is."""
    facts = examine(store(tmp_path, b"<!doctype html><title>Log in</title>", "photo.jpg"))
    assert facts == (
        Fact("format", "text/html", "first bytes"),
        Fact("photo", "could not be read: the file is no photo, but text/html", "first bytes"),
    )


def test_a_png_called_jpg_is_told_by_its_bytes(tmp_path: Path) -> None:
    """The name of a file proves nothing."""
    facts = examine(store(tmp_path, encoded("PNG"), "photo.jpg"))
    assert facts[0] == Fact("format", "PNG", "first bytes")


def test_unknown_bytes_are_of_no_known_format(tmp_path: Path) -> None:
    """Noise is not called anything."""
    reason = "could not be read: the first bytes are of no format that is known here"
    assert values_of(tmp_path, b"\x01\x02\x03\x04" * 100) == {"format": reason}


def test_a_png_that_declares_billions_of_pixels_is_not_decoded(tmp_path: Path) -> None:
    """60,000 by 60,000 pixels would take gigabytes; the size is stated, the picture left alone."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1 << 20))
    data = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")
    values = values_of(tmp_path, data)
    assert (values["width"], values["height"]) == (60_000, 60_000)
    reason = "could not be read: 3,600 megapixels are declared, and no more than 64 are decoded"
    assert values["picture data"] == reason


@pytest.mark.parametrize("name", ["JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF"])
def test_no_format_is_decoded_beyond_the_limit(tmp_path: Path, name: str) -> None:
    """Every header that declares too much is believed, and not decoded."""
    data = encoded(name, picture(258, 772))
    for order in ("<", ">"):  # 258 and 772 are 0x0102 and 0x0304: the bytes stand nowhere else by chance
        for layout in ("HH", "II"):
            small = struct.pack(order + layout, 258, 772)
            data = data.replace(small, struct.pack(order + layout, 16_000, 16_000), 1)
            data = data.replace(struct.pack(order + layout, 772, 258), struct.pack(order + layout, 16_000, 16_000), 1)
    if name == "TIFF":
        for old in (258, 772):
            data = data.replace(struct.pack("<HII", 4, 1, old), struct.pack("<HII", 4, 1, 16_000))
            data = data.replace(struct.pack("<HIH", 3, 1, old), struct.pack("<HIH", 3, 1, 16_000))
    value = str(values_of(tmp_path, data)["picture data"])
    assert value == "could not be read: 256 megapixels are declared, and no more than 64 are decoded"


def test_a_compressed_text_that_unpacks_to_gigabytes_is_cut(tmp_path: Path) -> None:
    """A zTXt bomb costs no more than the text that is kept of it."""
    bomb = zlib.compress(b"A" * (64 << 20), 9)
    data = encoded("PNG")
    data = data[:33] + _chunk(b"zTXt", b"Comment\0\0" + bomb) + data[33:]
    value = str(values_of(tmp_path, data)["comment"])
    assert value.startswith("A" * 1000 + "…")
    assert len(value) < 1200


def test_a_png_with_a_damaged_compressed_text_says_so(tmp_path: Path) -> None:
    """A text that cannot be unpacked is a fact with its reason."""
    data = encoded("PNG")
    values = values_of(tmp_path, data[:33] + _chunk(b"zTXt", b"Comment\0\0no deflate") + data[33:])
    assert values["comment"] == "could not be read: its compression is damaged"


def test_a_million_texts_do_not_become_a_million_facts(tmp_path: Path) -> None:
    """The number of facts is bounded."""
    data = encoded("PNG")
    data = data[:33] + b"".join(_chunk(b"tEXt", b"k%d\0v" % number) for number in range(1000)) + data[33:]
    assert len(examine(store(tmp_path, data))) < 50


def test_a_gif_of_ten_thousand_frames_is_counted_in_time(tmp_path: Path) -> None:
    """Frames are counted without decoding them."""
    one = encoded("GIF", picture(4, 4).convert("P"))
    at = one.index(b"\x2c\0\0\0\0")
    data = one[:at] + one[at:-1] * 10_000 + b";"
    values = values_of(tmp_path, data)
    assert values["frames"] == 10_000
    assert values["picture data"] == "the first of 10,000 pictures is whole"


@pytest.mark.parametrize("pointer", [0x8769, 0x8825, 0xA005, 0x014A])
def test_directories_that_point_at_themselves_end(tmp_path: Path, pointer: int) -> None:
    """An EXIF directory whose own directory is itself is read once."""
    block = struct.pack("<4sIH", b"II*\0", 8, 2)
    block += struct.pack("<HHII", 0x010F, 2, 4, int.from_bytes(b"abc\0", "little"))
    block += struct.pack("<HHIII", pointer, 4, 1, 8, 8)
    assert values_of(tmp_path, jpeg(block))["camera make"] == "abc"
    assert values_of(tmp_path, block)["camera make"] == "abc"


def test_a_block_that_asks_for_billions_of_reads_is_given_up(tmp_path: Path) -> None:
    """Directories inside directories, 65,535 entries each, would keep a reader busy for days."""
    entry = struct.pack("<HHII", 0x8825, 4, 1, 8)
    data = struct.pack("<4sIH", b"II*\0", 8, 65_535) + entry * 65_535 + bytes(4)
    values = values_of(tmp_path, data)
    assert values["EXIF"] == "could not be read: it lists far more than a camera writes"


def test_a_jpeg_of_thousands_of_scans_is_not_decoded(tmp_path: Path) -> None:
    """Each scan of a few bytes makes the decoder pass over the whole picture again."""
    data = encoded("JPEG", picture(4000, 4000), progressive=True)
    start = data.rindex(b"\xff\xda")
    scan = data[start:-2]
    assert values_of(tmp_path, data)["picture data"] == "whole"
    value = values_of(tmp_path, data[:-2] + scan[:40] * 300 + b"\xff\xd9")["picture data"]
    assert str(value).startswith("could not be read: 16 megapixels in 3")
    assert str(value).endswith(" scans are far more than a camera writes")


def test_an_end_inside_a_table_hides_no_scans(tmp_path: Path) -> None:
    """What looks like the end of the picture in the comment between two scans is passed over."""
    data = encoded("JPEG", picture(4000, 4000), progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2][:40]
    data = data[:-2] + b"\xff\xfe\0\4\xff\xd9" + scan * 300 + b"\xff\xd9"
    assert "scans are far more" in str(values_of(tmp_path, data)["picture data"])


def test_a_heif_item_in_billions_of_pieces_is_given_up(tmp_path: Path) -> None:
    """Pieces whose numbers take no bytes could be listed without end."""
    items = b"".join(struct.pack(">HHH", number, 0, 0xFFFF) for number in range(1000))
    iloc = struct.pack(">IHH", 0, 0, 1000) + items
    body = bytes(4) + struct.pack(">I4s", len(iloc) + 8, b"iloc") + iloc
    data = (
        struct.pack(">I4s4sI4s", 20, b"ftyp", b"heic", 0, b"mif1") + struct.pack(">I4s", len(body) + 8, b"meta") + body
    )
    values = values_of(tmp_path, data)
    assert values["file structure"] == "could not be read: an item is in more pieces than a photo's items are"


def test_an_exif_block_that_is_none_says_so(tmp_path: Path) -> None:
    """A segment may call itself EXIF and hold anything."""
    assert values_of(tmp_path, jpeg(b"nothing of the kind"))["EXIF"] == (
        "could not be read: it does not begin with a TIFF header"
    )


def test_bigtiff_gets_its_size_from_pillow(tmp_path: Path) -> None:
    """Directories of BigTIFF are not read here, which is said; the picture is decoded all the same."""
    facts = facts_of(tmp_path, encoded("TIFF", picture(75, 50), big_tiff=True))
    assert facts["width"] == Fact("width", 75, "Pillow")
    assert facts["file structure"].value == "could not be read: BigTIFF directories are not read here"


def test_reasons_name_neither_paths_nor_addresses(tmp_path: Path) -> None:
    """A reason is for people: no object of a program and no path of this machine stands in it."""
    data = bytearray(encoded("PNG"))
    data[16:33] = bytes(17)
    reasons = " ".join(str(fact.value) for fact in _unread(tmp_path, bytes(data)))
    assert reasons
    assert "0x" not in reasons
    assert "<" not in reasons
    assert str(tmp_path) not in reasons


def test_a_chunk_or_box_name_cannot_carry_escapes(tmp_path: Path) -> None:
    """Names of parts come from the file, and are written out like every other text."""
    png = encoded("PNG")[:33] + struct.pack(">I", 99) + b"\x1b[2J"
    assert values_of(tmp_path, png)["file structure"] == ("could not be read: it ends inside or before chunk \\x1b[2J")


@pytest.mark.parametrize("name", FORMATS)
def test_the_original_is_not_touched(tmp_path: Path, name: str) -> None:
    """Digest, modification time and mode are the same before and after, for a file that may only be read."""
    path = store(tmp_path, encoded(name))
    path.chmod(0o400)
    before, digest = path.stat(), hashlib.sha256(path.read_bytes()).hexdigest()
    examine(path)
    after = path.stat()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    assert (after.st_mtime_ns, after.st_ctime_ns, after.st_mode) == (
        before.st_mtime_ns,
        before.st_ctime_ns,
        before.st_mode,
    )
    assert list(tmp_path.iterdir()) == [path]


def test_a_tag_of_an_unknown_type_does_not_hide_the_others(tmp_path: Path) -> None:
    """One damaged entry costs one fact."""
    block = Block(image=[Entry(0x0112, 99, 1, bytes(4)), long(0x0131, 7), text(0x010F, "Maker")])
    values = values_of(tmp_path, jpeg(block))
    assert values["camera make"] == "Maker"
    assert "orientation" not in values
