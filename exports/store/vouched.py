"""What a case or a bundle on disk vouches for: every file of it with its SHA-256, by its own sealed records.

This reads what may be a stranger's, and belongs in a process that holds no key and no connection.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from exports.errors import NotCheckable, NotWhole
from exports.format.open_tree import open_tree
from exports.format.result import MISMATCH, OK, SealFound, Verification
from exports.verification.check import Check
from exports.verification.retired import check_retired
from exports.verification.verify import check_records
from hashing.case.case import BATCHES, CAPTURES, CHECKPOINTS, case_origin, checkpoint_name, token_path
from hashing.case.events import BatchEnded, CaptureSealed, CaseCreated, Timestamped, decode_case_event
from hashing.case.retirement import known_retirements
from hashing.files.as_typed import as_typed
from hashing.files.digest import new_hash
from hashing.files.read import digest_file
from hashing.files.real_path import real_path
from hashing.ledger.checkpoint import Checkpoint
from hashing.ledger.ledger import LEDGER, ledger_lines
from hashing.ledger.merkle import MerkleTree

CASE, BUNDLE, ZIP = "case", "bundle", "bundle (zip)"
_SETTINGS = "goldenhour.toml"  # The case's settings: no evidence, and they may name a login.
_NAMED = 3  # Faults that are named in a message.


class VouchedFile(msgspec.Struct, frozen=True, gc=False):
    """A file with its SHA-256; `size` is -1 where it is not on this disk any more.

    `since` is the length of the case's ledger from which on the file belongs to the case.
    """

    path: str
    size: int
    sha256: str
    since: int = 0


class Vouched(msgspec.Struct, frozen=True, kw_only=True):
    """What a path vouches for. `lines` is the length of a case's ledger, and 0 of a bundle's."""

    what: str
    name: str
    id: str  # The case's id; of a bundle, the fingerprint of its seal.
    lines: int
    files: tuple[VouchedFile, ...]
    # Size, SHA-256 and Merkle root of the case's ledger at the length of each change.
    ledgers: dict[int, tuple[int, str, str]] = {}
    sealed: SealFound | None = None  # Of a bundle: its seal.

    def at(self, lines: int) -> dict[str, VouchedFile] | None:
        """Return the files as they were when the ledger had this length, by path; None where no change ended there."""
        files = {file.path: file for file in self.files if file.since <= lines}
        if self.what == CASE:
            if lines not in self.ledgers:
                return None
            files[LEDGER] = VouchedFile(LEDGER, *self.ledgers[lines][:2])
        return files

    def seal_at(self, lines: int) -> SealFound | None:
        """Return the seal over the ledger when it had this length; of a bundle its seal. None where there is none."""
        if self.what != CASE or lines not in self.ledgers:
            return self.sealed
        root = self.ledgers[lines][2]
        checkpoint = Checkpoint(case_origin(self.id), lines, bytes.fromhex(root))
        return SealFound(checkpoint.origin, "", lines, root, checkpoint.fingerprint())


def vouched(path: Path, *, read: bool, progress: Callable[[int, int], None] | None = None) -> Vouched:
    """Return what a case or a bundle vouches for; with `read`, every byte of it is compared first.

    Without `read` its records alone are, and a file that they name need not be there. `progress` is told bytes done.
    Raises NotWhole where it is not as it was sealed; NotCheckable where that cannot be said (with `read`, also of a
    capture that is under way), and for what is neither a case nor a bundle.
    """
    done = 0

    def _count(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(done, 0)

    with open_tree(path) as tree:
        check = Check(tree, (), hashing=read)
        what = check_records(check, tree)
        if what not in {CASE, BUNDLE, ZIP}:
            raise NotCheckable(f"{path}: a {what}, and neither a case nor a bundle", hint="name the case that it is of")
        if read:
            check.compare(_count)
        check_retired(check.findings, known_retirements())
        _demand(path, Verification.of(path, what, check.findings), whole=read)
        if what == ZIP:
            [digest] = (found := digest_file(path)).digests
            files = [VouchedFile(path.name, found.size, digest.hex)]
        else:
            files = [_file(check, path, name, sha256) for name, sha256 in check.expected.pairs()]
    if what == CASE:
        return _case(path, [file for file in files if file.path != _SETTINGS])
    seal = check.findings.seals[0] if check.findings.seals else None
    name, known = real_path(path).name, seal.fingerprint if seal is not None else ""
    return Vouched(what=what, name=name, id=known, lines=0, files=tuple(files), sealed=seal)


def _demand(path: Path, found: Verification, *, whole: bool) -> None:
    faults = [*(each.path for each in found.altered), *(each.path for each in found.missing)]
    faults = [*faults, *(each.path for each in found.added)][:_NAMED]
    faults += [f"{each.path}: {each.reason}" for each in found.problems[:_NAMED]]
    faults += [f"{each.path}: {each.reason}" for each in found.unchecked[:_NAMED]]
    hint = f"everything that is wrong with it: goldenhour verify {as_typed(path)}"
    if found.verdict == MISMATCH:
        raise NotWhole("\n".join((f"{path}: not as it was sealed", *faults)), hint=hint)
    if whole and found.verdict != OK:
        raise NotCheckable("\n".join((f"{path}: could not be checked", *faults)), hint=hint)


def _file(check: Check, path: Path, name: str, sha256: str) -> VouchedFile:
    if not check.is_file(name):
        return VouchedFile(name, -1, sha256)
    if sha256:
        return VouchedFile(name, check.tree.size(name), sha256)
    found = digest_file(path / name, root=path)
    return VouchedFile(name, found.size, found.digests[0].hex)


def _case(path: Path, files: list[VouchedFile]) -> Vouched:
    """Add what the lines of the case's ledger say of when each file came. Raises BadFormat, Unreadable."""
    case, lines, digest = "", 0, new_hash()
    folders, names = dict[str, int](), dict[str, int]()
    checkpoints = {file.path for file in files if file.path.startswith(f"{CHECKPOINTS}/")}
    ledgers, merkle = dict[int, tuple[int, str, str]](), MerkleTree()
    for line in ledger_lines(path / LEDGER, root=path):
        lines += 1
        digest.update(line + b"\n")
        merkle.append(line)
        match decode_case_event(line):
            case CaseCreated(case=created):
                case = created
            case CaptureSealed(capture=capture):
                folders[f"{CAPTURES}/{capture}"] = lines
            case BatchEnded(batch=batch):
                folders[f"{BATCHES}/{batch}"] = lines
            case Timestamped(checkpoint=checkpoint):
                names[token_path(checkpoint)] = lines
            case _:
                pass
        if (name := f"{CHECKPOINTS}/{checkpoint_name(lines)}") in checkpoints:
            names[name] = lines
            ledgers[lines] = (digest.size, digest.hexdigest(), merkle.root().hex())
    return Vouched(
        what=CASE,
        name=real_path(path).name,
        id=case,
        lines=lines,
        ledgers=ledgers,
        files=tuple(
            msgspec.structs.replace(
                file, since=names.get(file.path, folders.get("/".join(file.path.split("/")[:2]), 0))
            )
            for file in files
        ),
    )
