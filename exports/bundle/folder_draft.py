"""A bundle written as a folder."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from pathlib import Path

from exports.bundle.draft import WORKERS, ByteProgress, ahead, batches
from exports.bundle.uninterrupted import uninterrupted
from exports.format.lookup import Lookup
from exports.format.sealed_file import Fault, SealedFile, SealedFileReader, SealedFiles
from hashing.errors import WouldOverwrite
from hashing.files.digest import new_hash
from hashing.files.storage import create, make_folder, storing, sync_folder, write_all

_READ_ONLY = 0o400
_LARGE = 8 << 20  # Bytes from which on a file is copied before all others.
_SETTLED = 100  # Files that a thread makes read-only and waits for at a time.


class FolderDraft:
    """A folder in the making. Raises WouldOverwrite, Unwritable where it cannot be begun."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sha256: Lookup[str, str] = Lookup(str)
        self.sizes: Lookup[str, int] = Lookup(str)
        self._folders = {path}
        self._making, self._stopped = threading.Lock(), threading.Event()
        make_folder(path)

    def copy(self, files: SealedFiles, progress: ByteProgress) -> list[Fault]:
        """Copy files in; return every one that is not as recorded. Raises Unreadable, StorageFull, Unwritable."""
        large = list[SealedFile]()
        for file in files:
            self._make((self.path / file.name).parent)
            self.sha256[file.name], self.sizes[file.name] = file.sha256, file.size
            if file.size > _LARGE:
                large.append(file)
        # The largest first: a big file begun last would keep one thread at work while the others have ended.
        large.sort(key=lambda file: file.size, reverse=True)
        parts = batches(chain(large, (file for file in files if file.size <= _LARGE)))
        pool = ThreadPoolExecutor(WORKERS)
        try:
            copied = ahead(pool, partial(self._copy_batch, progress=progress), parts)
            faults = {fault.path: fault for found in copied for fault in found}
        finally:
            with uninterrupted():
                self._stopped.set()  # after an error or Ctrl-C the others need not go on
                pool.shutdown(cancel_futures=True)
        self._stopped.clear()
        return [faults[path] for path in sorted(faults)]

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write one file from its pieces, in any thread. Raises StorageFull, Unwritable."""
        target = self.path / name
        self._make(target.parent)
        digest = new_hash()
        descriptor = create(target)
        try:
            with storing(target):
                for piece in pieces:
                    digest.update(piece)
                    write_all(descriptor, piece)
        finally:
            os.close(descriptor)
        self.sha256[name], self.sizes[name] = digest.hexdigest(), digest.size

    def finish(self) -> None:
        """Make every file read-only and wait until all is on disk. Raises StorageFull, Unwritable."""
        names = iter(self.sha256)
        with ThreadPoolExecutor(WORKERS) as pool:
            for _ in ahead(pool, self._settle, iter(lambda: list(islice(names, _SETTLED)), [])):
                pass
        for folder in self._folders:
            sync_folder(folder)

    def place(self, final: Path) -> None:
        """Give the bundle its own name. Raises WouldOverwrite where it is taken meanwhile."""
        with storing(final):
            try:
                self.path.rename(final)
            except OSError as error:
                if error.errno in {errno.ENOTEMPTY, errno.ENOTDIR}:
                    raise WouldOverwrite(f"{final}: exists already", hint="choose another name") from error
                raise
        try:
            sync_folder(final.parent)
        except BaseException:
            with suppress(OSError):  # the failure that is raised says more
                final.rename(self.path)
            raise

    def discard(self) -> None:
        """Remove whatever was written; does no harm after `place`."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _make(self, folder: Path) -> None:
        if folder in self._folders:
            return
        missing = [folder, *folder.parents]
        with self._making:
            for each in reversed(missing[: missing.index(self.path)]):
                if each not in self._folders:
                    make_folder(each)
                    self._folders.add(each)

    def _copy_batch(self, batch: list[SealedFile], progress: ByteProgress) -> list[Fault]:
        return [fault for file in batch if (fault := self._copy_one(file, progress)) is not None]

    def _copy_one(self, file: SealedFile, progress: ByteProgress) -> Fault | None:
        target = self.path / file.name
        reader = SealedFileReader(file)
        descriptor = create(target)
        try:
            for piece in reader.chunks():
                with storing(target):
                    write_all(descriptor, piece)
                progress.add(len(piece))
                if self._stopped.is_set():
                    break
        finally:
            os.close(descriptor)
        return reader.fault

    def _settle(self, names: Sequence[str]) -> None:
        for name in names:
            target = self.path / name
            with storing(target):
                descriptor = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    os.fchmod(descriptor, _READ_ONLY)
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
