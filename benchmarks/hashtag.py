"""A hashtag with many posts and photos at a latency, beside what the latency alone allows."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from benchmarks.capture import JOBS, noisy_jpeg, signing_key
from benchmarks.measure import GOLDENHOUR, in_turn, run
from benchmarks.serving import SceneProcess
from benchmarks.table import Row
from hashing.case.capture_folder import capture_events
from hashing.case.events import CaptureStarted, Exchange, Item

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.measure import Cost

LATENCY = 0.05
_PAGE = 40


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure a capture of a hashtag on a server that speaks Mastodon's API, with its photos."""
    posts, photos = (80, 40) if quick else (500, 300)
    with SceneProcess("benchmarks.hashtag", str(posts), str(photos)) as url:
        best = in_turn({"ours": lambda number: _capture(url, folder / f"case-{number}")}, rounds=2 if quick else 3)[
            "ours"
        ]
    texts, requests = _told(folder / "case-0", posts + photos)
    limit = requests * LATENCY / JOBS
    what = f"hashtag of {posts} posts and {photos} photos against requests x latency / jobs"
    peer = f"{requests} requests of 50 ms, {JOBS} side by side: {limit:.2f} s"
    ratio = best.seconds / limit
    return [
        Row(what=f"{what}: sealed", ours=best.shown, cpu=best.cpu_shown, peer=peer, ratio=ratio, goal=1.2),
        Row(what=f"{what}: every text on disk", ours=f"{texts:.2f} s", peer=peer, ratio=texts / limit, goal=1.0),
    ]


def _capture(url: str, case: Path) -> Cost:
    """Capture as a user types it."""
    command: list[str | Path] = [
        *GOLDENHOUR,
        "capture",
        "#FireWatch",
        "--on",
        url,
        "--case",
        case,
        "--allow-private",
        "--quiet",
    ]
    key = signing_key(case.parent)
    return run([*command, "--officer", "Bench", "--key", key, "--jobs", str(JOBS), "--json"])


def _told(case: Path, items: int) -> tuple[float, int]:
    """Return, as the ledger tells it, the seconds until the last text was on disk, and how many requests were made."""
    [capture] = (case / "captures").iterdir()
    events = list(capture_events(capture))
    found = [event for event in events if isinstance(event, Item)]
    assert len(found) >= items, f"{len(found)} items of {items}"
    began = next(_moment(event.time) for event in events if isinstance(event, CaptureStarted))
    ended = max(_moment(event.time) for event in found if event.kind == "post")
    return ended - began, sum(isinstance(event, Exchange) for event in events)


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
