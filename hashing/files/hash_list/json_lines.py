r"""Our own form: JSON Lines, an object a file with its path, its size, and a value for each algorithm.

    {"path":"photos/1.jpg","size":4,"sha256":"9f86d081…"}
    {"path":"caf\ufffd.jpg","path_bytes":"Y2Fm6S5qcGc=","size":4,"sha256":"9f86d081…"}

JSON holds Unicode only. A name that is not UTF-8 has its bytes in `path_bytes` (base64), beside a `path` for people.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Annotated

import msgspec

from hashing.errors import BadFormat
from hashing.files.digest import HEX_DIGITS, Digest
from hashing.files.hash_list.entry import ListEntry, path_of
from hashing.files.read import FileDigests


class JsonForm:
    """Writes an object a line, for any algorithms."""

    def __init__(self, algorithms: Sequence[str]) -> None:
        del algorithms  # each object names its own

    def head(self) -> bytes:
        """Return nothing: these lists have no head."""
        return b""

    def line(self, name: bytes, file: FileDigests) -> bytes:
        """Return the line of a file."""
        fields: dict[str, str | int]
        try:
            # JSON cannot hold a name that is no UTF-8, so its bytes stand beside a text that is near to it.
            fields = {"path": name.decode()}
        except UnicodeDecodeError:
            fields = {"path": name.decode(errors="replace"), "path_bytes": b64encode(name).decode()}
        fields["size"] = file.size
        fields |= {digest.algorithm: digest.hex for digest in file.digests}
        return msgspec.json.encode(fields) + b"\n"


class _HashLine(msgspec.Struct, frozen=True):
    """What we read of an object; other fields are ignored."""

    path: str
    path_bytes: str | None = None
    size: Annotated[int, msgspec.Meta(ge=0)] | None = None
    md5: str | None = None
    sha1: str | None = None
    sha256: str | None = None
    sha512: str | None = None
    blake2b: str | None = None

    def digests(self) -> tuple[Digest, ...]:
        values = ((name, getattr(self, name)) for name in HEX_DIGITS)
        return tuple(Digest(name, value.lower()) for name, value in values if value is not None)

    def name(self) -> bytes:
        if self.path_bytes is None:
            return self.path.encode()
        try:
            return b64decode(self.path_bytes, validate=True)
        except ValueError as error:
            raise BadFormat("path_bytes is not base64") from error


_decoder = msgspec.json.Decoder(_HashLine)


def parse_line(number: int, line: bytes) -> ListEntry:
    """Read a line without its end. Raises BadFormat, which says what is wrong."""
    try:
        record = _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFormat(f"not a JSON object of a hash list: {str(error)[:200]}") from error
    digests = record.digests()
    if not digests:
        raise BadFormat("no value of a hash algorithm goldenhour knows")
    return ListEntry(number, path_of(record.name()), digests, record.size)
