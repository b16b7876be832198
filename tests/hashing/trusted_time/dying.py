"""A program that stamps a case and kills itself (SIGKILL) at the n-th call that makes something durable.

usage: python -m tests.hashing.trusted_time.dying CASE KEY AUTHORITY POINT
Prints the number of points that were passed if it gets to the end.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.capture.dying import die_at


def main(case_path: str, key_path: str, authority: str, point: str) -> None:
    """Stamp and die."""
    from hashing.case import Case
    from hashing.keys import load_signing_key
    from hashing.trusted_time import stamp

    key, case = load_signing_key(Path(key_path)), Case.open(Path(case_path))
    passed = die_at(int(point))
    list(stamp(case, [authority], key=key))
    print(next(passed))


if __name__ == "__main__":
    main(*sys.argv[1:])
