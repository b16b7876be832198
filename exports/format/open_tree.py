"""Finding out whether a path is a folder or a zip."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from exports.errors import NotCheckable
from exports.format.folder_tree import FolderTree
from exports.format.zip_tree import ZipTree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exports.format.tree import EvidenceTree


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
        tree = ZipTree(path)
        try:
            yield tree
        finally:
            tree.close()
    elif path.exists():
        raise NotCheckable(f"{path}: not a case, a capture or a bundle")
    else:
        raise NotCheckable(f"{path}: no such file or folder")
