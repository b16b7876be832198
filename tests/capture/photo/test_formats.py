from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, PngImagePlugin

from hashing.case.facts import Fact
from tests.capture.photo.making import (
    FORMATS,
    WITH_EXIF,
    Block,
    camera_exif,
    encoded,
    facts_of,
    jpeg,
    picture,
    text,
    values_of,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_states_its_name_and_pixel_size(tmp_path: Path, name: str) -> None:
    """Format and pixel size come from the file's own header, and the whole picture is found to be there."""
    facts = facts_of(tmp_path, encoded(name, picture(75, 50)))
    assert facts["format"].value == FORMATS[name]
    assert (facts["width"].value, facts["height"].value) == (75, 50)
    assert facts["width"].tag != "Pillow"
    assert facts["picture data"] == Fact("picture data", "whole", "Pillow")
    assert "file structure" not in facts


@pytest.mark.parametrize("name", WITH_EXIF)
def test_exif_is_found_in_every_format_that_carries_it(tmp_path: Path, name: str) -> None:
    """Camera, time with its zone, and a place south and west are read from EXIF, whatever the format around it."""
    facts = facts_of(tmp_path, encoded(name, exif=camera_exif().tobytes()))
    assert facts["camera make"] == Fact("camera make", "Goldenhour", "EXIF Make")
    assert facts["camera model"] == Fact("camera model", "Test 1", "EXIF Model")
    assert facts["serial number"] == Fact("serial number", "SN-0001", "EXIF BodySerialNumber")
    assert facts["lens model"] == Fact("lens model", "Test lens", "EXIF LensModel")
    assert facts["original time"] == Fact("original time", "2026-03-01T12:00:05-03:00", "EXIF DateTimeOriginal")
    assert facts["GPS latitude"] == Fact("GPS latitude", -33.0464, "EXIF GPSLatitude, EXIF GPSLatitudeRef")
    assert facts["GPS longitude"] == Fact("GPS longitude", -71.6268, "EXIF GPSLongitude, EXIF GPSLongitudeRef")
    assert facts["GPS altitude"] == Fact("GPS altitude", -12.5, "EXIF GPSAltitude, EXIF GPSAltitudeRef")


def test_heic_states_its_size_and_exif_although_it_is_not_decoded(tmp_path: Path) -> None:
    """The boxes of a HEIC file are read as AVIF's are; that the picture itself is not decoded is said."""
    data = encoded("AVIF", picture(75, 50), exif=camera_exif().tobytes())
    brands = data[: struct.unpack(">I", data[:4])[0]].replace(b"avif", b"heic")
    facts = facts_of(tmp_path, brands + data[len(brands) :])
    assert facts["format"].value == "HEIC"
    assert facts["width"] == Fact("width", 75, "HEIF ispe")
    assert facts["camera model"].value == "Test 1"
    assert facts["picture data"].value == "could not be read: HEIC pictures are not decoded here"


def test_an_exif_block_behind_many_other_segments_is_found(tmp_path: Path) -> None:
    """Colour profiles and previews of any size may stand before EXIF in a JPEG."""
    data = jpeg(Block(image=[text(0x010F, "Maker")]))
    filler = b"".join(b"\xff\xe2" + struct.pack(">H", 0xFFFF) + bytes(0xFFFD) for _ in range(5))
    assert values_of(tmp_path, data[:2] + filler + data[2:])["camera make"] == "Maker"


@pytest.mark.parametrize(
    ("name", "tag"), [("GIF", "GIF image descriptors"), ("WEBP", "WebP ANMF"), ("PNG", "PNG acTL")]
)
def test_the_frames_of_an_animation_are_counted(tmp_path: Path, name: str, tag: str) -> None:
    """An animation says how many frames it has, and that only the first was decoded."""
    frames = [picture() for _ in range(5)]
    facts = facts_of(tmp_path, encoded(name, frames[0], save_all=True, append_images=frames[1:]))
    assert facts["frames"] == Fact("frames", 5, tag)
    assert facts["picture data"].value == "the first of 5 pictures is whole"


def test_the_pages_of_a_tiff_are_counted_and_its_second_page_is_no_thumbnail(tmp_path: Path) -> None:
    """Each directory of a TIFF file is a page; the second is a thumbnail only inside an EXIF block."""
    data = encoded("TIFF", picture(), save_all=True, append_images=[picture(32, 32)], compression="jpeg")
    facts = facts_of(tmp_path, data)
    assert facts["frames"] == Fact("frames", 2, "TIFF directories")
    assert "thumbnail" not in facts


def test_an_icon_states_its_largest_picture(tmp_path: Path) -> None:
    """A favicon holds several sizes."""
    facts = facts_of(tmp_path, encoded("ICO", picture(64, 64), sizes=[(16, 16), (64, 64)]))
    assert (facts["format"].value, facts["width"].value, facts["frames"].value) == ("ICO", 64, 2)


def test_a_drawing_is_named_and_not_decoded(tmp_path: Path) -> None:
    """An SVG is text; it has no pixels of its own."""
    values = values_of(tmp_path, b'<svg xmlns="http://www.w3.org/2000/svg"/>')
    assert values == {"format": "SVG", "picture data": "could not be read: SVG pictures are not decoded here"}


def test_text_in_a_png_keeps_its_keyword(tmp_path: Path) -> None:
    """Image generators write their instructions into a PNG's text."""
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a street at dawn, Steps: 20")
    info.add_text("Author", "Jane", zip=True)
    info.add_itxt("Description", "日本の写真", zip=True)
    facts = facts_of(tmp_path, encoded("PNG", pnginfo=info))
    assert facts["text"] == Fact("text", "parameters: a street at dawn, Steps: 20", "PNG tEXt")
    assert facts["artist"] == Fact("artist", "Jane", "PNG zTXt")
    assert facts["description"] == Fact("description", "日本の写真", "PNG iTXt")


def test_a_png_comment_in_small_letters_is_a_comment(tmp_path: Path) -> None:
    """ImageMagick writes the keywords of the standard in small letters."""
    info = PngImagePlugin.PngInfo()
    info.add_text("comment", "made by x")
    assert facts_of(tmp_path, encoded("PNG", pnginfo=info))["comment"] == Fact("comment", "made by x", "PNG tEXt")


def test_the_modification_time_of_a_png_is_utc(tmp_path: Path) -> None:
    """PNG's own time chunk is in UTC by its standard."""
    data = encoded("PNG")
    body = b"tIME" + struct.pack(">H5B", 2026, 3, 1, 12, 0, 5)
    chunk = struct.pack(">I", 7) + body + struct.pack(">I", zlib.crc32(body))
    facts = facts_of(tmp_path, data[:33] + chunk + data[33:])
    assert facts["modified time"] == Fact("modified time", "2026-03-01T12:00:05Z", "PNG tIME")


def test_a_jpeg_comment_is_a_fact(tmp_path: Path) -> None:
    """Comments show which program or site handled a photo."""
    assert facts_of(tmp_path, encoded("JPEG", comment=b"processed by x"))["comment"] == Fact(
        "comment", "processed by x", "JPEG COM"
    )


def test_xmp_iptc_and_content_credentials_are_noted_as_present(tmp_path: Path) -> None:
    """Only their presence is stated: what they say is not read here."""
    manifest = b"JP" + struct.pack(">HI", 1, 1) + struct.pack(">I", 60) + b"jumb" + bytes(20) + b"c2pa\0" + bytes(30)
    segment = b"\xff\xeb" + struct.pack(">H", len(manifest) + 2) + manifest
    notice = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", 0)
    segment += b"\xff\xed" + struct.pack(">H", len(notice) + 2) + notice
    data = encoded("JPEG", xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    facts = facts_of(tmp_path, data[:2] + segment + data[2:])
    assert facts["XMP present"] == Fact("XMP present", value=True, tag="JPEG APP1")
    assert facts["C2PA present"] == Fact("C2PA present", value=True, tag="JPEG APP11")
    assert facts["IPTC present"] == Fact("IPTC present", value=True, tag="JPEG APP13")


@pytest.mark.parametrize("name", ["PNG", "WEBP", "AVIF", "TIFF"])
def test_xmp_is_noted_in_other_formats(tmp_path: Path, name: str) -> None:
    """Each format has its own place for XMP."""
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    options: dict[str, Any] = {"tiffinfo": {700: packet}} if name == "TIFF" else {"xmp": packet}
    if name == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        options = {"pnginfo": info}
    assert values_of(tmp_path, encoded(name, **options))["XMP present"] is True


def test_a_raw_photo_does_not_pass_off_its_preview_as_the_photo(tmp_path: Path) -> None:
    """The first directory of a raw file is often a small copy; its size is not stated as the photo's."""
    facts = facts_of(tmp_path, encoded("TIFF", tiffinfo={254: 1}))
    assert facts["width"].value == "could not be read: the first picture in the file is a reduced copy of the photo"
    assert "height" not in facts


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "upright as stored"),
        (3, "to be turned by 180°"),
        (6, "to be turned 90° clockwise"),
        (8, "to be turned 90° anticlockwise"),
    ],
)
def test_orientation_is_a_number_and_words_and_the_size_stays_as_stored(
    tmp_path: Path, number: int, words: str
) -> None:
    """A photo that is to be turned still states the pixel size as it is stored."""
    exif = Image.Exif()
    exif[0x0112] = number
    values = values_of(tmp_path, encoded("JPEG", picture(75, 50), exif=exif))
    assert (values["orientation"], values["orientation in words"]) == (number, words)
    assert (values["width"], values["height"]) == (75, 50)


@pytest.mark.parametrize("number", [0, 9, 65535])
def test_an_orientation_without_meaning_says_so(tmp_path: Path, number: int) -> None:
    """Only the numbers from 1 to 8 mean something."""
    exif = Image.Exif()
    exif[0x0112] = number
    values = values_of(tmp_path, encoded("JPEG", exif=exif))
    assert values["orientation"] == f"could not be read: {number} is not between 1 and 8"
