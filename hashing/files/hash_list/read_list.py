"""Reading a hash list of any form, line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from hashing.errors import BadFormat
from hashing.files.digest import Digest
from hashing.files.hash_list import coreutils, hashdeep, json_lines
from hashing.files.hash_list.entry import BadLine, ListEntry

LONGEST_LINE = 64 << 10  # Bytes of a line; a longer one is a bad line.

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_list(file: BinaryIO, *, algorithm: str | None = None) -> Iterator[ListEntry | BadLine]:
    """Yield what each line says, or that it could not be understood.

    The first line tells the form: hashdeep's head, a JSON object, or else a list as of `sha256sum`. Empty lines and
    those that begin with # say nothing, as with `sha256sum -c`, nor do those with ; of programs of Windows. Lines may
    end in CRLF. `algorithm` is what plain values are to be taken for; without it their length decides, and 128 digits
    are SHA-512, or else BLAKE2b as b2sum writes it. Raises BadFormat for UTF-16.
    """
    parse: Callable[[int, bytes], ListEntry | None] | None = None
    for number, line in _lines(file):
        if line is None:
            yield BadLine(number, f"longer than {LONGEST_LINE} bytes")
            continue
        if not line or line.startswith((b"#", b";")):
            continue
        parse = parse or _parser(line, algorithm)
        try:
            entry = parse(number, line)
        except BadFormat as error:
            yield BadLine(number, str(error))
            continue
        if entry:
            yield entry


def _parser(first: bytes, algorithm: str | None) -> Callable[[int, bytes], ListEntry | None]:
    if first.startswith(hashdeep.SIGNATURE):
        return hashdeep.HashdeepReader().read
    if first.startswith(b"{"):
        return json_lines.parse_line

    def plain(number: int, line: bytes) -> ListEntry:
        path, digest = coreutils.parse_line(line, algorithm)
        alternative = None
        # Both have 64 bytes, and b2sum writes no name of its algorithm.
        if algorithm is None and digest.algorithm == "sha512" and not coreutils.is_tagged(line):
            alternative = Digest("blake2b", digest.hex)
        return ListEntry(number, path, (digest,), alternative=alternative)

    return plain


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yield each line with its number and without its end; None for one that is too long."""
    number = 0
    while line := file.readline(LONGEST_LINE + 2):
        number += 1
        if number == 1:
            if line.startswith(_UTF16_MARKS):
                raise BadFormat("the list is in UTF-16", hint="save it as UTF-8")
            line = line.removeprefix(_UTF8_MARK)
        whole = line.removesuffix(b"\n").removesuffix(b"\r")
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE)
        yield number, whole if len(whole) <= LONGEST_LINE else None
