"""Verify what is named on the command line, and print the verdict and the most memory that this program ever had."""

from __future__ import annotations

import json
import re
import resource
import sys
from pathlib import Path

from exports.verification import verify


def peak() -> int:
    """Return bytes. What getrusage says begins, on Linux, with the memory of the process that started this one."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+([0-9]+) kB", status.read_text())):
        return int(found[1]) << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


verdict = verify(Path(sys.argv[1])).verdict
print(json.dumps([verdict, peak()]))
