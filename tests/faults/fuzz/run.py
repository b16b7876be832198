"""Fuzzes one parser with so many inputs.

usage: python -m tests.faults.fuzz.run TARGET INPUTS SEED [FOLDER]
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


def main(name: str, inputs: str, seed: str, folder: str = "") -> None:
    """Fuzz; exit with a status that is not 0 where anything but a result or an error of ours came out."""
    corpus = Path(folder or tempfile.mkdtemp(prefix="goldenhour-fuzz-"))
    corpus.mkdir(exist_ok=True)
    target = TARGETS[name]
    for number, data in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(data)

    def _one(data: bytes) -> None:
        try:
            target.feed(data)
        except (CaptureError, ExportError, HashingError):
            return

    # The limit in seconds, for one input, only ends a hang.
    limits = [f"-runs={inputs}", f"-seed={seed}", "-timeout=600", "-rss_limit_mb=2048", "-max_len=65536"]
    atheris.Setup(
        [sys.argv[0], str(corpus), f"-artifact_prefix={corpus}/broke-", "-print_final_stats=1", *limits], _one
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
