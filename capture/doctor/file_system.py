"""The kind of file system that a path is on."""

from __future__ import annotations

import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_ESCAPE = re.compile(r"\\([0-7]{3})", re.ASCII)


def file_system(path: Path) -> str:
    """Return a kind such as `ext4`, `nfs4` or `vfat`, as Linux names it (proc_pid_mountinfo(5)); "" where unknown."""
    try:
        mounts = _MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
        wanted = path.resolve()
    except OSError:
        return ""
    longest, kind = -1, ""
    for line in mounts:
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:  # noqa: PLR2004 - the fifth field is the mount point
            continue
        point = Path(_ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[4]))
        # Of two mounts on one point the later one hides the earlier.
        if wanted.is_relative_to(point) and len(point.parts) >= longest:
            longest, kind = len(point.parts), after.split(" ")[0]
    return kind
