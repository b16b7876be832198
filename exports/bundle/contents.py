"""What of the case goes into a bundle, checked against the case's own seals before a byte is copied."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from exports.format.bag import is_portable
from exports.format.bundle_layout import TIMESTAMPED_CHECKPOINT
from exports.format.entries import folder_in_bundle
from exports.format.sealed_file import Fault, SealedFile, fault_of, size_of
from hashing.case.capture_folder import CHECKPOINT, case_folder
from hashing.case.case import CAPTURES, token_path
from hashing.case.events import CaptureSealed, Item, Timestamped, WarcClosed, WorkingCopy, decode_capture_event
from hashing.errors import BadFormat
from hashing.files import inside
from hashing.files.digest import new_hash
from hashing.files.storage import reading
from hashing.ledger.ledger import LEDGER, ledger_lines
from hashing.ledger.merkle import MerkleTree

_Recorded = dict[str, tuple[int, str]]
"""Size and SHA-256 by path."""


@dataclass(frozen=True, slots=True)
class CaptureContents:
    """The files of one capture, and what is known to be wrong with it before they are read."""

    files: tuple[SealedFile, ...]
    faults: tuple[Fault, ...]


def capture_contents(case: Path, sealed: CaptureSealed, timestamped: Timestamped | None = None) -> CaptureContents:
    """List the files that the ledger of a sealed capture names, and the token of its trusted time if it has one.

    Without a sound ledger there are none.

    Raises Unreadable.
    """
    folder = case / CAPTURES / sealed.capture
    ledger = folder / LEDGER
    with reading(ledger):
        there = inside.is_file(ledger, case)
    if not there:
        return CaptureContents((), (Fault("missing", str(ledger)),))
    try:
        recorded = _recorded(ledger, sealed)
        recorded[CHECKPOINT] = (size_of(folder / CHECKPOINT, case), sealed.checkpoint_sha256)
    except BadFormat as error:
        return CaptureContents((), (Fault("altered", str(ledger), str(error)),))
    if timestamped is not None:
        token = token_path(CHECKPOINT)
        recorded[token] = (size_of(folder / token, case), timestamped.token_sha256)
    climbing = {path for path in recorded if not is_portable(path)}
    faults = [Fault("altered", str(ledger), f"names a path that goldenhour never gives: {path!r}") for path in climbing]
    faults += [Fault("added", str(folder / path)) for path in _present(folder, case) if path not in recorded]
    placed = folder_in_bundle(sealed.capture)
    files = [
        SealedFile(folder / path, f"{placed}/{path}", size, sha256, case)
        for path, (size, sha256) in recorded.items()
        if path not in climbing
    ]
    # The checkpoint now and not while copying: the manifest quotes it.
    faults += [fault for file in files if file.path.name == CHECKPOINT and (fault := fault_of(file)) is not None]
    return CaptureContents(tuple(files), tuple(faults))


def timestamped_files(case: Path, timestamped: Timestamped) -> tuple[SealedFile, SealedFile]:
    """Return a time-stamped checkpoint of the case itself, and its token, as they go into the seal folder."""
    note, token = case / timestamped.checkpoint, case / token_path(timestamped.checkpoint)
    return (
        SealedFile(note, TIMESTAMPED_CHECKPOINT, size_of(note, case), timestamped.checkpoint_sha256, case),
        SealedFile(token, token_path(TIMESTAMPED_CHECKPOINT), size_of(token, case), timestamped.token_sha256, case),
    )


def _recorded(ledger: Path, sealed: CaptureSealed) -> _Recorded:
    """Return what a sealed ledger says of its capture's files, and of itself. Raises BadFormat where it is another."""
    tree, digest = MerkleTree(), new_hash()
    recorded: _Recorded = {}
    for line in ledger_lines(ledger, root=case_folder(ledger.parent)):
        tree.append(line)
        digest.update(line + b"\n")
        event = decode_capture_event(line)
        if isinstance(event, Item | WorkingCopy | WarcClosed):
            recorded[event.path] = (event.size, event.sha256)
    found = tree.root().hex()
    if (tree.size, found) != (sealed.size, sealed.root):
        raise BadFormat(f"sealed with {sealed.size} lines and root {sealed.root}, found {tree.size} and {found}")
    # An unfinished line at the end is no line of the tree; the copy is compared with the finished ones alone.
    return {LEDGER: (digest.size, digest.hexdigest()), **recorded}


def _present(folder: Path, case: Path) -> Iterator[str]:
    """Yield the path of everything in a folder but folders; links are not followed."""
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with reading(folder / below):
            listed = list(inside.scan(folder / below, case))
        for name, kind in listed:
            if kind == stat.S_IFDIR:
                waiting.append(f"{below}{name}/")
            else:
                yield f"{below}{name}"
