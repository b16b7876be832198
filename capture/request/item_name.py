"""Names of item files: made for people, harmless on every file system, whatever the server called the file."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote, urlsplit

# Characters: file systems take 255 bytes, and bundles are unpacked below long paths on Windows.
_LONGEST = 60
_UNSAFE = re.compile(r"[^A-Za-z0-9]+")


def item_name(number: int, url: str, kind: str, extension: str) -> str:
    """Return `0001-front-page.html`: the item's number, a readable part of its URL, and the extension that fits it.

    Only ASCII letters, digits, hyphens and the dot of the extension occur, so no name climbs out of a folder, is
    reserved on Windows, reorders text on a screen or is too long for a disk. The server's own name is in the ledger.
    """
    stem = claimed_name(url).rpartition(".")[0] or claimed_name(url)
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    slug = _UNSAFE.sub("-", plain).strip("-").lower()[:_LONGEST].strip("-")
    return f"{number:04d}-{slug or kind.replace(' ', '-')}{extension}"


def claimed_name(url: str) -> str:
    """Return the last part of a URL's path, unquoted: what the server calls the file."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return unquote(path.rstrip("/").rpartition("/")[2], errors="replace")
