"""Folders for what is no part of a case, where the environment puts them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from hashing.files.run_folder import RunFolder, runs_folders
from hashing.files.scratch import made_scratch_folder

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = 65534


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
@pytest.mark.parametrize("name", ["goldenhour", "goldenhour/scratch", "goldenhour/browser-runs"])
def test_the_folder_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Where all may write, another may have made the folder first: nothing of ours is put into it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / name).mkdir(parents=True)
    os.chown(tmp_path / name, NOBODY, NOBODY)
    used = RunFolder if name.endswith("runs") else made_scratch_folder
    with pytest.raises(PermissionError, match="another user"):
        used()


def test_a_folder_that_all_may_change_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One in which every user may put another file in the place of ours is refused; one that all may read is closed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made_scratch_folder().chmod(0o755)
    assert made_scratch_folder().stat().st_mode & 0o777 == 0o700
    (tmp_path / "goldenhour").chmod(0o777)
    with pytest.raises(PermissionError, match="can change it"):
        made_scratch_folder()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_the_runtime_folder_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After `su` the environment may still name the folder of the user before: runs go to the disk then."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert runs_folders()[0].is_relative_to(tmp_path)
    os.chown(tmp_path, NOBODY, NOBODY)
    assert not runs_folders()[0].is_relative_to(tmp_path)
