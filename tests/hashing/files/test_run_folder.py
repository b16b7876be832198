from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hashing.files.run_folder import RunFolder, remove_left, runs_folders


def test_a_profile_is_the_users_alone_and_goes_with_the_run() -> None:
    """It stands in the user's own folder, nobody else may look into it, and nothing of it stays."""
    with RunFolder() as profile:
        (profile.path / "Cookies").write_bytes(b"secret")
        assert profile.path.parent == runs_folders()[0]
        assert (profile.path.stat().st_mode & 0o777, runs_folders()[0].stat().st_mode & 0o777) == (0o700, 0o700)
        assert remove_left(runs_folders()[0]) == 0
        assert (profile.path / "Cookies").exists()
    assert list(runs_folders()[0].iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_run() -> None:
    """The lock on its folder ended with it."""
    code = "from hashing.files.run_folder import RunFolder; import os; RunFolder(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False)
    assert len(list(runs_folders()[0].iterdir())) == 1
    with RunFolder() as profile:
        assert list(runs_folders()[0].iterdir()) == [profile.path]


def test_what_could_not_be_removed_goes_with_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lock is the last to go: by that it is found, and a log-in in it does not stay for ever."""
    with RunFolder() as profile:
        (profile.path / "profile").mkdir()
        monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    monkeypatch.undo()
    assert {path.name for path in profile.path.iterdir()} == {"profile", "lock"}
    with RunFolder() as after:
        assert list(runs_folders()[0].iterdir()) == [after.path]
