"""A folder of this user's alone, in the place that the environment names for such, which may be anywhere."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from hashing.files.storage import OWNER_FOLDER


def made_own_folder(path: Path) -> Path:
    """Return a folder that nobody but this user can look into, made where it was not there.

    Raises OSError, also where it, or the one that it is in, was made by another user: XDG_CACHE_HOME may be in a place
    where all may write, and whoever has the folder can exchange what is in it.
    """
    path.mkdir(mode=OWNER_FOLDER, parents=True, exist_ok=True)
    for folder in (path.parent, path):
        owners = {folder.lstat().st_uid, folder.stat().st_uid}
        if owners != {os.geteuid()} or folder.stat().st_mode & stat.S_IWOTH:
            raise PermissionError(errno.EPERM, "another user has this folder, or can change it", str(folder))
    path.chmod(OWNER_FOLDER)
    return path
