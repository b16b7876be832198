"""What of the case goes into a bundle, checked against the case's own seals before a byte is copied."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exports.bag import is_portable
from exports.bundle.source import Fault, Source
from exports.capture_view import read_capture
from hashing.capture_folder import CHECKPOINT
from hashing.case import CAPTURES
from hashing.digest import new_hash
from hashing.errors import BadFormat
from hashing.ledger import LEDGER, ledger_lines
from hashing.merkle import Tree
from hashing.storage import read_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exports.capture_view import CaptureView
    from hashing.events import CaptureSealed, Item, WarcClosed, WorkingCopy


@dataclass(frozen=True, slots=True)
class CaptureContents:
    """One capture on its way out: its view, its files, and all that is wrong with it so far.

    `view` is None where the ledger is not the sealed one, so that nothing in it can be relied on.
    """

    view: CaptureView | None
    sources: tuple[Source, ...]
    faults: tuple[Fault, ...]


def capture_contents(case: Path, sealed: CaptureSealed) -> CaptureContents:
    """List the files that the ledger of a sealed capture names. Raises Unreadable."""
    folder = case / CAPTURES / sealed.capture
    ledger = folder / LEDGER
    if not ledger.is_file():
        return CaptureContents(None, (), (Fault("missing", str(ledger)),))
    size, sha256, found = _ledger_digest(ledger)
    if (found.size, found.root().hex()) != (sealed.size, sealed.root):
        detail = f"sealed with {sealed.size} lines and root {sealed.root}, found {found.size} and {found.root().hex()}"
        return CaptureContents(None, (), (Fault("altered", str(ledger), detail),))
    try:
        view = read_capture(folder)
    except BadFormat as error:
        return CaptureContents(None, (), (Fault("altered", str(folder), str(error)),))
    recorded = {LEDGER: (size, sha256), CHECKPOINT: (_size(folder / CHECKPOINT), sealed.checkpoint_sha256)}
    recorded |= {file.path: (file.size, file.sha256) for file in _files(view)}
    climbing = [path for path in recorded if not is_portable(path)]
    faults = [Fault("altered", str(ledger), f"it names a path that goldenhour never gives: {path!r}") for path in climbing]
    faults += [Fault("added", str(folder / path)) for path in _present(folder) if path not in recorded]
    sources = (
        Source(folder / path, f"data/{CAPTURES}/{sealed.capture}/{path}", *recorded[path])
        for path in recorded
        if path not in set(climbing)
    )
    return CaptureContents(view, tuple(sources), tuple(faults))


def _ledger_digest(path: Path) -> tuple[int, str, Tree]:
    """Return the ledger's size and SHA-256, counting finished lines only, and the tree over its lines."""
    tree, digest = Tree(), new_hash()
    for line in ledger_lines(path):
        tree.append(line)
        digest.update(line)
        digest.update(b"\n")
    return digest.size, digest.hexdigest(), tree


def _files(view: CaptureView) -> Iterator[Item | WorkingCopy | WarcClosed]:
    for entry in view.items:
        yield entry.item
    yield from view.working_copies
    yield from view.warcs


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise read_error(path, error) from error


def _present(folder: Path) -> Iterator[str]:
    """Yield the path of everything in a folder but folders; links are not followed."""
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        try:
            with os.scandir(folder / inside) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise read_error(folder / inside, error) from error
        for entry in listed:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(f"{inside}{entry.name}/")
            else:
                yield f"{inside}{entry.name}"
