"""A blog of many posts and photos through gallery-dl at a latency, beside what the latency alone allows."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from benchmarks.capture import JOBS
from benchmarks.table import Row
from hashing.case.capture_folder import capture_events
from hashing.case.events import CaptureStarted, Exchange, Item
from tests.servers.sites import SocialSites

LATENCY = 0.05
_PER_PAGE = 50
_SCENE = "https://amira.tumblr.com/"

_PROGRAM = """
import json, sys, time
from pathlib import Path
from capture.recorder.settings import NetworkSettings
from capture.request.options import CaptureOptions
from capture.run.run import capture
from hashing.case.case import Case
from hashing.ledger.keys import load_or_create_signing_key
from tests.servers.names import resolving
from tests.servers.sites import HOSTS
scene, folder, port, jobs = sys.argv[1:]
key, _ = load_or_create_signing_key(Path(folder, "key.pem"))
case = Case.open_or_create(Path(folder, "case"), key=key, officer="Bench")
network = NetworkSettings(allow_private=True, jobs=int(jobs))
options = CaptureOptions(officer="Bench", initials="B", site_delay=0.0, network=network)
with resolving({host: ["127.0.0.1"] for host in HOSTS}, at=int(port)):
    begun = time.monotonic()
    result = capture(scene, case, options, key=key)
    seconds = time.monotonic() - begun
print(json.dumps({"path": str(result.path), "status": result.status, "seconds": seconds}))
"""


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure the capture of a blog; without gallery-dl there is none."""
    if find_spec("gallery_dl") is None:
        return []
    pages = 2 if quick else 10
    command = [sys.executable, "-m", "benchmarks.sites", str(pages)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port, ca_file = server.stdout.readline().split()
        runs = [_capture(folder / f"blog-{number}", port, ca_file) for number in range(2)]
        server.terminate()
    seconds, path = min(runs)
    events = list(capture_events(path))
    posts = [event for event in events if isinstance(event, Item) and event.excerpt]
    photos = sum(isinstance(event, Item) and event.kind == "photo" for event in events)
    requests = sum(isinstance(event, Exchange) for event in events)
    assert (len(posts), photos) == (pages * _PER_PAGE, pages * _PER_PAGE * 8 // 5)
    [begun] = [event.time for event in events if isinstance(event, CaptureStarted)]
    last = max(number for number, event in enumerate(events) if isinstance(event, Item) and event.excerpt)
    # An exchange gets its time where it is written: the next one's is later than the last text's line.
    safe = next(event.time for event in events[last:] if isinstance(event, Exchange))
    texts = (datetime.fromisoformat(safe) - datetime.fromisoformat(begun)).total_seconds()
    limit = requests * LATENCY / JOBS
    what = f"blog of {len(posts)} posts and {photos} photos by gallery-dl against requests x latency / jobs"
    peer = f"{requests} requests of 50 ms, {JOBS} side by side: {limit:.2f} s"
    return [
        Row(what=f"{what}: sealed", ours=f"{seconds:.2f} s", peer=peer, ratio=seconds / limit, goal=1.3),
        Row(what=f"{what}: every text on disk", ours=f"{texts:.2f} s", peer=peer, ratio=texts / limit, goal=1.0),
    ]


def _capture(folder: Path, port: str, ca_file: str) -> tuple[float, Path]:
    folder.mkdir()
    program = [sys.executable, "-c", _PROGRAM, _SCENE, str(folder), port, str(JOBS)]
    ran = subprocess.run(program, env={"SSL_CERT_FILE": ca_file, "HOME": str(folder)}, capture_output=True, check=True)
    told = json.loads(ran.stdout)
    assert told["status"] == "complete"
    return told["seconds"], Path(told["path"])


def _serve(pages: int) -> None:
    with SocialSites(pages=pages, per_page=_PER_PAGE, more=3, latency=LATENCY) as sites:
        sys.stdout.write(f"{sites.port} {sites.ca_file}\n")
        sys.stdout.flush()
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
