"""What a file is: told by its first bytes, and by the server's word only where the bytes say nothing.

Rules of recognition follow the WHATWG MIME Sniffing standard (mimesniff.spec.whatwg.org) where it has one.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

import msgspec

from hashing.case.kinds import ItemKind

HEAD = 4096  # Bytes of a file's beginning that are looked at.


class MediaType(msgspec.Struct, frozen=True):
    """A file's type: the kind that goldenhour sorts by, the MIME type, and the extension that fits (`.jpg`)."""

    kind: ItemKind
    mime: str
    extension: str


_KNOWN: dict[str, tuple[str, str]] = {
    "text/html": ("page", ".html"), "application/xhtml+xml": ("page", ".xhtml"),
    "image/jpeg": ("photo", ".jpg"), "image/png": ("photo", ".png"), "image/gif": ("photo", ".gif"),
    "image/webp": ("photo", ".webp"), "image/tiff": ("photo", ".tif"), "image/bmp": ("photo", ".bmp"),
    "image/heic": ("photo", ".heic"), "image/heic-sequence": ("photo", ".heic"), "image/heif": ("photo", ".heif"),
    "image/heif-sequence": ("photo", ".heif"), "image/avif": ("photo", ".avif"), "image/svg+xml": ("photo", ".svg"),
    "image/vnd.microsoft.icon": ("photo", ".ico"), "image/jxl": ("photo", ".jxl"), "image/jp2": ("photo", ".jp2"),
    "image/x-adobe-dng": ("photo", ".dng"),
    "video/mp4": ("video", ".mp4"), "video/quicktime": ("video", ".mov"), "video/x-m4v": ("video", ".m4v"),
    "video/iso.segment": ("video", ".m4s"), "video/3gpp": ("video", ".3gp"), "video/3gpp2": ("video", ".3g2"),
    "video/webm": ("video", ".webm"), "video/x-matroska": ("video", ".mkv"), "video/mp2t": ("video", ".ts"),
    "video/mpeg": ("video", ".mpg"), "video/x-msvideo": ("video", ".avi"), "video/x-flv": ("video", ".flv"),
    "video/x-ms-asf": ("video", ".asf"), "video/ogg": ("video", ".ogv"),
    "application/vnd.apple.mpegurl": ("playlist", ".m3u8"), "application/dash+xml": ("playlist", ".mpd"),
    "audio/mpeg": ("audio", ".mp3"), "audio/ogg": ("audio", ".ogg"), "audio/opus": ("audio", ".opus"),
    "audio/wav": ("audio", ".wav"), "audio/flac": ("audio", ".flac"), "audio/mp4": ("audio", ".m4a"),
    "audio/aac": ("audio", ".aac"), "audio/amr": ("audio", ".amr"), "audio/webm": ("audio", ".webm"),
    "audio/x-matroska": ("audio", ".mka"),
    "application/pdf": ("document", ".pdf"), "text/plain": ("document", ".txt"), "text/csv": ("document", ".csv"),
    "text/markdown": ("document", ".md"), "application/rtf": ("document", ".rtf"),
    "text/css": ("file", ".css"), "text/javascript": ("file", ".js"), "text/vtt": ("file", ".vtt"),
    "application/json": ("file", ".json"), "text/xml": ("file", ".xml"), "application/xml": ("file", ".xml"),
    "application/rss+xml": ("feed", ".rss"), "application/atom+xml": ("feed", ".atom"),
    "application/feed+json": ("feed", ".json"),
    "application/vnd.ipld.car": ("file", ".car"),
    "application/zip": ("file", ".zip"), "application/epub+zip": ("file", ".epub"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("file", ".docx"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("file", ".xlsx"),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("file", ".pptx"),
    "application/vnd.oasis.opendocument.text": ("file", ".odt"),
    "application/vnd.oasis.opendocument.spreadsheet": ("file", ".ods"),
    "application/vnd.oasis.opendocument.presentation": ("file", ".odp"),
    "application/vnd.android.package-archive": ("file", ".apk"), "application/java-archive": ("file", ".jar"),
    "application/x-ole-storage": ("file", ".ole"), "application/msword": ("file", ".doc"),
    "application/vnd.ms-excel": ("file", ".xls"), "application/vnd.ms-powerpoint": ("file", ".ppt"),
    "application/gzip": ("file", ".gz"), "application/x-xz": ("file", ".xz"),
    "application/zstd": ("file", ".zst"), "application/x-7z-compressed": ("file", ".7z"),
    "application/vnd.rar": ("file", ".rar"), "font/woff": ("file", ".woff"), "font/woff2": ("file", ".woff2"),
    "application/ogg": ("file", ".ogx"), "application/mp4": ("file", ".mp4"),
    "application/octet-stream": ("file", ".bin"),
}  # fmt: skip

_OTHER_NAMES = {
    "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png", "image/x-ms-bmp": "image/bmp",
    "image/x-icon": "image/vnd.microsoft.icon", "audio/mp3": "audio/mpeg", "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav", "audio/vnd.wave": "audio/wav", "audio/x-flac": "audio/flac", "audio/x-m4a": "audio/mp4",
    "audio/aacp": "audio/aac", "audio/x-aac": "audio/aac", "video/avi": "video/x-msvideo", "video/mp2ts": "video/mp2t",
    "application/x-mpegurl": "application/vnd.apple.mpegurl", "audio/mpegurl": "application/vnd.apple.mpegurl",
    "audio/x-mpegurl": "application/vnd.apple.mpegurl", "application/x-gzip": "application/gzip",
    "application/x-zip-compressed": "application/zip", "application/x-rar-compressed": "application/vnd.rar",
    "application/x-pdf": "application/pdf", "application/javascript": "text/javascript",
    "application/x-javascript": "text/javascript", "text/json": "application/json",
}  # fmt: skip

_SAYS_NOTHING = frozenset({"application/octet-stream", "binary/octet-stream", "application/unknown", "unknown/unknown"})

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"), (b"II*\0", "image/tiff"), (b"MM\0*", "image/tiff"), (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"), (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"), (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"FLV\x01", "video/x-flv"), (b"\0\0\x01\xba", "video/mpeg"), (b"\0\0\x01\xb3", "video/mpeg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", "video/x-ms-asf"),
    (b"fLaC\0", "audio/flac"), (b"fLaC\x80", "audio/flac"), (b"#!AMR\n", "audio/amr"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"), (b"\x1f\x8b\x08", "application/gzip"),
    (b"\xfd7zXZ\0", "application/x-xz"), (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"), (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"wOFF\0\1\0\0", "font/woff"), (b"wOFFOTTO", "font/woff"), (b"wOF2\0\1\0\0", "font/woff2"),
    (b"wOF2OTTO", "font/woff2"),
)  # fmt: skip

_BRANDS = {
    b"heic": "image/heic", b"heix": "image/heic", b"heim": "image/heic", b"heis": "image/heic",
    b"hevc": "image/heic-sequence", b"hevx": "image/heic-sequence", b"avif": "image/avif", b"avis": "image/avif",
    b"mif1": "image/heif", b"mif2": "image/heif", b"msf1": "image/heif-sequence",
    b"qt  ": "video/quicktime", b"M4V ": "video/x-m4v", b"M4VH": "video/x-m4v", b"M4VP": "video/x-m4v",
    b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"M4P ": "audio/mp4", b"F4A ": "audio/mp4",
    b"MSNV": "video/mp4", b"avc1": "video/mp4", b"dash": "video/mp4", b"F4V ": "video/mp4",
}  # fmt: skip
"""Brands of ISO base media files, from the register at mp4ra.org."""

# MIME Sniffing, section 7.1: the tags by which HTML is told, each followed by a blank or ">".
_HTML = re.compile(
    rb"<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[ \t\r\n\f>]",
    re.IGNORECASE,
)
_PROLOG = re.compile(rb"\s*(?:<\?.*?\?>|<!--.*?-->|<!doctype\s[^\[>]*(?:\[.*?\]\s*)?>)", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(rb"\s*<(?:[\w.-]+:)?([\w.-]+)[\s/>]")
# Root elements, with the namespaces of which one must stand beside those whose name alone says too little.
_XML_ROOTS: dict[bytes, tuple[tuple[bytes, ...], str]] = {
    b"html": ((b"",), "application/xhtml+xml"),
    b"svg": ((b"",), "image/svg+xml"),
    b"rss": ((b"",), "application/rss+xml"),
    b"RDF": ((b"http://purl.org/rss/1.0/", b".netscape.com/rdf/simple/0.9/"), "application/rss+xml"),
    b"feed": ((b"http://www.w3.org/2005/Atom", b"http://purl.org/atom/ns#"), "application/atom+xml"),
    b"MPD": ((b"urn:mpeg:dash:",), "application/dash+xml"),
}
_JSON_FEED = re.compile(rb'"version"\s*:\s*"https?:\\?/\\?/jsonfeed\.org\\?/version')
# MIME Sniffing, section 3: binary data bytes.
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_MIME = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,100}")


def media_type(head: bytes, declared: str | None) -> MediaType:
    """Return what a file is. `head` is its beginning without content coding, `declared` the server's Content-Type.

    What the bytes show wins. The server's word decides where they show nothing, and where it says more than they do
    and agrees with them (a ZIP that is said to be a Word file, text that is said to be CSV).
    """
    shown = sniff(head)
    said = _declared(declared)
    if shown is None:
        return said or _of("application/octet-stream")
    return said if said is not None and _says_more(shown.mime, said) else shown


def sniff(head: bytes) -> MediaType | None:
    """Return what the first 4 KiB show a file to be, or None where they show nothing."""
    head = head[:HEAD]
    # Fixed beginnings first, then formats that take a look further in; text last, since nearly any bytes may be text.
    for beginning, mime in _BEGINNINGS:
        if head.startswith(beginning):
            return _of(mime)
    for look in (_riff, _iso_media, _matroska, _ogg, _zip, _bitmap, _icon, _transport_stream, _mpeg_audio, _text):
        if mime := look(head):
            return _of(mime)
    return None


def is_told_by_bytes(mime: str) -> bool:
    """Say whether files of a type are always told by their first bytes, so that others are none."""
    return mime in {*(known for _, known in _BEGINNINGS), *_BRANDS.values(), "image/webp"} and mime.startswith("image/")


def extension_for(mime: str) -> str:
    """Return the extension for a MIME type, with its dot; `.bin` where none is known. Parameters are ignored."""
    mime = mime.partition(";")[0].strip().lower()
    mime = _OTHER_NAMES.get(mime, mime)
    if mime in _KNOWN:
        return _KNOWN[mime][1]
    for ending, extension in (("+json", ".json"), ("+xml", ".xml"), ("+zip", ".zip")):
        if mime.endswith(ending):
            return extension
    return ".txt" if mime.startswith("text/") else ".bin"


def _of(mime: str) -> MediaType:
    return MediaType(_kind(mime), mime, extension_for(mime))


def _kind(mime: str) -> ItemKind:
    families = {"image": "photo", "video": "video", "audio": "audio", "text": "document"}
    return ItemKind(_KNOWN[mime][0] if mime in _KNOWN else families.get(mime.partition("/")[0], "file"))


def _declared(declared: str | None) -> MediaType | None:
    mime = (declared or "").partition(";")[0].strip().lower()
    mime = _OTHER_NAMES.get(mime, mime)
    return _of(mime) if _MIME.fullmatch(mime) and mime not in _SAYS_NOTHING else None


# What the server may say beyond what the bytes show without contradicting them.
_MORE: dict[str, Callable[[str], bool]] = {
    "application/zip": lambda said: (
        said.endswith("+zip")
        or said.startswith(("application/vnd.openxmlformats-", "application/vnd.oasis.", "application/vnd.ms-"))
        or said in {"application/vnd.android.package-archive", "application/java-archive"}
    ),
    "application/x-ole-storage": lambda said: said == "application/msword" or said.startswith("application/vnd.ms-"),
    # A page or feed that was packed once more than its head says.
    "application/gzip": lambda said: (
        said in {"application/x-tar", "application/x-gtar", "application/x-tgz"} or _kind(said) in {"page", "feed"}
    ),
    "application/mp4": lambda said: _kind(said) in {"video", "audio"} or said.startswith(("image/hei", "image/avif")),
    "application/ogg": lambda said: said.startswith(("audio/", "video/")),
    "application/json": lambda said: said.endswith("+json"),
    "text/xml": lambda said: said == "application/xml" or (said.endswith("+xml") and _kind(said) in {"file", "feed"}),
    "text/html": lambda said: said == "application/xhtml+xml",
    "application/xhtml+xml": lambda said: said == "text/html",
    "text/plain": lambda said: (
        said.startswith("text/")
        or (
            said.startswith("application/")
            and _kind(said) in {"file", "document", "page", "feed"}
            and not _is_binary(said)
        )
    ),
    "video/mp4": lambda said: said in {"audio/mp4", "video/x-m4v", "video/iso.segment"},
    "video/iso.segment": lambda said: said in {"audio/mp4", "video/mp4"},
    "video/webm": lambda said: said == "audio/webm",
    "video/x-matroska": lambda said: said == "audio/x-matroska",
    "audio/ogg": lambda said: said == "audio/opus",
    "image/tiff": lambda said: said.startswith("image/x-"),
}


def _says_more(shown: str, said: MediaType) -> bool:
    return shown in _MORE and _MORE[shown](said.mime)


def _is_binary(mime: str) -> bool:
    return not (mime.endswith(("+json", "+xml", "/json", "/xml", "yaml", "/sql", "/rtf", "script", "toml")))


def _riff(head: bytes) -> str:
    forms = {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo", b"WAVE": "audio/wav"}
    return forms.get(head[8:12], "") if head.startswith(b"RIFF") else ""


def _iso_media(head: bytes) -> str:
    """Tell ISO base media files (ISO/IEC 14496-12) apart by their brands; QuickTime without one by its first box."""
    box = head[4:8]
    if head[:1] != b"\0" or box not in {b"ftyp", b"styp", b"moov", b"wide", b"mdat"}:
        return ""
    if box == b"styp":
        return "video/iso.segment"
    if box != b"ftyp":
        return "video/quicktime" if b"moov" in head or b"mdat" in head else ""
    size = min(int.from_bytes(head[:4], "big"), 1024)
    major = head[8:12]
    compatible = [head[at : at + 4] for at in range(16, size, 4)]
    if major in {b"mif1", b"mif2", b"msf1"}:  # what codes the picture stands among the compatible brands
        major = next((brand for brand in compatible if brand[:3] in {b"avi", b"hei", b"hev"}), major)
    return next(filter(None, map(_brand, (major, *compatible))), "application/mp4")


def _brand(brand: bytes) -> str:
    if brand.startswith((b"iso", b"mp4")):
        return "video/mp4"
    if brand.startswith((b"3gp", b"3gg", b"3gs")):
        return "video/3gpp"
    return "video/3gpp2" if brand.startswith(b"3g2") else _BRANDS.get(brand, "")


def _matroska(head: bytes) -> str:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return ""
    kind = re.search(rb"\x42\x82.{1,8}?(webm|matroska)", head[:256], re.DOTALL)  # the DocType element
    names = {b"webm": "video/webm", b"matroska": "video/x-matroska"}
    return names[kind[1]] if kind else ""


def _ogg(head: bytes) -> str:
    if not head.startswith(b"OggS\0"):
        return ""
    if b"\x80theora" in head or b"\x01video\0\0\0" in head:
        return "video/ogg"
    sounds = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")
    return "audio/ogg" if any(sound in head for sound in sounds) else "application/ogg"


def _zip(head: bytes) -> str:
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ""
    first = head[30:38] == b"mimetype" and re.match(rb"application/[a-z.+-]+(?=PK|$)", head[38:])
    if first and (mime := first[0].decode()) in _KNOWN:  # OpenDocument and EPUB write their type as the first file
        return mime
    office = "application/vnd.openxmlformats-officedocument."
    if b"[Content_Types].xml" in head or b"_rels/.rels" in head:
        for name, kind in ((b"word/", "wordprocessingml.document"), (b"xl/", "spreadsheetml.sheet"),
                           (b"ppt/", "presentationml.presentation")):  # fmt: skip
            if re.search(rb"PK\x03\x04.{26}" + name, head, re.DOTALL):
                return office + kind
    return "application/zip"


def _bitmap(head: bytes) -> str:
    sizes = {b"\x0c\0\0\0", b"\x28\0\0\0", b"\x34\0\0\0", b"\x38\0\0\0", b"\x40\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0"}
    return "image/bmp" if head.startswith(b"BM") and head[14:18] in sizes else ""


def _icon(head: bytes) -> str:
    """Tell an icon by its directory: four fixed bytes alone would be too little."""
    whole_entry = 22
    if len(head) < whole_entry or head[:4] != b"\0\0\x01\0":
        return ""
    count, reserved, offset = int.from_bytes(head[4:6], "little"), head[9], int.from_bytes(head[18:22], "little")
    return "image/vnd.microsoft.icon" if count and not reserved and offset >= 6 + 16 * count else ""


def _transport_stream(head: bytes) -> str:
    """Tell an MPEG transport stream by its sync bytes, 188 bytes apart, or 192 with time codes (.m2ts)."""
    enough = 4
    for first, step in ((0, 188), (4, 192)):
        marks = head[first::step]
        if len(marks) >= enough and set(marks) == {0x47}:
            return "video/mp2t"
    return ""


def _mpeg_audio(head: bytes) -> str:
    """Tell MP3 by its ID3 tag; without one, MP3 and AAC by a valid frame header and another where that frame ends."""
    if re.match(rb"ID3[\x02-\x04].{2}[\x00-\x7f]{4}", head, re.DOTALL):
        return "audio/mpeg"
    for mime, length_of in (("audio/mpeg", _mp3_frame), ("audio/aac", _adts_frame)):
        length = length_of(head)
        if length and length_of(head[length:]):
            return mime
    return ""


# ISO/IEC 11172-3, section 2.4.2.3, and 13818-3: by version and layer; a frame's length follows, and where the next must
# begin.
_MP3_KBITS = {
    (True, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (False, 1): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_HERTZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _mp3_frame(head: bytes) -> int:
    """Return the length in bytes of the layer II or III frame that begins here, or 0 (ISO/IEC 11172-3, 13818-3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - the sync word of the standard
        return 0
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, frequency, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer not in {1, 2} or rate in {0, 15} or frequency == 3:  # noqa: PLR2004 - reserved values
        return 0
    first = version == 3  # noqa: PLR2004 - MPEG version 1
    samples = 144 if first or layer == 2 else 72  # noqa: PLR2004 - layer II
    return samples * _MP3_KBITS[first, layer][rate] * 1000 // _MP3_HERTZ[version][frequency] + padding


def _adts_frame(head: bytes) -> int:
    """Return the length in bytes of the ADTS frame that begins here, or 0 (ISO/IEC 13818-7)."""
    least = 7
    if len(head) < least or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:  # noqa: PLR2004 - the sync word
        return 0
    length: int = struct.unpack(">I", head[3:7])[0] >> 13 & 0x1FFF
    return length if length > least else 0


def _text(head: bytes) -> str:
    """Tell kinds of text apart; nothing for bytes that are no text."""
    plain = _plain(head)
    if plain is None:
        return ""
    start = plain.lstrip(b" \t\r\n\f")
    if start.startswith(b"%PDF-"):
        return "application/pdf"
    if start.startswith(b"#EXTM3U"):
        return "application/vnd.apple.mpegurl"
    # XML before HTML: XHTML begins with an XML declaration, and its root element says what it is.
    if root := _xml(start):
        return root
    if _HTML.match(start):
        return "text/html"
    if start.startswith((b"{", b"[")) and _is_json(start, whole=len(head) < HEAD):
        return "application/feed+json" if _JSON_FEED.search(start) else "application/json"
    return "text/plain" if start and not _BINARY.search(plain) and _readable(plain) else ""


def _plain(head: bytes) -> bytes | None:
    """Return text in a coding that holds ASCII as it is; None for what cannot be text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        even = head[: len(head) & ~1]
        return even.decode("utf-16", "replace").encode()
    return head.removeprefix(b"\xef\xbb\xbf")


def _xml(start: bytes) -> str:
    """Return what an XML document is by its root element, past declaration, comments and document type."""
    rest = start
    # The root element decides, and namespaces where a root's name is used by several formats.
    while prolog := _PROLOG.match(rest):
        if re.match(rb"<!doctype\s+html", prolog[0].lstrip(), re.IGNORECASE):
            return "application/xhtml+xml" if start.startswith(b"<?xml") else "text/html"
        rest = rest[prolog.end() :]
    root = _ROOT.match(rest)
    beside, mime = _XML_ROOTS.get(root[1], ((), "")) if root else ((), "")
    mime = mime if any(namespace in rest for namespace in beside) else ""
    if start.startswith(b"<?xml"):
        return mime or "text/xml"
    return "" if mime == "application/xhtml+xml" else mime


def _is_json(start: bytes, *, whole: bool) -> bool:
    """Whether text is JSON, or begins as JSON where only its head is known."""
    import json

    try:
        # Of a cut document a fault near the cut is no fault: that is where the rest is missing.
        json.loads(start)
    except json.JSONDecodeError as error:
        return not whole and (error.pos >= len(error.doc) - 8 or error.msg.startswith("Unterminated string"))
    except UnicodeDecodeError as error:
        return not whole and error.start >= len(start) - 4
    except RecursionError:
        return True
    return True


def _readable(plain: bytes) -> bool:
    """Whether bytes read as text: UTF-8 (the last character may be cut), or mostly ASCII in an older coding."""
    try:
        plain.decode()
    except UnicodeDecodeError as error:
        if error.start >= len(plain) - 3 and error.reason == "unexpected end of data":
            return bool(error.start)
        readable = sum(32 <= byte < 127 or byte in b"\t\n\r" for byte in plain)  # noqa: PLR2004 - printable ASCII
        return readable >= len(plain) * 0.7
    return True
