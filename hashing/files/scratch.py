"""The folder for what is too large for memory: in the user's own cache, on disk, and empty to whoever looks.

Files in it lose their name as soon as they are open, so that the system takes them away when their process ends,
however that is.
"""

from __future__ import annotations

from pathlib import Path

from hashing.files.own_folder import made_own_folder
from hashing.files.user_folders import cache_folder


def scratch_folder() -> Path:
    """Return the folder, whether it is there or not."""
    return cache_folder() / "scratch"


def notes_folder() -> Path:
    """Return the folder beside it for notes of what sealed captures hold, which can be removed at any time."""
    return cache_folder() / "captures"


def made_scratch_folder() -> Path:
    """Return the folder, made where it was not there. Raises OSError, also where it is another user's."""
    return made_own_folder(scratch_folder())
