"""A thread on a real server of Bluesky, with the proof of every post: what the proofs cost."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.capture import signing_key
from benchmarks.table import Row
from hashing.atproto.record_proof import verify_record
from hashing.atproto.served import check_served, read_account_key
from hashing.case.capture_folder import capture_events
from hashing.case.events import Item, ProofRead
from tests.servers.bluesky import BlueskyNetwork
from tests.servers.program import ToolMissing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.bluesky import BlueskyPost

_ROUNDS = 2
_FEW = 20

_PROGRAM = """
import json, sys
from pathlib import Path
from capture.request.options import BlueskyServices, CaptureOptions
from capture.recorder.settings import NetworkSettings
from capture.run.run import capture
from hashing.case.case import Case
from hashing.ledger.keys import load_or_create_signing_key
scene, folder, key, pds, plc = sys.argv[1:]
key, _ = load_or_create_signing_key(Path(key))
case = Case.open_or_create(Path(folder), key=key, officer="Bench")
services = BlueskyServices(appview=pds, plc=plc)
network = NetworkSettings(allow_private=True)
options = CaptureOptions(officer="Bench", initials="B", thread=True, bluesky=services, network=network)
result = capture(scene, case, options, key=key)
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"path": str(result.path), "peak": int(peak) // 1000}))
"""


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure the capture of a thread; without Node there is no server to measure on, and there are no rows."""
    count = 50 if quick else 200
    with ExitStack() as stack:
        try:
            network = stack.enter_context(BlueskyNetwork())
        except ToolMissing:
            return []
        posts = _thread(network, count)
        runs = [_capture(network, posts[-1], folder / f"thread-{number}") for number in range(_ROUNDS)]
        _, _, few = _capture(network, posts[_FEW - 1], folder / "few")
    seconds, path, peak = min(runs)
    proving = min(_prove(path, count) for _ in range(_ROUNDS))
    what = f"thread of {count} posts on a PDS, each with its proof"
    few_shown = f"{few} MB with {_FEW} posts"
    share = proving / seconds
    return [
        Row(what=f"{what}: share of proving", ours=f"{proving:.2f} s", peer=f"{seconds:.2f} s", ratio=share, goal=0.05),
        Row(
            what=f"{what}: memory beside that of {_FEW}", ours=f"{peak} MB", peer=few_shown, ratio=peak / few, goal=1.1
        ),
    ]


def _thread(network: BlueskyNetwork, count: int) -> list[BlueskyPost]:
    """Let two people answer each other."""
    users = network.user("alice"), network.user("bob")
    posts = [users[0].post("Where was it?")]
    while len(posts) < count:
        posts.append(users[len(posts) % 2].post(f"Answer {len(posts)} #FireWatch", reply_to=posts[-1]))
    return posts


def _capture(network: BlueskyNetwork, last: BlueskyPost, case: Path) -> tuple[float, Path, int]:
    """Capture a thread upwards from its last post; return seconds, the capture's folder and its peak memory in MB."""
    from pathlib import Path

    key = signing_key(case.parent)
    begun = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM, last.uri, str(case), str(key), network.pds, network.plc],
        check=True,
        capture_output=True,
    )
    seconds = time.perf_counter() - begun
    result = json.loads(ran.stdout)
    return seconds, Path(result["path"]), result["peak"]


def _prove(path: Path, count: int) -> float:
    """Do once more what the capture did to prove its posts; return the seconds that it takes."""
    events = list(capture_events(path))
    items = {event.ref: path / event.path for event in events if isinstance(event, Item)}
    proofs = [event for event in events if isinstance(event, ProofRead)]
    assert len(proofs) == count, f"{len(proofs)} proofs of {count}"
    begun = time.perf_counter()
    for ref, did in {(proof.identity, proof.did) for proof in proofs}:
        read_account_key(items[ref].read_bytes(), did=did)
    for event in proofs:
        place = {"did": event.did, "collection": event.collection, "rkey": event.rkey}
        proof = verify_record(items[event.ref].read_bytes(), key=event.key, **place)
        check_served(proof, items[event.post].read_bytes())
    return time.perf_counter() - begun
