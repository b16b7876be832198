"""Verify what is named on the command line, and print the verdict and the most memory that this process ever had."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from exports.verification import verify

print(json.dumps([verify(Path(sys.argv[1])).verdict, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10]))
