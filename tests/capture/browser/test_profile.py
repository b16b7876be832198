from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from capture.browser.profile import RunProfile, remove_left, runs_folder


def test_a_profile_is_the_users_alone_and_goes_with_the_run() -> None:
    """It stands in the user's own folder, nobody else may look into it, and nothing of it stays."""
    with RunProfile() as profile:
        (profile.path / "Cookies").write_bytes(b"secret")
        assert profile.path.parent == runs_folder()
        assert (profile.path.stat().st_mode & 0o777, runs_folder().stat().st_mode & 0o777) == (0o700, 0o700)
        assert remove_left(runs_folder()) == 0
        assert (profile.path / "Cookies").exists()
    assert list(runs_folder().iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_run() -> None:
    """The lock on its folder ended with it."""
    code = "from capture.browser.profile import RunProfile; import os; RunProfile(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False)
    assert len(list(runs_folder().iterdir())) == 1
    with RunProfile() as profile:
        assert list(runs_folder().iterdir()) == [profile.path]
