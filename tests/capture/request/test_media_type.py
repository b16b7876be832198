from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from capture.request.media_type import HEAD, MediaType, extension_for, media_type, sniff
from hashing.case.kinds import ItemKind

KINDS = {"page", "feed", "playlist", "photo", "video", "audio", "document", "file"}
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _photo(name: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, name)
    return file.getvalue()


def _ftyp(major: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + major + bytes(4) + b"".join(compatible)
    return struct.pack(">I", len(body) + 4) + body + bytes(64)


def _ebml(kind: bytes) -> bytes:
    return (
        b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82" + bytes([0x80 | len(kind)]) + kind + bytes(40)
    )


def _zip(*names: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in names:
            archive.writestr(zipfile.ZipInfo(name), data)
    return file.getvalue()


_MP3_FRAME = b"\xff\xfb\x90\x00".ljust(417, b"\0")  # layer III, 128 kbit/s, 44.1 kHz
_ADTS_FRAME = b"\xff\xf1\x50\x80\x02\x1f\xfc".ljust(16, b"\0")

_SHOWN = {
    "jpeg": (_photo("JPEG"), "photo", "image/jpeg", ".jpg"),
    "png": (_photo("PNG"), "photo", "image/png", ".png"),
    "gif": (_photo("GIF"), "photo", "image/gif", ".gif"),
    "webp": (_photo("WEBP"), "photo", "image/webp", ".webp"),
    "tiff": (_photo("TIFF"), "photo", "image/tiff", ".tif"),
    "tiff, big-endian": (b"MM\0*" + bytes(20), "photo", "image/tiff", ".tif"),
    "bmp": (_photo("BMP"), "photo", "image/bmp", ".bmp"),
    "ico": (_photo("ICO"), "photo", "image/vnd.microsoft.icon", ".ico"),
    "avif": (_photo("AVIF"), "photo", "image/avif", ".avif"),
    "heic": (_ftyp(b"heic", b"mif1", b"heic"), "photo", "image/heic", ".heic"),
    "heic under its general brand": (_ftyp(b"mif1", b"mif1", b"heic"), "photo", "image/heic", ".heic"),
    "avif under its general brand": (_ftyp(b"mif1", b"miaf", b"avif"), "photo", "image/avif", ".avif"),
    "heif": (_ftyp(b"mif1", b"mif1"), "photo", "image/heif", ".heif"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg">', "photo", "image/svg+xml", ".svg"),
    "svg after a prolog": (
        b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn -->\n<!DOCTYPE svg PUBLIC "x" "y" [<!ENTITY a "b">]>\n<svg >',
        "photo", "image/svg+xml", ".svg",
    ),
    "mp4": (_ftyp(b"isom", b"iso2", b"mp41"), "video", "video/mp4", ".mp4"),
    "mp4 under a brand of its maker": (_ftyp(b"XAVC", b"mp42"), "video", "video/mp4", ".mp4"),
    "mov": (_ftyp(b"qt  "), "video", "video/quicktime", ".mov"),
    "mov without a brand": (b"\0\0\0\x08wide\0\0\1\0mdat" + bytes(40), "video", "video/quicktime", ".mov"),
    "m4v": (_ftyp(b"M4V "), "video", "video/x-m4v", ".m4v"),
    "3gp": (_ftyp(b"3gp5"), "video", "video/3gpp", ".3gp"),
    "m4s": (_ftyp(b"msdh").replace(b"ftyp", b"styp"), "video", "video/iso.segment", ".m4s"),
    "webm": (_ebml(b"webm"), "video", "video/webm", ".webm"),
    "mkv": (_ebml(b"matroska"), "video", "video/x-matroska", ".mkv"),
    "ts": ((b"\x47\x40\0\x10" + bytes(184)) * 8, "video", "video/mp2t", ".ts"),
    "m2ts": ((bytes(4) + b"\x47\x40\0\x10" + bytes(184)) * 8, "video", "video/mp2t", ".ts"),
    "avi": (b"RIFF\0\0\1\0AVI LIST", "video", "video/x-msvideo", ".avi"),
    "flv": (b"FLV\x01\x05\0\0\0\x09", "video", "video/x-flv", ".flv"),
    "ogv": (b"OggS\0\2" + bytes(22) + b"\x80theora", "video", "video/ogg", ".ogv"),
    "m3u8": (b"#EXTM3U\n#EXT-X-VERSION:3\n", "playlist", "application/vnd.apple.mpegurl", ".m3u8"),
    "mpd": (b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:x">', "playlist", "application/dash+xml", ".mpd"),
    "mp3 with a tag": (b"ID3\x04\0\0\0\0\x0f\x76" + bytes(40), "audio", "audio/mpeg", ".mp3"),
    "mp3 without a tag": (_MP3_FRAME * 3, "audio", "audio/mpeg", ".mp3"),
    "aac": (_ADTS_FRAME * 3, "audio", "audio/aac", ".aac"),
    "ogg": (b"OggS\0\2" + bytes(22) + b"\x01vorbis", "audio", "audio/ogg", ".ogg"),
    "wav": (b"RIFF\0\0\1\0WAVEfmt ", "audio", "audio/wav", ".wav"),
    "flac": (b"fLaC\0\0\0\x22" + bytes(34), "audio", "audio/flac", ".flac"),
    "m4a": (_ftyp(b"M4A "), "audio", "audio/mp4", ".m4a"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "document", "application/pdf", ".pdf"),
    "text": ("Grüße aus Köln\n".encode(), "document", "text/plain", ".txt"),
    "text in an older coding": ("Grüße aus Köln\n".encode("latin-1"), "document", "text/plain", ".txt"),
    "text in utf-16": ("Grüße".encode("utf-16"), "document", "text/plain", ".txt"),
    "json": (b' {"a": [1, 2]}', "file", "application/json", ".json"),
    "json beyond the head": (json.dumps([{"a": "ü" * 9}] * 500).encode(), "file", "application/json", ".json"),
    "xml": (b"<?xml version='1.0'?><note/>", "file", "text/xml", ".xml"),
    "rss": (b"<?xml version='1.0'?><rss version='2.0'>", "feed", "application/rss+xml", ".rss"),
    "rss 1.0": (b'<rdf:RDF xmlns:rdf="x" xmlns="http://purl.org/rss/1.0/">', "feed", "application/rss+xml", ".rss"),
    "rss 0.90": (
        b'<rdf:RDF xmlns:rdf="x" xmlns="http://my.netscape.com/rdf/simple/0.9/">',
        "feed", "application/rss+xml", ".rss",
    ),
    "rdf that is no feed": (b"<?xml version='1.0'?><rdf:RDF xmlns:rdf='x'>", "file", "text/xml", ".xml"),
    "atom": (b'<feed xmlns="http://www.w3.org/2005/Atom">', "feed", "application/atom+xml", ".atom"),
    "atom 0.3": (b'<feed xmlns="http://purl.org/atom/ns#">', "feed", "application/atom+xml", ".atom"),
    "json feed": (
        b'{"version": "https:\\/\\/jsonfeed.org\\/version\\/1.1", "items": []}',
        "feed", "application/feed+json", ".json",
    ),
    "zip": (_zip(("a.txt", b"a")), "file", "application/zip", ".zip"),
    "docx": (_zip(("[Content_Types].xml", b"<a/>"), ("word/document.xml", b"<a/>")), "file", _DOCX, ".docx"),
    "odt": (_zip(("mimetype", b"application/vnd.oasis.opendocument.text")), "file",
            "application/vnd.oasis.opendocument.text", ".odt"),
    "ole": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40), "file", "application/x-ole-storage", ".ole"),
    "gzip": (gzip.compress(b"a"), "file", "application/gzip", ".gz"),
}  # fmt: skip


@pytest.mark.parametrize("name", _SHOWN)
def test_the_bytes_show_what_a_file_is(name: str) -> None:
    """Each kind of file is told by its first bytes alone, and they win over what the server says."""
    head, kind, mime, extension = _SHOWN[name]
    expected = MediaType(kind, mime, extension)  # type: ignore[arg-type] # the table's words are plain strings
    assert sniff(head) == expected
    assert media_type(head, "application/octet-stream") == expected
    assert media_type(head, "audio/x-unheard-of") == expected
    assert media_type(head[:HEAD], None) == expected


@pytest.mark.parametrize(
    "tag", ["!DOCTYPE html", "!doctype HTML", "html", "HEAD", "script", "iframe", "h1", "div", "font", "table", "a",
            "style", "title", "b", "body", "br", "p", "!--"],
)  # fmt: skip
@pytest.mark.parametrize("before", [b"", b" \t\r\n", b"\xef\xbb\xbf\n"])
@pytest.mark.parametrize("after", [b">", b" x"])
def test_a_page_is_told_by_its_first_tag(tag: str, before: bytes, after: bytes) -> None:
    """The tags are those of the WHATWG standard, after white space or a byte-order mark."""
    page = before + b"<" + tag.encode() + after
    assert sniff(page) == MediaType(ItemKind.PAGE, "text/html", ".html")
    assert media_type(page, "image/jpeg").kind == "page"


def test_a_page_in_utf_16_is_told_by_its_first_tag() -> None:
    """A byte-order mark says how to read it."""
    assert sniff("<!doctype html><title>".encode("utf-16")) == MediaType(ItemKind.PAGE, "text/html", ".html")


def test_xhtml_is_a_page() -> None:
    """XHTML begins as XML does, and is a page all the same; the server's word for it is kept."""
    page = b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x">\n<html>'
    assert sniff(page) == MediaType(ItemKind.PAGE, "application/xhtml+xml", ".xhtml")
    assert media_type(page, "text/html") == MediaType(ItemKind.PAGE, "text/html", ".html")
    assert media_type(b"<!doctype html>", "application/xhtml+xml").mime == "application/xhtml+xml"


@pytest.mark.parametrize(
    "head",
    [b"", b"\0", b"\xff\xd8", b"\0\0\1\0", b"\x47" + bytes(187), bytes(4096), b"\xff\xfb\x90\x00" + bytes(4092),
     b"\x80\x81\x82", b"\x1a\x45\xdf\xa3" + bytes(40)],
)  # fmt: skip
def test_too_little_shows_nothing(head: bytes) -> None:
    """Two bytes of a magic number, or one sync word, are no file format."""
    assert sniff(head) is None
    assert media_type(head, None) == MediaType(ItemKind.FILE, "application/octet-stream", ".bin")
    assert media_type(head, "image/jpeg; x=y") == MediaType(ItemKind.PHOTO, "image/jpeg", ".jpg")


@pytest.mark.parametrize(
    "text", [b"BMW drives by", b"ID3 tags are", b"Great. " * 400, b"[1] a note", b"{ color: red }", b"PKs"]
)
def test_text_that_begins_like_something_else_is_text(text: bytes) -> None:
    """A sentence is not claimed to be a photo, a song, a video or JSON."""
    assert sniff(text) == MediaType(ItemKind.DOCUMENT, "text/plain", ".txt")


@pytest.mark.parametrize(
    ("head", "declared", "mime", "extension"),
    [
        (b"a,b\n1,2\n", "text/csv; charset=utf-8", "text/csv", ".csv"),
        (b"body { margin: 0 }", "text/css", "text/css", ".css"),
        (b"var a;", "application/javascript", "text/javascript", ".js"),
        (b"Hello, <main>world</main>", "text/html", "text/html", ".html"),
        (b'{"type": "Note"}', "application/activity+json", "application/activity+json", ".json"),
        (b"<?xml version='1.0'?><x/>", "application/xml", "application/xml", ".xml"),
        (_zip(("a", b"")), "application/epub+zip", "application/epub+zip", ".epub"),
        (_zip(("a", b"")), _DOCX, _DOCX, ".docx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword", "application/msword", ".doc"),
        (_ftyp(b"isom"), "audio/mp4", "audio/mp4", ".m4a"),
        (_ftyp(b"xxxx"), "image/heic", "image/heic", ".heic"),
        (_ebml(b"webm"), "audio/webm", "audio/webm", ".webm"),
        (b"II*\0" + bytes(20), "image/x-adobe-dng", "image/x-adobe-dng", ".dng"),
    ],
)
def test_the_server_may_say_more_than_the_bytes_where_they_agree(
    head: bytes, declared: str, mime: str, extension: str
) -> None:
    """A ZIP may be a Word file and text may be CSV: the bytes do not contradict it."""
    found = media_type(head, declared)
    assert (found.mime, found.extension) == (mime, extension)


@pytest.mark.parametrize(
    ("head", "declared", "mime"),
    [
        (b"404 not found", "image/jpeg", "text/plain"),
        (b"<!doctype html>", "image/png", "text/html"),
        (_photo("PNG"), "image/jpeg", "image/png"),
        (_photo("JPEG"), "text/html", "image/jpeg"),
        (_zip(("a", b"")), "image/jpeg", "application/zip"),
        (b"<?xml version='1.0'?><x/>", "image/svg+xml", "text/xml"),
        (b'{"error": 1}', "text/html", "application/json"),
        (b"plain", "application/pdf", "text/plain"),
        (b"plain", "image/svg+xml", "text/plain"),
    ],
)
def test_a_server_that_lies_is_not_believed(head: bytes, declared: str, mime: str) -> None:
    """What the bytes show wins."""
    assert media_type(head, declared).mime == mime


@given(st.binary(max_size=300), st.text(max_size=60))
def test_any_bytes_and_any_declaration_give_a_type(head: bytes, declared: str) -> None:
    """No input makes it raise, and an extension never comes from the network."""
    found = media_type(head, declared)
    assert found.kind in KINDS
    assert found.extension[0] == "."
    assert found.extension[1:].isalnum()
    assert found.mime.isascii()
    assert found.mime.isprintable()


@given(st.sampled_from([value[0] for value in _SHOWN.values()]), st.binary(max_size=5000))
def test_only_the_head_counts(head: bytes, tail: bytes) -> None:
    """Nothing beyond the first 4 KiB changes the answer."""
    whole = head.ljust(HEAD, b" ") + tail
    assert sniff(whole) == sniff(whole[:HEAD])


@pytest.mark.parametrize(
    ("mime", "extension"),
    [("image/jpeg", ".jpg"), ("image/jpg", ".jpg"), ("IMAGE/PNG; q=1", ".png"), ("application/ld+json", ".json"),
     ("application/x+xml", ".xml"), ("text/x-unknown", ".txt"), ("chemical/x-pdb", ".bin"), ("", ".bin"),
     ("../../x", ".bin")],
)  # fmt: skip
def test_extensions_come_from_a_table(mime: str, extension: str) -> None:
    """A type that is not known gets a harmless extension."""
    assert extension_for(mime) == extension
