r"""The lists of md5sum, sha1sum, sha256sum, sha512sum and b2sum (GNU coreutils, digest.c), plain and tagged.

9f86d081…  name            plain, text mode
9f86d081… *name            plain, binary mode
SHA256 (name) = 9f86d081…  tagged, as BSD writes it
\9f86d081…  na\nme         a name with a backslash, newline or carriage return, which is escaped
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from hashing.errors import BadFormat
from hashing.files.digest import HEX_DIGITS, Digest
from hashing.files.hash_list.entry import path_of
from hashing.files.read import FileDigests

TAGS = {"md5": b"MD5", "sha1": b"SHA1", "sha256": b"SHA256", "sha512": b"SHA512", "blake2b": b"BLAKE2b"}

_ALGORITHMS = {
    **{tag.lower(): algorithm for algorithm, tag in TAGS.items()},
    # As `openssl dgst` names them.
    b"sha2-256": "sha256",
    b"sha2-512": "sha512",
    b"blake2b-512": "blake2b",
    b"blake2b512": "blake2b",
}

# What a plain value of so many digits is taken for. BLAKE2b is not among them: its values look like SHA-512.
_PLAIN_BY_DIGITS = {HEX_DIGITS[algorithm]: algorithm for algorithm in ("md5", "sha1", "sha256", "sha512")}

# A value, a space or tab, a space or an asterisk that may be missing, and all else is the name, blanks in it and all.
_PLAIN = re.compile(rb"([0-9A-Fa-f]+)[ \t][ *]?(.*)", re.DOTALL)
_TAGGED = re.compile(rb"([A-Za-z][A-Za-z0-9/-]*) ?\((.*)\)[ \t]*=[ \t]*([0-9A-Fa-f]+)", re.DOTALL)

_ESCAPES = {b"\\": b"\\\\", b"\n": b"\\n", b"\r": b"\\r"}
_ESCAPED = re.compile(rb"[\\\n\r]")
_UNESCAPES = {escaped: raw for raw, escaped in _ESCAPES.items()}
_ESCAPE = re.compile(rb"\\.?", re.DOTALL)


class CoreutilsForm:
    """Plain lines for one algorithm; tagged lines for several, or for BLAKE2b, which looks like SHA-512 untagged."""

    def __init__(self, algorithms: Sequence[str]) -> None:
        self._tagged = len(algorithms) > 1 or "blake2b" in algorithms

    def head(self) -> bytes:
        """Return nothing: these lists have no head."""
        return b""

    def line(self, name: bytes, file: FileDigests) -> bytes:
        """Return a line for each digest of the file."""
        if name == b"-":
            name = b"./-"  # a bare hyphen is standard input to those who check
        text = _ESCAPED.sub(lambda found: _ESCAPES[found[0]], name)
        mark = b"\\" if text != name else b""
        return b"".join(self._line(mark, text, digest) for digest in file.digests)

    def _line(self, mark: bytes, text: bytes, digest: Digest) -> bytes:
        if self._tagged:
            return b"%b%b (%b) = %b\n" % (mark, TAGS[digest.algorithm], text, digest.hex.encode())
        return b"%b%b  %b\n" % (mark, digest.hex.encode(), text)


def parse_line(line: bytes, algorithm: str | None = None) -> tuple[Path, Digest]:
    """Read one line, without its end. A plain value is of `algorithm`, or else of the one that its length suggests.

    Raises BadFormat, which says what is wrong.
    """
    # digest.c skips leading white space, and a backslash before the value says that the name is escaped.
    text = line.lstrip(b" \t")
    escaped = text.startswith(b"\\")
    text = text[escaped:]
    # Tagged first: "SHA256 (name) = 9f…" can never be a plain line, whose first character is a digit, but a plain line
    # may name a file "x) = 9f".
    if tagged := _TAGGED.fullmatch(text):
        tag, name, value = tagged.groups()
        named = _ALGORITHMS.get(tag.lower())
        if named is None:
            raise BadFormat(f"{tag.decode()} is not a hash algorithm goldenhour knows")
    elif plain := _PLAIN.fullmatch(text):
        value, name = plain.groups()
        named = algorithm or _PLAIN_BY_DIGITS.get(len(value))
        if named is None:
            raise BadFormat(f"a value of {len(value)} digits is of no hash algorithm goldenhour knows")
    else:
        raise BadFormat("neither a hash value and a name, nor a tagged line such as SHA256 (name) = 9f86…")
    return path_of(_unescape(name) if escaped else name), Digest(named, value.decode().lower())


def is_tagged(line: bytes) -> bool:
    """Say whether a line names its algorithm."""
    return _TAGGED.fullmatch(line.lstrip(b" \t").removeprefix(b"\\")) is not None


def _unescape(name: bytes) -> bytes:
    def raw(found: re.Match[bytes]) -> bytes:
        if found[0] not in _UNESCAPES:
            raise BadFormat(f"{found[0].decode('latin-1')!r} is not an escape that may stand in a name")
        return _UNESCAPES[found[0]]

    return _ESCAPE.sub(raw, name)
