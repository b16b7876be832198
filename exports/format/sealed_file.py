"""A file of the case on its way into a bundle: read once, hashed in that pass, compared with its own records."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from exports.format.lookup import RecordLookup
from hashing.files import inside
from hashing.files.digest import new_hash
from hashing.files.storage import read_error

CHUNK = 1 << 20
_NO_FILE = {errno.ELOOP, errno.ENXIO}  # what opening a link or a socket gives


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A file of the case, its name in the bundle, and the size and SHA-256 that the case's ledgers give it.

    `root` is the case's folder: nothing below it is reached through a link.
    """

    path: Path
    name: str
    size: int
    sha256: str
    root: Path


class SealedFiles:
    """Files of one case on their way into a bundle, by their names there, in the order of these names."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bytes = 0
        self._files: RecordLookup[tuple[str, int, str]] = RecordLookup(tuple[str, int, str])

    def add(self, file: SealedFile) -> None:
        """Take a file. One that is there under its name gives way to it."""
        if file.name in self._files:
            self.bytes -= self[file.name].size
        self.bytes += file.size
        self._files[file.name] = (str(file.path.relative_to(self.root)), file.size, file.sha256)

    def __getitem__(self, name: str) -> SealedFile:
        """Return a file. Raises KeyError."""
        path, size, sha256 = self._files[name]
        return SealedFile(self.root / path, name, size, sha256, self.root)

    def __contains__(self, name: object) -> bool:
        """Say whether there is a file of this name."""
        return name in self._files

    def __iter__(self) -> Iterator[SealedFile]:
        """Yield each file."""
        return map(self.__getitem__, self._files)

    def __len__(self) -> int:
        """Count them."""
        return len(self._files)

    def opened(self, name: str) -> BinaryIO:
        """Open a file to be read. Raises KeyError, OSError."""
        return inside.opened(self.root / self._files[name][0], self.root)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing in the case that is not as its ledgers say; `how` is altered, missing or added."""

    how: str
    path: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.how}: {self.path}" + (f" ({self.detail})" if self.detail else "")


class SealedFileReader:
    """Gives a file's bytes once and knows afterwards whether they were the right ones.

    Never reads more than one byte past the recorded size, follows no link and waits for no pipe.
    """

    def __init__(self, file: SealedFile) -> None:
        self.file = file
        self.fault: Fault | None = None

    def chunks(self) -> Iterator[memoryview]:
        """Yield the bytes in pieces of up to 1 MiB, each valid until the next. Raises Unreadable."""
        try:
            if inside.kind(self.file.path, self.file.root) not in {0, stat.S_IFREG}:
                self._altered("not a file")  # and is not opened: that has an effect with some devices
                return
            # What lies there can change between the look and the opening: a link is not followed, a pipe not waited for
            # (O_NONBLOCK), and what was opened is looked at once more below.
            with inside.reach(self.file.path, self.file.root) as (name, folder):
                descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        except FileNotFoundError:
            self.fault = Fault("missing", str(self.file.path))
            return
        except OSError as error:
            if error.errno in _NO_FILE:
                self._altered("not a file")
                return
            raise read_error(self.file.path, error) from error
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                self._altered("not a file")
            # The size before the bytes: terabytes in a sparse file are not hashed in order to say that they do not
            # match.
            elif status.st_size != self.file.size:
                self._altered(f"expected {self.file.size} bytes, found {status.st_size}")
            else:
                yield from self._regular(descriptor)
        except OSError as error:
            raise read_error(self.file.path, error) from error
        finally:
            os.close(descriptor)

    def _regular(self, descriptor: int) -> Iterator[memoryview]:
        digest = new_hash()
        # One byte beyond the sealed size: a file that grows while it is read is noticed, and does not go on for ever.
        buffer = memoryview(bytearray(min(CHUNK, self.file.size + 1)))
        while digest.size <= self.file.size:
            count = os.readv(descriptor, [buffer])
            if not count:
                break
            digest.update(buffer[:count])
            yield buffer[:count]
        if digest.hexdigest() != self.file.sha256:
            self._altered(f"expected sha256:{self.file.sha256}, found sha256:{digest.hexdigest()}")

    def _altered(self, detail: str) -> None:
        self.fault = Fault("altered", str(self.file.path), detail)


def fault_of(file: SealedFile) -> Fault | None:
    """Read a file and say what is wrong with it, if anything. Raises Unreadable."""
    reader = SealedFileReader(file)
    for _ in reader.chunks():
        pass
    return reader.fault


def size_of(path: Path, root: Path) -> int:
    """Return the size of a file of a case, which is to be copied; 0 where there is none. Raises Unreadable."""
    try:
        return inside.size(path, root)
    except FileNotFoundError:
        return 0  # found missing when it is read
    except OSError as error:
        raise read_error(path, error) from error
