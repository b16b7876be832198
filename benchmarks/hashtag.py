"""A hashtag with many posts and photos at a latency, beside what the latency alone allows."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING

from benchmarks.capture import JOBS, noisy_jpeg, signing_key
from benchmarks.serving import SceneProcess
from benchmarks.table import Row
from hashing.case.capture_folder import capture_events
from hashing.case.events import CaptureStarted, Exchange, Item

if TYPE_CHECKING:
    from pathlib import Path

LATENCY = 0.05
_PAGE = 40
_ROUNDS = 3


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure a capture of a hashtag on a server that speaks Mastodon's API, with its photos."""
    posts, photos = (100, 60) if quick else (500, 300)
    runs = []
    with SceneProcess("benchmarks.hashtag", str(posts), str(photos)) as url:
        runs = [_capture(url, folder / f"case-{number}", posts + photos) for number in range(_ROUNDS)]
    seconds, texts, requests = min(runs)
    limit = requests * LATENCY / JOBS
    what = f"#tag with {posts} posts and {photos} photos, 50 ms latency, {JOBS} side by side"
    peer = f"{requests} requests at that latency alone: {limit:.2f} s"
    return [
        Row(f"{what}: seconds until everything is sealed", f"{seconds:.2f} s", peer, seconds / limit, 1.3, False),
        Row(f"{what}: seconds until every text is on disk", f"{texts:.2f} s", peer, texts / limit, 1.0, False),
    ]


def _capture(url: str, case: Path, items: int) -> tuple[float, float, int]:
    """Capture as a user types it; return seconds in all, until the last text was on disk, and requests made."""
    command = [
        sys.executable,
        "-m",
        "cli",
        "capture",
        "#FireWatch",
        "--on",
        url,
        "--case",
        str(case),
        "--allow-private",
    ]
    begun = time.perf_counter()
    key = signing_key(case.parent)
    ran = subprocess.run(
        [*command, "--quiet", "--officer", "Bench", "--key", str(key), "--jobs", str(JOBS), "--json"],
        check=True,
        capture_output=True,
    )
    seconds = time.perf_counter() - begun
    result = json.loads(ran.stdout)
    assert len(result["items"]) >= items, f"{len(result['items'])} items of {items}"
    events = list(capture_events(case / result["path"]))
    began = next(_moment(event.time) for event in events if isinstance(event, CaptureStarted))
    ended = max(_moment(event.time) for event in events if isinstance(event, Item) and event.kind == "post")
    return seconds, ended - began, sum(isinstance(event, Exchange) for event in events)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _status(number: int, host: str, *, photo: bool) -> dict[str, object]:
    photos = [{"id": str(number), "type": "image", "url": f"{host}/media/{number}.jpg", "description": "smoke"}]
    return {
        "id": str(10**17 + number),
        "uri": f"{host}/users/alice/statuses/{number}",
        "url": f"{host}/@alice/{10**17 + number}",
        "created_at": f"2026-03-01T12:{number // 60 % 60:02}:{number % 60:02}.000Z",
        "visibility": "public",
        "content": f"<p>Smoke over the market, number {number} #FireWatch</p>",
        "account": {"id": "1", "username": "alice", "acct": "alice", "url": f"{host}/@alice"},
        "tags": [{"name": "firewatch", "url": f"{host}/tags/firewatch"}],
        "mentions": [],
        "media_attachments": photos if photo else [],
    }


def _serve(posts: int, photos: int) -> None:
    """Serve the hashtag until the standard input ends: pages that only the Link header connects, and the photos."""
    from tests.servers import Body, SceneServer

    photo = noisy_jpeg(50 << 10)
    with SceneServer({f"/media/{number}.jpg": photo for number in range(photos)}, latency=LATENCY, keep=0) as server:
        host = server.url("").rstrip("/")
        server.files["/api/v2/instance"] = b'{"domain":"127.0.0.1","version":"4.3.0","title":"Bench"}'
        path = "/api/v1/timelines/tag/FireWatch"
        for start in range(0, posts, _PAGE):
            page = [_status(number, host, photo=number < photos) for number in range(start, min(start + _PAGE, posts))]
            after = f'<{host}{path}?cursor=x{start + _PAGE}>; rel="next"'
            headers = (("Link", after),) if start + _PAGE < posts else ()
            body = Body(data=json.dumps(page).encode(), type="application/json", headers=headers)
            for name in (f"{path}?cursor=x{start}",) if start else (path, path.lower()):
                server.files[name] = body
        print(host, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), int(sys.argv[2]))
