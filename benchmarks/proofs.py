"""A proof for one line of a very long ledger, made and checked."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.table import Row

if TYPE_CHECKING:
    from pathlib import Path

_ROUNDS = 3

# The lines hashed once, as many bare hashes as there are nodes above them, a proof, more proofs, its checking.
_PROOF = """
import json, sys, time
from hashlib import sha256
from hashing.ledger.merkle import Levels, MerkleTree, leaf_hash, verify_inclusion
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
tree = MerkleTree()
for number in range(count):
    tree.append(b"%0200d" % number)
root = tree.root()
begun = time.perf_counter()
for _ in range(1000):
    assert verify_inclusion(place, count, leaves[place], proof, root)
checked = (time.perf_counter() - begun) / 1000
print(json.dumps({"hashed": hashed, "limit": limit, "made": made, "again": again, "checked": checked,
                  "lines": lines, "whole": whole}))
"""


def rows(folder: Path, *, quick: bool) -> list[Row]:  # noqa: ARG001 - it needs no folder
    """Measure beside hashing the lines once, and beside as many bare hashes as there are nodes."""
    count = 10_000 if quick else 100_000
    runs = [_proof(count) for _ in range(_ROUNDS)]
    best = {name: min(run[name] for run in runs) for name in runs[0]}
    what = f"inclusion proof for one line of {count:,}"
    lines, bare = f"hashing the lines {best['hashed'] * 1000:.0f} ms", f"as many SHA-256 {best['limit'] * 1000:.0f} ms"
    shown = {name: f"{best[name] * 1e6:.0f} µs" for name in ("again", "checked")}
    thousandth = best["hashed"] / 1000
    memory, before = best["whole"], best["lines"]
    alone = f"the lines' hashes alone {before:.0f} MiB"
    made = f"{best['made'] * 1000:.0f} ms"
    return [
        Row(what=f"{what}: made", ours=made, peer=bare, ratio=best["made"] / best["limit"], goal=2.5),
        Row(what=f"{what}: one more", ours=shown["again"], peer=lines, ratio=best["again"] / thousandth, goal=1),
        Row(what=f"{what}: checked", ours=shown["checked"], peer=lines, ratio=best["checked"] / thousandth, goal=1),
        Row(what=f"{what}: memory", ours=f"{memory:.0f} MiB", peer=alone, ratio=memory / before, goal=1.5),
    ]


def _proof(count: int) -> dict[str, float]:
    ran = subprocess.run([sys.executable, "-c", _PROOF, str(count)], check=True, capture_output=True)
    taken: dict[str, float] = json.loads(ran.stdout)
    return taken
