"""A zip, to be verified without unpacking it."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from exports.errors import NotCheckable
from exports.format.tree import FILE, LINK, OTHER, WACZ_MARKS, FileReading, demand_inside, refusal
from exports.format.zip_layout import strays
from exports.printable import printable
from hashing.files.digest import new_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import IO, BinaryIO

    from _typeshed import WriteableBuffer

_PIECE = 1 << 20
_MOST_ENTRIES = 1_000_000
_BOMB_FLOOR = 100 << 20
_OF_MACOS = "__MACOSX"
_BOMB_RATIO = 200
_ENCRYPTED = 1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2}
"""LZMA is not among them: whoever packs with it decides how much memory unpacking takes, up to 4 GiB."""


_NO_ENTRY = (zipfile.BadZipFile, ValueError, struct.error)
"""What `zipfile` raises for the head of an entry: none there, a name that is not in its encoding, one that is cut."""


class ZipTree:
    """A zip that holds everything in one top folder, or a WACZ, which has none. Nothing is unpacked to disk.

    Raises NotCheckable.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._archive = zipfile.ZipFile(path)
            self._members = self._checked(self._archive.infolist())
        except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, EOFError) as error:
            raise NotCheckable(f"{path}: not a zip that can be read ({error})") from error

    def close(self) -> None:
        """Let go of the file."""
        self._archive.close()

    def kinds(self) -> dict[str, str]:
        """Return every path that is not a folder, with what it is."""
        return {name: _kind(member) for name, member in self._members.items()}

    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises NotCheckable."""
        try:
            member = self._archive.open(self._members[name])
        except (*_NO_ENTRY, OSError, NotImplementedError, RuntimeError, KeyError) as error:
            raise NotCheckable(f"{printable(name)}: cannot be read from the zip ({error})") from error
        return io.BufferedReader(_Member(member, name))

    def begin(self) -> None:
        """Begin nothing: what is in a zip is read by threads alone."""

    def size(self, name: str) -> int:
        """Return how many bytes a file has, as the zip says. Raises NotCheckable."""
        if name not in self._members:
            raise NotCheckable(f"{printable(name)}: not in the zip")
        return self._members[name].file_size

    def hash(self, names: Sequence[str], progress: Callable[[int], None]) -> Iterator[FileReading]:
        """Hash files in the order given, several at a time."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
            for read in pool.map(self._read, names):
                progress(read.size)
                yield read

    def strays(self) -> Sequence[str]:
        """Return a sentence for whatever is in the zip and in none of its files. Raises NotCheckable."""
        try:
            with self.path.open("rb", buffering=0) as file:
                return tuple(strays(file, self._archive.infolist(), self._archive.start_dir))
        except OSError as error:
            raise NotCheckable(f"{self.path}: {refusal(error)}") from error

    def _read(self, name: str) -> FileReading:
        digest, declared = new_hash(), self._members[name].file_size
        try:
            with self.open(name) as file:
                while piece := file.read(_PIECE):
                    digest.update(piece)
                    if digest.size > declared:
                        return FileReading(name, reason="longer than the zip says")
        except NotCheckable as error:
            return FileReading(name, reason=str(error).removeprefix(f"{printable(name)}: "))
        return FileReading(name, digest.hexdigest(), digest.size)

    def _checked(self, members: Sequence[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        if len(members) > _MOST_ENTRIES:
            raise NotCheckable(f"{self.path}: a zip of {len(members)} entries")
        total = sum(member.file_size for member in members)
        if total > _BOMB_FLOOR + _BOMB_RATIO * self.path.stat().st_size:
            raise NotCheckable(f"{self.path}: would unpack to {total} bytes: not a bundle but a zip bomb")
        tops = {member.filename.partition("/")[0] for member in members}
        flat = bool(tops & WACZ_MARKS)
        if _OF_MACOS in tops and not flat:
            hint = "unpack it and verify the folder, or ask for the zip as it was made"
            raise NotCheckable(
                f"{self.path}: macOS has packed it anew and put {_OF_MACOS} beside the bundle", hint=hint
            )
        if len(tops) != 1 and not flat:
            raise NotCheckable(f"{self.path}: not a bundle: everything in it would be in one folder")
        found: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            name = member.filename if flat else member.filename.partition("/")[2]
            demand_inside(member.orig_filename)  # as it stands there: `zipfile` drops what follows a zero byte
            self._demand_readable(member)
            if _is_folder(member):
                continue
            if name in found:
                raise NotCheckable(f"{self.path}: {printable(name)} is in it twice")
            found[name] = member
        return found

    def _demand_readable(self, member: zipfile.ZipInfo) -> None:
        if member.flag_bits & _ENCRYPTED:
            raise NotCheckable(f"{self.path}: encrypted", hint="unpack it with its password and verify the folder")
        if member.compress_type not in _METHODS:
            raise NotCheckable(
                f"{self.path}: packed by method {member.compress_type}, which is not read here",
                hint="unpack it with the program that made it and verify the folder",
            )


def _is_folder(member: zipfile.ZipInfo) -> bool:
    """Say whether an entry is a folder and nothing more: one can hold bytes, or be a link, that no tool shows."""
    return member.is_dir() and not member.file_size and _type(member) in {0, stat.S_IFDIR}


def _kind(member: zipfile.ZipInfo) -> str:
    if _type(member) == stat.S_IFLNK:
        return LINK
    return FILE if _type(member) in {0, stat.S_IFREG} and not member.is_dir() else OTHER


def _type(member: zipfile.ZipInfo) -> int:
    """Return the type bits of an entry's mode; 0 where the zip comes from a system that has none."""
    return stat.S_IFMT(member.external_attr >> 16)


class _Member(io.RawIOBase):
    """A file in a zip whose damage is an error of ours."""

    def __init__(self, member: IO[bytes], name: str) -> None:
        self._member = member
        self._name = name

    def readable(self) -> bool:
        """Say that this stream is for reading."""
        return True

    def seekable(self) -> bool:
        """Say that this stream can be moved in; forward costs no more than reading."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer`. Raises NotCheckable."""
        view = memoryview(buffer).cast("B")
        with self._reading():
            piece = self._member.read(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to an offset. Raises NotCheckable."""
        with self._reading():
            return self._member.seek(offset, whence)

    def close(self) -> None:
        """Let go of the file."""
        self._member.close()
        super().close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (zipfile.BadZipFile, EOFError, ValueError, zlib.error, OSError) as error:
            raise NotCheckable(f"{printable(self._name)}: damaged in the zip ({error})") from error
