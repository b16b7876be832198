"""Where files may be written: under a new name, and never inside of what is evidence."""

from __future__ import annotations

from pathlib import Path

from exports.errors import ExportError
from hashing.case.case import is_case
from hashing.errors import WouldOverwrite
from hashing.files.real_path import real_path


def demand_outside(path: Path, *evidence: Path) -> None:
    """Check that a new file of this name is no part of `evidence` nor of any case.

    Raises WouldOverwrite where the name is taken; ExportError inside.
    """
    if path.exists() or path.is_symlink():
        raise WouldOverwrite(f"{path}: exists already", hint="choose another name; nothing is overwritten")
    demand_no_part(path, path.parent, *evidence)


def demand_no_part(path: Path, folder: Path, *evidence: Path) -> None:
    """Check that a folder is no part of `evidence` nor of any case: `path` is to stand there. Raises ExportError."""
    # Resolved, so that no link leads into the evidence by another name.
    folder = real_path(folder)
    in_a_case = any(map(is_case, [folder, *folder.parents]))
    if in_a_case or any(folder.is_relative_to(real_path(each)) for each in evidence):
        raise ExportError(
            f"{path}: is inside of evidence, where it would be found as added", hint="choose another place"
        )
