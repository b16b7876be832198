"""The lists of hashdeep, md5deep's successor (version 4.4, src/hashlist.cpp).

%%%% HASHDEEP-1.0
%%%% size,md5,sha256,filename
## comments
4,098f6bcd4621d373cade4e832627b4f6,9f86d081…,name, to the end of the line
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hashing.errors import BadFormat
from hashing.files.digest import HEX_DIGITS, Digest
from hashing.files.hash_list.entry import ListEntry, path_of
from hashing.files.read import FileDigests

SIGNATURE = b"%%%% HASHDEEP-"
_VERSION = b"%%%% HASHDEEP-1.0"
_COLUMNS = b"%%%% "

ALGORITHMS = ("md5", "sha1", "sha256")  # Those that both hashdeep and goldenhour know.

# Bytes of a line that hashdeep reads in one piece (a buffer of 2,048 with newline and zero); it splits longer ones.
_LONGEST = 2046

# No file has more than 2^63 bytes, which is a number of 19 digits.
_SIZE = re.compile(rb"[0-9]{1,19}")


class HashdeepForm:
    """Writes lists that `hashdeep -a -k` accepts. Raises BadFormat for algorithms that hashdeep does not know."""

    def __init__(self, algorithms: Sequence[str]) -> None:
        foreign = [name for name in algorithms if name not in ALGORITHMS]
        if foreign:
            raise BadFormat(
                f"hashdeep does not know {', '.join(foreign)}",
                hint=f"it knows {', '.join(ALGORITHMS)}; or use another form",
            )
        self._columns = ",".join(["size", *algorithms, "filename"])

    def head(self) -> bytes:
        """Return the two lines that name the form and its columns."""
        return b"%b\n%b%b\n" % (_VERSION, _COLUMNS, self._columns.encode())

    def line(self, name: bytes, file: FileDigests) -> bytes:
        """Return the line of a file. Raises BadFormat for a name that hashdeep would misread."""
        if b"\n" in name or name.endswith(b"\r"):
            raise BadFormat("hashdeep lists cannot hold a name with a newline, or with a carriage return at its end")
        line = b",".join([b"%d" % file.size, *(digest.hex.encode() for digest in file.digests), name])
        if len(line) > _LONGEST:
            raise BadFormat(f"hashdeep cannot read a line of more than {_LONGEST} bytes, and this name would make one")
        return line + b"\n"


class HashdeepReader:
    """Reads lines in the columns that the list's own head names, in any order; columns we do not know are ignored."""

    def __init__(self) -> None:
        self._columns: list[str] = []

    def read(self, number: int, line: bytes) -> ListEntry | None:
        """Read a line without its end; None for a line of the head. Raises BadFormat, which says what is wrong."""
        if line.startswith(SIGNATURE):
            if line != _VERSION:
                raise BadFormat(f"{line[5:60].decode('latin-1')} is not HASHDEEP-1.0, the only version known")
            self._columns = []
            return None
        if line.startswith(_COLUMNS):
            self._columns = _known_columns(line.removeprefix(_COLUMNS))
            return None
        # Columns come in any order, and each list names its own: without them a line cannot be read.
        if not self._columns:
            raise BadFormat("no line before it names the columns")
        return self._entry(number, self._split(line))

    def _split(self, line: bytes) -> dict[str, bytes]:
        """Give each field its column. Only the name may hold commas, so it is what the columns around it leave."""
        before = self._columns.index("filename")
        after = len(self._columns) - before - 1
        fields = line.split(b",", before)
        fields += fields.pop().rsplit(b",", after)
        if len(fields) != len(self._columns):
            raise BadFormat(f"{len(fields)} fields where the head names {len(self._columns)} columns")
        return dict(zip(self._columns, fields, strict=True))

    def _entry(self, number: int, fields: dict[str, bytes]) -> ListEntry:
        size = fields.get("size")
        if size is not None and not _SIZE.fullmatch(size):
            raise BadFormat("the size is not a number")
        digests = [
            Digest(name, value.decode("latin-1").lower()) for name, value in fields.items() if name in HEX_DIGITS
        ]
        return ListEntry(number, path_of(fields["filename"]), tuple(digests), None if size is None else int(size))


def _known_columns(head: bytes) -> list[str]:
    columns = [name.strip().lower() for name in head.decode("latin-1").split(",")]
    if columns.count("filename") != 1 or len(set(columns)) != len(columns):
        raise BadFormat("the columns do not name the file once, or name something twice")
    if not HEX_DIGITS.keys() & set(columns):
        raise BadFormat("the columns name no hash algorithm goldenhour knows")
    return columns
