"""Whether a zip holds anything besides its files (PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4).

What stands before, between or behind the files of a zip is seen by no reader of zips, and no digest covers it; a reader
of another kind may see nothing else. So a zip in which nothing was added has none of it.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO
    from zipfile import ZipInfo

_LOCAL = struct.Struct("<4s22xHH")
_END = struct.Struct("<4s8xLLH")
_LOCATOR = b"PK\x06\x07"
_LOCATOR_BYTES = 20
_END64 = struct.Struct("<4s36xQQ")
_END64_BYTES = 56
_HAS_DESCRIPTOR = 1 << 3
_DESCRIPTORS = {12, 16, 20, 24}
"""Lengths of a data descriptor: sizes of 4 or 8 bytes, with or without a signature."""


def strays(file: BinaryIO, members: Sequence[ZipInfo], directory: int) -> Iterator[str]:
    """Yield a sentence for each place where bytes stand that belong to no file, or to two.

    `members` are the zip's entries and `directory` is the offset of their list, both as `zipfile` found them. The
    extra fields of an entry are not looked into. Raises OSError.
    """
    end, allowed = 0, {0}
    for member in sorted(members, key=lambda member: member.header_offset):
        yield from _between(end, member.header_offset, allowed)
        if member.comment:
            yield f"a comment of {len(member.comment)} bytes on one of its files"
        file.seek(member.header_offset)
        head = file.read(_LOCAL.size)
        if len(head) < _LOCAL.size:
            return  # whoever reads this file will say that it is not there
        _, name, extra = _LOCAL.unpack(head)
        end = member.header_offset + _LOCAL.size + name + extra + member.compress_size
        allowed = _DESCRIPTORS if member.flag_bits & _HAS_DESCRIPTOR else {0}
    yield from _between(end, directory, allowed)
    yield from _behind(file, directory)


def _between(end: int, begin: int, allowed: set[int]) -> Iterator[str]:
    if begin < end:
        yield f"two of its files stand in the same place, at offset {begin} of the zip"
    elif begin - end not in allowed:
        yield f"{begin - end} bytes at offset {end} of the zip belong to no file"


def _behind(file: BinaryIO, directory: int) -> Iterator[str]:
    size = file.seek(0, os.SEEK_END)
    file.seek(-min(size, _END.size + _LOCATOR_BYTES + _END64_BYTES), os.SEEK_END)
    tail = file.read()
    mark, length, _, comment = _END.unpack(tail[-_END.size :])
    tail = tail[: -_END.size]
    if mark != b"PK\x05\x06" or comment:
        yield "a comment, or other bytes, behind its list of files"
        return
    records = _END.size
    if len(tail) == _END64_BYTES + _LOCATOR_BYTES and tail[_END64_BYTES:].startswith(_LOCATOR):
        records += len(tail)
        _, length, _ = _END64.unpack(tail[:_END64_BYTES])
    if directory + length + records != size:
        yield "bytes behind its list of files that belong to none of them"
