"""Drafts of exports that were killed: the next export to the same place removes them, where it is sure of two things.

That the process is dead: a draft is locked for as long as its process lives, and its name tells under which start of
which computer it was made, and by which process. Either alone would mislead: on a shared disk another computer does not
see the lock, and process numbers are given again. And that the draft is ours: made by this user, in a folder in which
nobody else can give a name to something else of his. Whatever leaves a doubt is left.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hashing.files.lock import try_lock
from hashing.files.storage import PART, storing

# A number of this very start of this very computer; only Linux has it, and elsewhere nothing is removed.
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def draft_path(final: Path) -> Path:
    """Return a new name for the draft of a bundle, beside it."""
    start = _start() or secrets.token_hex(4)
    return final.with_name(f".{final.name}.{start}-{os.getpid()}-{secrets.token_hex(4)}{PART}")


@contextmanager
def held(draft: Path) -> Iterator[None]:
    """Lock a draft, file or folder, while the block runs; on a file system without locks the name has to do.

    Raises Unwritable.
    """
    with storing(draft):
        descriptor = os.open(draft, _READ)
    try:
        with suppress(OSError):
            try_lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def clear_leftovers(final: Path) -> tuple[str, ...]:
    """Remove the drafts of a bundle that killed exports have left; return their names. Never raises for one it cannot.

    Left as they are: those of another computer or of an earlier start of this one, and all in a folder where others
    may write.
    """
    start = _start()
    if not start:
        return ()
    pattern = re.compile(rf"{re.escape(f'.{final.name}.{start}-')}([0-9]{{1,7}})-[0-9a-f]{{8}}{re.escape(PART)}")
    try:
        if not _ours_alone(final.parent):
            return ()
        named = [(path, match) for path in final.parent.iterdir() if (match := pattern.fullmatch(path.name))]
    except OSError:
        return ()  # what is wrong with the folder, the export itself will say
    return tuple(path.name for path, match in named if not _lives(int(match[1])) and _cleared(path))


def _start() -> str:
    try:
        return hashlib.sha256(_BOOT.read_bytes()).hexdigest()[:8]
    except OSError:
        return ""


def _ours_alone(folder: Path) -> bool:
    """Say whether nobody but this user (and root) can rename what this user has in a folder."""
    status = folder.stat()
    closed = not status.st_mode & _OTHERS_WRITE or bool(status.st_mode & stat.S_ISVTX)
    return closed and status.st_uid in {os.geteuid(), 0}


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True


def _cleared(draft: Path) -> bool:
    """Remove a draft, unless it is locked or another user's; say whether it is gone."""
    try:
        descriptor = os.open(draft, _READ)
    except OSError:
        return False
    try:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid() or not try_lock(descriptor):
            return False
        if stat.S_ISDIR(status.st_mode):
            shutil.rmtree(draft)
        elif stat.S_ISREG(status.st_mode):
            draft.unlink()
        else:
            return False
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
