"""Which kind of media an address or a media type stands for."""

from __future__ import annotations

from capture.page.urls import LONGEST, tidy
from hashing.case.kinds import ItemKind

_EXTENSIONS: dict[ItemKind, str] = {
    ItemKind.PHOTO: "apng arw avif bmp cr2 cr3 dng gif heic heif jfif jp2 jpe jpeg jpg jxl nef pjpeg png svg tif tiff "
    "webp",
    ItemKind.VIDEO: "3g2 3gp avi flv m2ts m4v mkv mov mp4 mpeg mpg mts ogv webm wmv",
    ItemKind.AUDIO: "aac aif aiff amr flac m4a mp3 oga ogg opus wav weba wma",
    ItemKind.DOCUMENT: "pdf",
}
_KINDS: dict[str, ItemKind] = {extension: kind for kind, names in _EXTENSIONS.items() for extension in names.split()}

_PREFIXES: tuple[tuple[str, ItemKind], ...] = (
    ("image/", ItemKind.PHOTO),
    ("video/", ItemKind.VIDEO),
    ("audio/", ItemKind.AUDIO),
    ("application/pdf", ItemKind.DOCUMENT),
    ("application/ogg", ItemKind.VIDEO),
    ("application/mp4", ItemKind.VIDEO),
    # The playlists of HLS and DASH.
    ("application/x-mpegurl", ItemKind.VIDEO),
    ("application/vnd.apple.mpegurl", ItemKind.VIDEO),
    ("application/dash+xml", ItemKind.VIDEO),
)


def kind_of_type(mime: str) -> ItemKind | None:
    """Return what a media type stands for, or None where it is no medium."""
    mime = mime.strip().lower()
    return next((kind for prefix, kind in _PREFIXES if mime.startswith(prefix)), None)


def kind_of_address(raw: str) -> ItemKind | None:
    """Return what the extension in an address promises, its query string ignored, or None.

    `photo.jpg;v=1` and `photo.jpg:large` count too: servers append such to a name.
    """
    if len(raw) > LONGEST:
        return None
    path = tidy(raw).partition("#")[0].partition("?")[0].replace("\\", "/")
    # A host is no name of a file: `https://example.mov` promises no video.
    scheme, host, rest = path.partition("//")
    if host and (not scheme or scheme.endswith(":")):
        path = rest.partition("/")[2]
    name = path.rpartition("/")[2].partition(";")[0].partition(":")[0]
    _, dot, extension = name.rpartition(".")
    return _KINDS.get(extension.lower()) if dot else None
