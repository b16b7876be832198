"""Where files may be written: under a new name, and never inside of what is evidence."""

from __future__ import annotations

from pathlib import Path

from exports.errors import ExportError
from hashing.case.case import is_case
from hashing.errors import WouldOverwrite


def demand_outside(path: Path, evidence: Path) -> None:
    """Check that a new file of this name is no part of `evidence` nor of any case.

    Raises WouldOverwrite where the name is taken; ExportError inside.
    """
    if path.exists() or path.is_symlink():
        raise WouldOverwrite(f"{path}: exists already", hint="choose another name; nothing is overwritten")
    # Resolved, so that no link leads into the evidence by another name.
    folder = path.parent.resolve()
    in_a_case = any(map(is_case, [folder, *folder.parents]))
    if in_a_case or folder.is_relative_to(evidence.resolve()):
        raise ExportError(
            f"{path}: is inside of evidence, where it would be found as added", hint="choose another place"
        )
