"""The files under a path, in a folder or in a zip, read without leaving it and without writing anything."""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from exports.errors import NotCheckable
from exports.printable import printable
from hashing.digest import new_hash
from hashing.digest_files import digest_many
from hashing.read import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import IO, BinaryIO

    from _typeshed import WriteableBuffer

FILE = "file"
LINK = "symbolic link"
OTHER = "special file"

_PIECE = 1 << 20
_MOST_ENTRIES = 1_000_000
_BOMB_FLOOR = 100 << 20
_BOMB_RATIO = 200


@dataclass(frozen=True, slots=True)
class Read:
    """What a file's bytes are: SHA-256 in hexadecimal and size, or why it could not be read."""

    name: str
    sha256: str = ""
    size: int = 0
    reason: str = ""


class Tree(Protocol):
    """Files by their path below the root, with forward slashes."""

    path: Path

    def kinds(self) -> dict[str, str]:
        """Return every path that is not a folder, with what it is."""

    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises NotCheckable."""

    def hash(self, names: Sequence[str], progress: Callable[[int], None]) -> Iterator[Read]:
        """Hash files, on all cores, in the order given."""


class FolderTree:
    """A folder on disk. Symbolic links are seen and never followed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kinds = dict(self._walk())

    def kinds(self) -> dict[str, str]:
        """Return every path that is not a folder, with what it is."""
        return self._kinds

    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises NotCheckable."""
        try:
            descriptor = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise NotCheckable(f"{printable(name)}: {_plain(error)}") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise NotCheckable(f"{printable(name)}: not a regular file")
        return os.fdopen(descriptor, "rb")

    def hash(self, names: Sequence[str], progress: Callable[[int], None]) -> Iterator[Read]:
        """Hash files, on all cores, in the order given."""
        found = digest_many((self.path / name for name in names), follow_symlinks=False, progress=progress)
        for name, result in zip(names, found, strict=True):
            if isinstance(result, Unread):
                yield Read(name, reason=result.reason)
            else:
                yield Read(name, result.digests[0].hex, result.size)

    def _walk(self) -> Iterator[tuple[str, str]]:
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                entries = list(os.scandir(self.path / folder))
            except OSError as error:
                raise NotCheckable(f"{self.path / folder}: {_plain(error)}") from error
            for entry in entries:
                name = f"{folder}{entry.name}"
                if entry.is_symlink():
                    yield name, LINK
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{name}/")
                else:
                    yield name, FILE if entry.is_file(follow_symlinks=False) else OTHER


class ZipTree:
    """A zip that holds everything in one top folder. Nothing is unpacked to disk. Raises NotCheckable."""

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
        return {
            name: LINK if stat.S_ISLNK(member.external_attr >> 16) else FILE for name, member in self._members.items()
        }

    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises NotCheckable."""
        try:
            member = self._archive.open(self._members[name])
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, KeyError) as error:
            raise NotCheckable(f"{printable(name)}: cannot be read from the zip ({error})") from error
        return io.BufferedReader(_Member(member, name))

    def hash(self, names: Sequence[str], progress: Callable[[int], None]) -> Iterator[Read]:
        """Hash files in the order given, several at a time."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
            for read in pool.map(self._read, names):
                progress(read.size)
                yield read

    def _read(self, name: str) -> Read:
        digest, declared = new_hash(), self._members[name].file_size
        try:
            with self.open(name) as file:
                while piece := file.read(_PIECE):
                    digest.update(piece)
                    if digest.size > declared:
                        return Read(name, reason="longer than the zip says")
        except NotCheckable as error:
            return Read(name, reason=str(error))
        return Read(name, digest.hexdigest(), digest.size)

    def _checked(self, members: Sequence[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        if len(members) > _MOST_ENTRIES:
            raise NotCheckable(f"{self.path}: a zip of {len(members)} entries")
        total = sum(member.file_size for member in members)
        if total > _BOMB_FLOOR + _BOMB_RATIO * self.path.stat().st_size:
            raise NotCheckable(f"{self.path}: would unpack to {total} bytes: not a bundle but a zip bomb")
        tops = {member.filename.partition("/")[0] for member in members}
        if len(tops) != 1:
            raise NotCheckable(f"{self.path}: not a bundle: everything in it would be in one folder")
        found: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            name = member.filename.partition("/")[2]
            demand_inside(member.filename)
            if member.is_dir():
                continue
            if name in found:
                raise NotCheckable(f"{self.path}: {printable(name)} is in it twice")
            found[name] = member
        return found


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
        except (zipfile.BadZipFile, EOFError, zlib.error, OSError) as error:
            raise NotCheckable(f"{printable(self._name)}: damaged in the zip ({error})") from error


def demand_inside(name: str) -> None:
    """Refuse a path that leads out of where it is. Raises NotCheckable."""
    parts = name.removesuffix("/").split("/")
    if (
        not name
        or name.startswith("/")
        or "\\" in name
        or "\0" in name
        or set(parts) & {"", ".", ".."}
        or ":" in parts[0]
    ):
        raise NotCheckable(f"{printable(name, 200)}: a path that leads out of the bundle")


@contextmanager
def open_tree(path: Path) -> Iterator[Tree]:
    """Open what is at `path`. Raises NotCheckable."""
    if path.is_dir():
        yield FolderTree(path)
    elif path.is_file() and zipfile.is_zipfile(path):
        tree = ZipTree(path)
        try:
            yield tree
        finally:
            tree.close()
    elif path.exists():
        raise NotCheckable(f"{path}: not a case, a capture or a bundle")
    else:
        raise NotCheckable(f"{path}: no such file or folder")


def below(kinds: Iterable[str], prefix: str) -> Iterator[str]:
    """Yield the paths that begin with a prefix."""
    return (name for name in kinds if name.startswith(prefix))


def _plain(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
