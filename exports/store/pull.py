"""Getting a case or a bundle back out of a store: every byte compared with its SHA-256, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from exports.bundle.draft import ByteProgress, ahead
from exports.bundle.folder_draft import FolderDraft
from exports.bundle.leftover import clear_leftovers, draft_path, held
from exports.bundle.uninterrupted import uninterrupted
from exports.errors import NotCheckable, NotWhole
from exports.store.connection import WORKERS, ObjectStore
from exports.store.head import BODIES, HeadFile, StoreHead
from exports.store.heads import newest_head
from exports.store.vouched import CASE, ZIP
from hashing.errors import WouldOverwrite
from hashing.files.digest import new_hash
from hashing.files.storage import OWNER_WRITES, create, removed_on_failure, settle_for_good, storing, write_all
from hashing.ledger.ledger import LEDGER


def pull(output: Path, store: ObjectStore, *, progress: Callable[[int, int], None] | None = None) -> StoreHead:
    """Write what the store's newest head lists to a new folder, or a zip to a new file; return that head.

    What was written is not judged by this: verify it. `progress` is told bytes done and bytes to do. Raises
    WouldOverwrite where `output` is taken; NotWhole for an object that is gone or has other bytes; NotCheckable where
    nothing is there; NotAnswered, StorageFull, Unwritable.
    """
    if os.path.lexists(output):
        raise WouldOverwrite(f"{output}: exists already", hint="choose another name; nothing is overwritten")
    head = newest_head(store)
    if head is None:
        raise NotCheckable(f"{store.location}: nothing was pushed there")
    told = ByteProgress(head.info.bytes, progress)
    if head.info.what == ZIP:
        _pull_file(output, store, head, told)
    else:
        clear_leftovers(output)
        draft = FolderDraft(draft_path(output))
        try:
            with held(draft.path):
                _pull_files(draft, store, head, told)
                draft.finish()
                if head.info.what == CASE:  # it may grow again
                    (draft.path / LEDGER).chmod(OWNER_WRITES)
                draft.place(output)
        finally:
            with uninterrupted():
                draft.discard()
    return head


def _pull_files(draft: FolderDraft, store: ObjectStore, head: StoreHead, progress: ByteProgress) -> None:
    pool = ThreadPoolExecutor(WORKERS)
    try:
        for _ in ahead(pool, lambda file: draft.add(file.path, _pieces(store, file, progress)), head.files):
            pass
    finally:
        pool.shutdown(cancel_futures=True)


def _pull_file(output: Path, store: ObjectStore, head: StoreHead, progress: ByteProgress) -> None:
    part = draft_path(output)
    if len(head.files) != 1:
        raise NotCheckable(f"{store.location}: a zip, of which the head lists {len(head.files)} files")
    descriptor = create(part)
    with removed_on_failure(part, None):
        try:
            for piece in _pieces(store, head.files[0], progress):
                with storing(part):
                    write_all(descriptor, piece)
            with storing(part):
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        settle_for_good(part, output)


def _pieces(store: ObjectStore, file: HeadFile, progress: ByteProgress) -> Iterator[bytes]:
    """Yield a file's bytes, of the version that was pushed where the store still has it. Raises NotWhole."""
    key, digest = store.location.key(BODIES, file.sha256), new_hash()
    version = file.version if file.version and store.found(key, file.version) else ""
    if not version and store.found(key) is None:
        raise NotWhole(f"{store.location}: {file.path} is missing", hint="goldenhour store verify names all that is")
    for piece in store.read(key, version):
        digest.update(piece)
        if digest.size > file.size:
            break
        progress.add(len(piece))
        yield piece
    if (digest.size, digest.hexdigest()) != (file.size, file.sha256):
        raise NotWhole(
            f"{store.location}: {file.path} has other bytes: sha256:{digest.hexdigest()}",
            hint="goldenhour store verify --read names all that have",
        )
