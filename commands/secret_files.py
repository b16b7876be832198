"""Files with credentials that others on the computer can read: the user is told."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

import click

from commands.output import complain

_OTHERS = 0o077


def warn_of_readers(_ctx: click.Context, _option: click.Parameter, value: Path | tuple[str, ...] | None) -> object:
    """Say which of the files of an option others can read; what is not there is told when it is used.

    A callback of click. Only where the system keeps a mode for each file (POSIX).
    """
    if os.name == "posix" and value:
        for path in [value] if isinstance(value, Path) else [Path(each.rpartition("=")[2]) for each in value]:
            try:
                mode = path.stat().st_mode
            except OSError:
                continue
            if stat.S_ISREG(mode) and mode & _OTHERS:
                complain(f"{path}: others on this computer can read it", f"run: chmod 600 {shlex.quote(str(path))}")
    return value
