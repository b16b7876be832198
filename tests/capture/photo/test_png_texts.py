from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.capture.photo.making import examine, text

if TYPE_CHECKING:
    from pathlib import Path

MODEL = 0x0110


def _exif() -> bytes:
    entry = text(MODEL, "ScenePhone 3")
    head = struct.pack("<HHII", entry.number, entry.type, entry.count, 26)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + head + b"\0\0\0\0" + entry.data


def _with_chunk(path: Path, kind: bytes, data: bytes) -> Path:
    """Write a PNG with one more chunk behind its head."""
    Image.new("RGB", (4, 4)).save(path, "PNG")
    png = path.read_bytes()
    head = 8 + 25
    chunk = struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    path.write_bytes(png[:head] + chunk + png[head:])
    return path


def _facts(path: Path) -> dict[str, object]:
    return {fact.name: fact.value for fact in examine(path)}


def _profile(data: bytes) -> bytes:
    lines = "\n".join(data.hex()[at : at + 72] for at in range(0, 2 * len(data), 72))
    return f"\nexif\n{len(data):8d}\n{lines}\n".encode()


@pytest.mark.parametrize("mark", [b"", b"Exif\0\0"])
@pytest.mark.parametrize(
    ("kind", "wrap"),
    [
        (b"tEXt", lambda profile: profile),
        (b"zTXt", lambda profile: b"\0" + zlib.compress(profile)),
        (b"iTXt", lambda profile: b"\1\0\0\0" + zlib.compress(profile)),
    ],
)
def test_exif_in_a_raw_profile_is_read(tmp_path: Path, kind: bytes, wrap: object, mark: bytes) -> None:
    """The EXIF that ImageMagick writes as a text in hexadecimal is read as any other."""
    assert callable(wrap)
    data = b"Raw profile type exif\0" + wrap(_profile(mark + _exif()))
    assert _facts(_with_chunk(tmp_path / "a.png", kind, data))["camera model"] == "ScenePhone 3"


@pytest.mark.parametrize("profile", [b"", b"\nexif\n  99\nabcd\n", b"\nexif\n   2\nzzzz\n", b"\nexif\n   1\nab\ncd\n"])
def test_a_damaged_raw_profile_is_told(tmp_path: Path, profile: bytes) -> None:
    """A profile that is no EXIF, or of another length than it says, is a fact with its reason."""
    facts = _facts(_with_chunk(tmp_path / "a.png", b"tEXt", b"Raw profile type exif\0" + profile))
    assert facts["text"] == "could not be read: its profile is damaged"


@pytest.mark.parametrize(
    ("stated", "value"),
    [
        ((2026, 11, 20, 10, 15, 0), "2026-11-20T10:15:00Z"),
        ((2026, 6, 30, 23, 59, 60), "2026-06-30T23:59:60Z"),
        ((2026, 13, 20, 10, 15, 0), "could not be read: there is no such time"),
        ((2026, 2, 30, 10, 15, 0), "could not be read: there is no such time"),
        ((0, 0, 0, 0, 0, 0), "could not be read: there is no such time"),
        ((2026, 1, 1, 25, 0, 0), "could not be read: there is no such time"),
    ],
)
def test_a_png_time_is_checked_before_it_is_stated(tmp_path: Path, stated: tuple[int, ...], value: str) -> None:
    """A time that there is not is told as unreadable, and stands in no other form."""
    facts = _facts(_with_chunk(tmp_path / "a.png", b"tIME", struct.pack(">HBBBBB", *stated)))
    assert facts["modified time"] == value
    assert sum("time" in name for name in facts) == 1


@pytest.mark.parametrize("data", [b"\x07\xea\x0b", b"\x07\xea\x0b\x14\x0a\0\0\0"])
def test_a_png_time_of_another_length_is_none(tmp_path: Path, data: bytes) -> None:
    """Of a chunk that is shorter or longer than a time, no time is stated."""
    value = _facts(_with_chunk(tmp_path / "a.png", b"tIME", data))["modified time"]
    assert value == "could not be read: there is no such time"


def test_a_chunk_whose_checksum_does_not_fit_states_nothing(tmp_path: Path) -> None:
    """A time in a damaged chunk is told as damaged."""
    path = _with_chunk(tmp_path / "a.png", b"tIME", struct.pack(">HBBBBB", 2026, 11, 20, 10, 15, 0))
    path.write_bytes(path.read_bytes().replace(b"tIME\x07\xea", b"tIME\x07\xeb"))
    assert _facts(path)["modified time"] == "could not be read: it is damaged"


@pytest.mark.parametrize(
    ("name", "data", "fact"),
    [
        (b"APP1", b"http://ns.adobe.com/xap/1.0/\0<x/>", "XMP present"),
        (b"xmp", b"<x:xmpmeta/>", "XMP present"),
        (b"iptc", b"8BIM\x04\x04\0\0\0\0\0\0", "IPTC present"),
    ],
)
def test_a_raw_profile_of_something_else_is_no_exif(tmp_path: Path, name: bytes, data: bytes, fact: str) -> None:
    """XMP and IPTC that stand in a text are named, and not read as EXIF."""
    facts = _facts(_with_chunk(tmp_path / "a.png", b"tEXt", b"Raw profile type " + name + b"\0" + _profile(data)))
    assert facts[fact] is True
    assert "EXIF" not in facts
