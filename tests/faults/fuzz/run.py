"""Fuzzes one parser for a while.

usage: python -m tests.faults.fuzz.run TARGET SECONDS [FOLDER]
FOLDER keeps what was found interesting, to go on from the next time; what broke a parser is written there as well.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["capture", "hashing", "exports"], enable_loader_override=False):
    from tests.faults.fuzz.targets import TARGETS

from capture.errors import CaptureError
from exports.errors import ExportError
from hashing.errors import HashingError


def main(name: str, seconds: str, folder: str = "") -> None:
    """Fuzz; exit with a status that is not 0 where anything but a result or an error of ours came out."""
    corpus = Path(folder or tempfile.mkdtemp(prefix="goldenhour-fuzz-"))
    corpus.mkdir(exist_ok=True)
    target = TARGETS[name]
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)

    def _one(data: bytes) -> None:
        try:
            target.feed(data)
        except (CaptureError, ExportError, HashingError):
            return

    limits = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=2048", "-max_len=65536", "-seed=2011"]
    atheris.Setup(
        [sys.argv[0], str(corpus), f"-artifact_prefix={corpus}/broke-", "-print_final_stats=1", *limits], _one
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
