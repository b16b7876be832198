"""The one way in: find out what is at a path, and whether it is as it was sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exports.bag import BAGIT
from exports.errors import NotCheckable
from exports.verification.bundle import check_bundle
from exports.verification.capture import CaptureCheck
from exports.verification.case import check_case
from exports.verification.check import Check
from exports.verification.result import Findings, Unchecked, Verification
from exports.verification.tree import ZipTree, open_tree
from hashing.case import CASE_FILE
from hashing.ledger import LEDGER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from exports.verification.tree import Tree
    from hashing.keys import PublicKey


def verify(
    path: Path, *, signers: Sequence[PublicKey] = (), progress: Callable[[int, int], None] | None = None
) -> Verification:
    """Check a case, a capture or a bundle, and report every fault. Never writes, and never leaves `path`.

    `signers` are the keys of which one must have made each seal. `progress` is told bytes done and bytes to do.
    What cannot be checked at all is part of the result, not an exception.
    """
    what, findings = "nothing that can be checked", Findings()
    try:
        with open_tree(path) as tree:
            check = Check(tree, signers)
            findings = check.findings
            what = _check(check, tree)
            done = 0

            def _count(count: int) -> None:
                nonlocal done
                done += count
                if progress is not None:
                    progress(done, 0)

            check.compare(_count)
    except NotCheckable as error:
        findings.unchecked.append(Unchecked(str(path), f"{error}; {error.hint}" if error.hint else str(error)))
    return Verification.of(path, what, findings)


def _check(check: Check, tree: Tree) -> str:
    """Find out what it is and check all but the digests; return its name."""
    if BAGIT in check.kinds:
        check_bundle(check)
        return "bundle (zip)" if isinstance(tree, ZipTree) else "bundle"
    if CASE_FILE in check.kinds:
        check_case(check)
        return "case"
    if LEDGER in check.kinds:
        CaptureCheck(check, "").run()
        return "capture"
    raise NotCheckable(f"{tree.path}: not a case, a capture or a bundle")
