"""What of the case goes into a bundle, checked against the case's own seals before a byte is copied."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from exports.format.bag import is_portable
from exports.format.bundle_layout import TIMESTAMPED_CHECKPOINT
from exports.format.entries import folder_in_bundle
from exports.format.sealed_file import Fault, SealedFile, SealedFiles, fault_of, size_of
from hashing.case.capture_folder import CHECKPOINT, case_folder
from hashing.case.case import CAPTURES, token_path
from hashing.case.events import CaptureSealed, Item, Timestamped, WarcClosed, WorkingCopy, decode_capture_event
from hashing.errors import BadFormat
from hashing.files import inside
from hashing.files.digest import new_hash
from hashing.files.storage import reading
from hashing.ledger.ledger import LEDGER, ledger_lines
from hashing.ledger.merkle import MerkleTree


def add_capture(
    files: SealedFiles, case: Path, sealed: CaptureSealed, timestamped: Timestamped | None = None
) -> list[Fault]:
    """Add the files that the ledger of a sealed capture names, and the token of its trusted time if it has one.

    Without a sound ledger there are none. Returns what is known to be wrong before they are read. Raises Unreadable.
    """
    folder = case / CAPTURES / sealed.capture
    ledger = folder / LEDGER
    with reading(ledger):
        there = inside.is_file(ledger, case)
    if not there:
        return [Fault("missing", str(ledger))]
    placed = folder_in_bundle(sealed.capture)

    def _add(path: str, size: int, sha256: str) -> list[Fault]:
        if not is_portable(path):
            return [Fault("altered", str(ledger), f"names a path that goldenhour never gives: {path!r}")]
        files.add(SealedFile(folder / path, f"{placed}/{path}", size, sha256, case))
        return []

    try:
        # Twice: what a ledger names is taken only once the whole is found to be the sealed one.
        size, sha256 = _demand_sealed(ledger, sealed)
        faults = _add(LEDGER, size, sha256)
        for line in ledger_lines(ledger, root=case):
            event = decode_capture_event(line)
            if isinstance(event, Item | WorkingCopy | WarcClosed):
                faults += _add(event.path, event.size, event.sha256)
        _add(CHECKPOINT, size_of(folder / CHECKPOINT, case), sealed.checkpoint_sha256)
    except BadFormat as error:
        return [Fault("altered", str(ledger), str(error))]
    if timestamped is not None:
        token = token_path(CHECKPOINT)
        _add(token, size_of(folder / token, case), timestamped.token_sha256)
    faults += [Fault("added", str(folder / path)) for path in _present(folder, case) if f"{placed}/{path}" not in files]
    # The checkpoint now and not while copying: the manifest quotes it.
    if (fault := fault_of(files[f"{placed}/{CHECKPOINT}"])) is not None:
        faults.append(fault)
    return faults


def timestamped_files(case: Path, timestamped: Timestamped) -> tuple[SealedFile, SealedFile]:
    """Return a time-stamped checkpoint of the case itself, and its token, as they go into the seal folder."""
    note, token = case / timestamped.checkpoint, case / token_path(timestamped.checkpoint)
    return (
        SealedFile(note, TIMESTAMPED_CHECKPOINT, size_of(note, case), timestamped.checkpoint_sha256, case),
        SealedFile(token, token_path(TIMESTAMPED_CHECKPOINT), size_of(token, case), timestamped.token_sha256, case),
    )


def _demand_sealed(ledger: Path, sealed: CaptureSealed) -> tuple[int, str]:
    """Return size and SHA-256 of a sealed ledger. Raises BadFormat where it is another."""
    tree, digest = MerkleTree(), new_hash()
    for line in ledger_lines(ledger, root=case_folder(ledger.parent)):
        tree.append(line)
        digest.update(line + b"\n")
    found = tree.root().hex()
    if (tree.size, found) != (sealed.size, sealed.root):
        raise BadFormat(f"sealed with {sealed.size} lines and root {sealed.root}, found {tree.size} and {found}")
    # An unfinished line at the end is no line of the tree; the copy is compared with the finished ones alone.
    return digest.size, digest.hexdigest()


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
