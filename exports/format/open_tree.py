"""Finding out whether a path is a folder or a zip."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exports.errors import NotCheckable
from exports.format.folder_tree import FolderTree
from exports.format.tree import EvidenceTree, refusal


@contextmanager
def open_tree(path: Path) -> Iterator[EvidenceTree]:
    """Open what is at `path`. Raises NotCheckable."""
    kind = _kind(path)
    if stat.S_ISDIR(kind):
        folder = FolderTree(path)
        try:
            yield folder
        finally:
            folder.close()
    elif stat.S_ISREG(kind):
        # What it is decides, not what it is called: a zip without `.zip`, and a folder that ends in it, are both taken.
        from exports.format.zip_tree import ZipTree

        tree = ZipTree(path)
        try:
            yield tree
        finally:
            tree.close()
    else:
        raise NotCheckable(f"{path}: not a case, a capture or a bundle")


def _kind(path: Path) -> int:
    """Return the mode of what the user named, through links. Raises NotCheckable."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotCheckable(f"{path}: no such file or folder") from error
    except (OSError, ValueError) as error:
        raise NotCheckable(f"{path}: {refusal(error) if isinstance(error, OSError) else error}") from error
