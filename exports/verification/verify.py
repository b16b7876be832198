"""The one way in: find out what is at a path, and whether it is as it was sealed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from exports.errors import NotCheckable
from exports.format.bag import BAGIT, PAYLOAD
from exports.format.bundle_layout import SEAL_CHECKPOINT
from exports.format.folder_tree import FolderTree
from exports.format.open_tree import open_tree
from exports.format.result import Findings, Unchecked, Verification
from exports.format.tree import WACZ_MARKS, EvidenceTree
from hashing.ledger.ledger import LEDGER

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from exports.custody.receipt import KeptReceipt
    from exports.disclosure.openings import Openings
    from exports.verification.check import Check
    from hashing.ledger.keys import PublicKey

_ATTEMPTS = 5  # Times to look at a case to which another command adds at the same moment.


def verify(
    path: Path,
    *,
    signers: Sequence[PublicKey] = (),
    roots: Sequence[Certificate] = (),
    since: Path | None = None,
    last: KeptReceipt | None = None,
    openings: Openings | None = None,
    report: bool = False,
    accept_bag: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Check a case, a capture or a bundle, and report every fault. Never writes, and never leaves `path`.

    `signers` are the keys of which one must have made each seal; `roots`, where there are any, are those of which one
    must vouch for the authority of each trusted time. With `report` a bundle's report is made once more and compared.
    `openings` are checked against the disclosure that they are of.
    A demand that meets nothing, such as a missing seal, could not be checked.
    `since` is an earlier state of the same case, as a case or a bundle: what is there must be here unchanged, or be a
    capture that was left out of this bundle. `last` is the receipt of the last time: every seal that it names
    must be here, or be of a ledger that has grown since. With `accept_bag` an intact bag of others will do.
    `progress` is told bytes done and bytes to do.
    What cannot be checked at all is part of the result, not an exception.
    """
    count = _summing(progress)
    what, check, findings = _examine(
        path, signers, roots, count, openings, report=report, accept_bag=accept_bag and since is None
    )
    if check is not None:
        check.judge_demands()
    before = None
    if last is not None and check is not None:
        from exports.verification.last_receipt import LastReceipt

        before = LastReceipt(check, last).run()
    if since is None or check is None:
        return Verification.of(path, what, findings, before)
    from exports.verification.since import Comparison

    known, earlier, found = _examine(since, signers, roots, count)
    verified = Verification.of(since, known, found)
    return Verification.of(path, what, findings, Comparison(what, check, verified, earlier).run())


def _examine(
    path: Path,
    signers: Sequence[PublicKey],
    roots: Sequence[Certificate],
    count: Callable[[int], None],
    openings: Openings | None = None,
    *,
    report: bool = False,
    accept_bag: bool = False,
) -> tuple[str, Check | None, Findings]:
    """Check one path by itself; return what it is, and the check unless it came to no end."""
    what, check, findings = "nothing that can be checked", None, Findings()
    try:
        for attempt in range(_ATTEMPTS):
            # A case may be written to meanwhile: look whether it was, and then look again at all of it.
            before = _ledger_state(path)
            with open_tree(path) as tree:
                if BAGIT in tree.kinds() and SEAL_CHECKPOINT in tree.kinds():
                    # All of a bundle is hashed: begin before what checks it is loaded.
                    tree.begin(lambda _: True)
                from exports.verification.check import Check
                from exports.verification.retired import check_retired
                from hashing.case.retirement import known_retirements

                check = Check(tree, signers, roots, openings, report=report, accept_bag=accept_bag)
                findings = check.findings
                what = check_records(check, tree)
                if openings is not None and not what.startswith("bundle"):
                    check.problem("openings", "are of a disclosure, and this is none")
                if attempt + 1 < _ATTEMPTS and _ledger_state(path) != before:
                    continue
                check.compare(count)
                check_retired(findings, known_retirements())
                break
    except NotCheckable as error:
        reason = str(error).removeprefix(f"{path}: ")
        findings.unchecked.append(Unchecked(str(path), f"{reason}; {error.hint}" if error.hint else reason))
        check = None  # what was not looked at is not missing
    return what, check, findings


def _ledger_state(path: Path) -> tuple[int, int] | None:
    """Return what changes whenever another command writes to a case; None where there is no ledger."""
    try:
        status = (path / LEDGER).lstat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _summing(progress: Callable[[int, int], None] | None) -> Callable[[int], None]:
    """Return a function that is told bytes since the last time, and tells `progress` bytes in all."""
    done = 0

    def _count(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(done, 0)

    return _count


def check_records(check: Check, tree: EvidenceTree) -> str:
    """Find out what it is and check all but the digests; return its name. Raises NotCheckable.

    It is known by any of its marks, so that it does not become another thing, or nothing, when one of them is gone.
    """
    from exports.verification.bundle import check_bundle, is_ours
    from exports.verification.capture import CaptureCheck
    from exports.verification.timestamps import check_alone
    from hashing.case.capture_folder import CHECKPOINT
    from hashing.case.case import CASE_FILE, CHECKPOINTS

    # 1. A bundle, and a bag of others: by its declaration, its payload or its hash lists.
    if BAGIT in check.kinds or _is_bag_without_declaration(check):
        check_bundle(check)
        what = "bundle" if is_ours(check) else "bag"
        return what if isinstance(tree, FolderTree) else f"{what} (zip)"
    # 2. A WACZ, by its own names.
    if any(name in check.kinds for name in WACZ_MARKS):
        from exports.verification.wacz import check_wacz

        check_wacz(check)
        return "WACZ"
    # 3. A case, by two of three marks: one that has lost its ledger is still one, and not nothing.
    marks = [CASE_FILE in check.kinds, LEDGER in check.kinds, any(check.kinds.below(f"{CHECKPOINTS}/"))]
    if sum(marks) > 1:
        from exports.verification.case import check_case

        check_case(check)
        return "case"
    # 4. A capture alone.
    if LEDGER in check.kinds:
        if CHECKPOINT in check.kinds:
            check.begin()
        CaptureCheck(check, "").run()
        if CHECKPOINT not in check.kinds:
            check.under_way.add("")
        check_alone(check)
        return "capture"
    raise NotCheckable(
        f"{tree.path}: not a case, a capture or a bundle",
        hint="verify the folder above it: this is the inside of a bundle" if CASE_FILE in check.kinds else "",
    )


def _is_bag_without_declaration(check: Check) -> bool:
    if not any(check.kinds.below(PAYLOAD)):
        return False
    from exports.verification.foreign_bag import is_hash_list

    return any(map(is_hash_list, check.kinds))
