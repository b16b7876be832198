"""The tag files of a BagIt bag (RFC 8493), with SHA-256, such that `sha256sum -c` reads the manifests too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hashing.printable import printable

BAGIT = "bagit.txt"
BAG_INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
PAYLOAD = "data/"

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def is_portable(path: str) -> bool:
    r"""Say whether a relative path climbs nowhere and is written alike by RFC 8493 and by coreutils.

    BagIt writes `%` and line breaks as percent codes, coreutils writes backslashes and line breaks with a backslash,
    so a name with any of these would be right for one and wrong for the other. goldenhour gives no such names.
    """
    parts = path.split("/")
    return printable(path) == path and not set(path) & set("%\\") and not set(parts) & {"", ".", ".."}


def hash_list(digests: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """Yield a manifest: a line for each path with its SHA-256 in hexadecimal, which come sorted by path."""
    return (f"{sha256}  {path}\n".encode() for path, sha256 in digests)


def bag_info(fields: Iterable[tuple[str, str]]) -> bytes:
    """Write bag-info.txt. A value cannot hold a line break: it would become another field."""
    return "".join(f"{name}: {printable(' '.join(value.split()))}\n" for name, value in fields).encode()


def oxum(sizes: Iterable[int]) -> str:
    """Return Payload-Oxum: the number of bytes, a full stop, the number of files."""
    total = count = 0
    for size in sizes:
        total, count = total + size, count + 1
    return f"{total}.{count}"
