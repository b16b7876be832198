"""Copying one capture into a draft: exactly the files that its ledger names, verified again from what was written."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from exports.bundle.folder_draft import FolderDraft
from exports.bundle.leftover import draft_path, held
from exports.bundle.uninterrupted import uninterrupted
from exports.errors import NotWhole
from exports.format.bag import is_portable
from exports.format.lookup import Lookup
from exports.merge.origin import MergeCandidate
from exports.verification import OK, verify
from exports.verification.check import Check
from hashing.case.capture_folder import CHECKPOINT, capture_events
from hashing.case.case import MERGE, PLACED, Case, token_path
from hashing.case.events import Item, WarcClosed, WorkingCopy
from hashing.files.storage import make_folder, read_error, sync_folder
from hashing.ledger.ledger import LEDGER

_PIECE = 1 << 20


@contextmanager
def merge_draft(case: Case) -> Iterator[Path]:
    """Make a draft in the case's folder, and remove it with whatever is left in it."""
    path = draft_path(case.path / MERGE)
    make_folder(path)
    try:
        with held(path):
            yield path
    finally:
        with uninterrupted():
            if not (path / PLACED).exists():  # without it nobody would know what was put in its place
                shutil.rmtree(path, ignore_errors=True)
    sync_folder(case.path)  # the draft does not come back after a power cut


def copy_capture(check: Check, candidate: MergeCandidate, folder: Path, progress: Callable[[int], None]) -> None:
    """Copy a capture from a source into a new folder, wait until it is on disk, and verify what was written.

    What is not of the sizes and digests that the ledger gives is no capture, whatever the source was when it was
    verified. Raises NotWhole, NotCheckable, BadFormat, Unreadable, StorageFull, Unwritable.
    """
    draft = FolderDraft(folder)
    # 1. The ledger comes first, since it alone says which files the capture has; whatever else lies in the source is
    # left there.
    for name in (LEDGER, CHECKPOINT, token_path(CHECKPOINT)):
        if name != token_path(CHECKPOINT) or check.is_file(f"{candidate.prefix}{name}"):
            draft.add(name, _pieces(check, f"{candidate.prefix}{name}", None, progress))
    # 2. Its files, each of no more than the stated size: a source that grows while it is read fills no disk.
    sizes: Lookup[str, int] = Lookup(str)
    for event in capture_events(folder):
        if isinstance(event, Item | WorkingCopy | WarcClosed) and event.path not in draft.sizes:
            sizes[event.path] = event.size
    for name, size in sizes.pairs():
        if not is_portable(name):
            raise NotWhole(f"{candidate.prefix}{LEDGER}: names a path that goldenhour never gives: {name[:200]!r}")
        draft.add(name, _pieces(check, f"{candidate.prefix}{name}", size, progress))
    draft.finish()
    # 3. What is on our disk is verified, not what was read: the source may have changed since it was verified there.
    verification = verify(folder)
    fingerprints = {seal.fingerprint for seal in verification.seals}
    if verification.verdict != OK or candidate.fingerprint not in fingerprints:
        raise NotWhole(
            f"{check.tree.path}: {candidate.started.exhibit} changed while it was copied",
            hint="merge it when nothing else writes there",
        )


def _pieces(check: Check, name: str, size: int | None, progress: Callable[[int], None]) -> Iterator[bytes]:
    """Yield a file of a source, no more than a piece beyond its recorded size.

    Raises NotWhole, NotCheckable, Unreadable.
    """
    done = 0
    with check.tree.open(name) as file:
        while piece := _read(file, name):
            done += len(piece)
            if size is not None and done > size:
                raise NotWhole(f"{check.tree.path}: {name} changed while it was copied")
            progress(len(piece))
            yield piece


def _read(file: BinaryIO, name: str) -> bytes:
    try:
        return file.read(_PIECE)
    except OSError as error:
        raise read_error(name, error) from error
