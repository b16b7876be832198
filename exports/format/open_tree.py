"""Finding out whether a path is a folder or a zip."""

from __future__ import annotations

import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from exports.errors import NotCheckable
from exports.format.folder_tree import FolderTree
from exports.format.tree import refusal
from exports.format.zip_tree import ZipTree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exports.format.tree import EvidenceTree

_ZIP_MARK = b"PK"


@contextmanager
def open_tree(path: Path) -> Iterator[EvidenceTree]:
    """Open what is at `path`. Raises NotCheckable."""
    if path.is_dir():
        folder = FolderTree(path)
        try:
            yield folder
        finally:
            folder.close()
    elif path.is_file():
        _demand_zip(path)
        tree = ZipTree(path)
        try:
            yield tree
        finally:
            tree.close()
    elif path.exists():
        raise NotCheckable(f"{path}: not a case, a capture or a bundle")
    else:
        raise NotCheckable(f"{path}: no such file or folder")


def _demand_zip(path: Path) -> None:
    try:
        with path.open("rb") as file:
            if zipfile.is_zipfile(file):
                return
            file.seek(0)
            mark = file.read(len(_ZIP_MARK))
    except OSError as error:
        raise NotCheckable(f"{path}: {refusal(error)}") from error
    if mark == _ZIP_MARK:
        hint = "copy it anew: it may have arrived in part only"
        raise NotCheckable(f"{path}: a zip whose end is missing or damaged", hint=hint)
    raise NotCheckable(f"{path}: not a case, a capture or a bundle")
