"""A folder that is verified, and the processes that share the work."""

from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING

import pytest

from exports.format import folder_tree
from exports.format.folder_tree import FolderTree
from hashing.files import digest_files, hash_processes
from hashing.files.digest import Digest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="only Linux has further processes")
def test_without_room_for_what_processes_share_one_hashes_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk does not take what further processes would note, every digest is right all the same."""
    monkeypatch.setattr(folder_tree, "FEWEST", 10)
    monkeypatch.setattr(hash_processes, "_MOST_IN_MEMORY", 0)
    monkeypatch.setattr(digest_files, "processors", lambda: 2)
    expected = {}
    for number in range(300):
        (tmp_path / f"{number:03}").write_bytes(data := str(number).encode())
        expected[f"{number:03}"] = Digest.of_bytes(data).hex
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))  # bytes: within the records of all files
    tree = FolderTree(tmp_path)
    try:
        tree.begin(lambda _: True)
        assert {each.name: each.sha256 for each in tree.hash(lambda _: None)} == expected
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        tree.close()
