"""A bundle of very many small items verified, and a proof for one line of a very long ledger made and checked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_ROUNDS = 3
_ITEM_BYTES = 2 << 10

# A process starts out with the peak memory of the one that starts it, so a bare Python runs and measures the command.
_MEASURE = """
import json, resource, subprocess, sys, time
begun = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(json.dumps([time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024]))
"""

# The lines hashed once, as many bare hashes as there are nodes above them, a proof, more proofs, its checking.
_PROOF = """
import json, sys, time
from hashlib import sha256
from hashing.ledger.merkle import Levels, leaf_hash, root_of, verify_inclusion
def peak():
    return int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))) / 1024
count = int(sys.argv[1])
place = count * 7 // 9
begun = time.perf_counter()
leaves = [leaf_hash(b"%0200d" % number) for number in range(count)]
hashed, lines = time.perf_counter() - begun, peak()
begun = time.perf_counter()
node = leaves[0] + leaves[1]
for _ in range(count):
    sha256(node).digest()
limit = time.perf_counter() - begun
begun = time.perf_counter()
levels = Levels(leaves)
proof = levels.inclusion_proof(place)
made, whole = time.perf_counter() - begun, peak()
begun = time.perf_counter()
for number in range(1000):
    levels.inclusion_proof(number)
again = (time.perf_counter() - begun) / 1000
root = root_of(leaves)
begun = time.perf_counter()
for _ in range(1000):
    assert verify_inclusion(place, count, leaves[place], proof, root)
checked = (time.perf_counter() - begun) / 1000
print(json.dumps({"hashed": hashed, "limit": limit, "made": made, "again": again, "checked": checked,
                  "lines": lines, "whole": whole}))
"""


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a command took: seconds, and the largest memory in MiB of any one process of it."""

    seconds: float
    memory: float


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure each side in turn, the best of each; everything is in the page cache."""
    return [*_bundle_rows(folder, 2_000 if quick else 20_000), *_proof_rows(10_000 if quick else 100_000)]


def _bundle_rows(folder: Path, count: int) -> list[Row]:
    bundle = str(_bundle(folder, count))
    # xargs takes what find names, so that two processes of openssl hash at any time: the most that two cores do.
    hashing = 'find "$0" -type f -print0 | xargs -0 -n 1000 -P 2 openssl dgst -sha256 -r'
    commands = {
        "ours": [sys.executable, "-m", "cli", "verify", bundle, "-q"],
        "bagit": [sys.executable, "-m", "bagit", "--validate", "--processes", "2", "--quiet", bundle],
        "limit": ["sh", "-c", hashing, bundle],
    }
    best: dict[str, _Cost] = {}
    for _ in range(_ROUNDS):
        for name, command in commands.items():
            best[name] = min([_run(command), *([best[name]] if name in best else [])], key=lambda cost: cost.seconds)
    ours, bagit, limit = best["ours"], best["bagit"], best["limit"]
    what = f"verify of a bundle of {count:,} items of {_ITEM_BYTES >> 10} KiB"
    shown = f"{ours.seconds:.2f} s"
    peer = f"`bagit.py --validate --processes 2` {bagit.seconds:.2f} s"
    bare = f"`openssl dgst` over the same files, two processes: {limit.seconds:.2f} s"
    memory = f"bagit.py {bagit.memory:.0f} MiB"
    return [
        Row(what, shown, peer, bagit.seconds / ours.seconds, 1.5, at_least=True),
        Row(what, shown, bare, ours.seconds / limit.seconds, 3, at_least=False),
        Row(f"{what}: peak memory", f"{ours.memory:.0f} MiB", memory, ours.memory / bagit.memory, 3, at_least=False),
    ]


def _proof_rows(count: int) -> list[Row]:
    runs = [_proof(count) for _ in range(_ROUNDS)]
    best = {name: min(run[name] for run in runs) for name in runs[0]}
    what = f"proof of inclusion for one line of {count:,}"
    made, nodes, hashed = best["made"], best["limit"], best["hashed"]
    lines = f"hashing the lines {hashed * 1000:.0f} ms"
    memory, before = best["whole"], best["lines"]
    return [
        Row(
            f"{what}: made",
            f"{made * 1000:.0f} ms",
            f"as many bare SHA-256 {nodes * 1000:.0f} ms",
            made / nodes,
            2.5,
            at_least=False,
        ),
        Row(
            f"{what}: one more",
            _micro(best["again"]),
            lines,
            best["again"] / hashed * 1000,
            1,
            at_least=False,
            unit="‰",
        ),
        Row(
            f"{what}: checked",
            _micro(best["checked"]),
            lines,
            best["checked"] / hashed * 1000,
            1,
            at_least=False,
            unit="‰",
        ),
        Row(
            f"{what}: peak memory",
            f"{memory:.0f} MiB",
            f"with the hashes of the lines alone {before:.0f} MiB",
            memory / before,
            1.5,
            at_least=False,
        ),
    ]


def _micro(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs"


def _proof(count: int) -> dict[str, float]:
    ran = subprocess.run([sys.executable, "-c", _PROOF, str(count)], check=True, capture_output=True)
    taken: dict[str, float] = json.loads(ran.stdout)
    return taken


def _bundle(folder: Path, count: int) -> Path:
    """Make a case of one capture with the case's own code, without a network, and export it as a user would."""
    from tests.exports.small_case import Thing, make_case

    made = make_case(folder)
    capture = made.begin()
    for number in range(count):
        capture.add(Thing(f"{number}.jpg", os.urandom(_ITEM_BYTES)))
    capture.seal()
    key = str(folder / "key" / "signing-key.pem")
    command = [sys.executable, "-m", "cli", "export", str(made.path), "--output", str(folder / "bundle")]
    _run([*command, "--key", key, "--officer", "Bench", "-q"])
    return folder / "bundle"


def _run(command: Sequence[str]) -> _Cost:
    ran = subprocess.run([sys.executable, "-c", _MEASURE, *command], check=True, capture_output=True)
    return _Cost(*json.loads(ran.stdout))


if __name__ == "__main__":
    import tempfile
    from pathlib import Path

    from benchmarks.table import markdown

    with tempfile.TemporaryDirectory(prefix="bench-") as folder_name:
        print(markdown(rows(Path(folder_name), quick="--quick" in sys.argv)))
