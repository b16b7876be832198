"""One stranger's video never costs the others, whatever stands in whatever field of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exports.verification import verify
from tests.servers import Body, SceneServer
from tests.servers.material import clip

if TYPE_CHECKING:
    from collections.abc import Callable

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from tests.servers.scene import Answer

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]

SITE = "http://www.ebaumsworld.com"
LIST = "http://academicearth.org/playlists/laws-of-nature/"
HONEST = range(9001, 9004)
VALUES = [
    "",
    "x" * 100_000,
    "\ufffe\u202e",
    "&#27;[31m",
    "&j;",
    "&#0;",
    "<a>" * 3000 + "</a>" * 3000,
    "</v>",
    "http://[::1/:99999999@x",
    "file:///etc/passwd",
    "http://media.ebaumsworld.com/none.m3u8",
]
FIELDS = ("file", "title", "description", "image", "username")


def player(number: int, field: str = "", value: str = "") -> bytes:
    """Return what the site says of a video."""
    said = {
        "file": f"http://media.ebaumsworld.com/{number}.mp4",
        "title": f"Fire {number}",
        "description": "Smoke",
        "image": f"{SITE}/thumb.jpg",
        "username": "alice",
    }
    said |= {field: value} if field else {}
    return f"<v>{''.join(f'<{name}>{each}</{name}>' for name, each in said.items())}</v>".encode()


def test_no_value_in_any_field_of_a_video_costs_another(captured: Captured) -> None:
    """A list holds videos with every hostile value in every field, and some that are no videos at all."""
    players = {number: player(number) for number in HONEST}
    hostile = [(field, value) for field in FIELDS for value in VALUES]
    players |= {number: player(number, *each) for number, each in enumerate(hostile, 1)}
    players |= {8001: b"", 8002: b"\xff" * 1000, 8003: b"{" * 100_000, 8004: b"<v>" * 100_000}
    numbers = sorted(number for number in players if number not in HONEST)
    third = len(numbers) // 2
    order = [HONEST[0], *numbers[:third], HONEST[1], *numbers[third:], HONEST[2]]
    entries = "".join(
        f'<li class="lecture-preview"><a target="_blank" href="{SITE}/videos/a-title/{number}/">x</a>'
        for number in order
    )
    page = f'<!doctype html><h1 class="playlist-name">Laws</h1><p class="excerpt">All</p>{entries}'.encode()
    files: dict[str, Answer] = {LIST: Body(data=page, type="text/html")}
    for number, said in players.items():
        files[f"{SITE}/videos/a-title/{number}/"] = Body(data=b"<!doctype html><title>Fire</title>", type="text/html")
        files[f"{SITE}/video/player/{number}"] = Body(data=said, type="text/xml")
        files[f"http://media.ebaumsworld.com/{number}.mp4"] = Body(data=clip() + bytes(number % 97), type="video/mp4")
    with SceneServer(files) as proxy:
        result, view = captured(LIST, proxy=proxy.origin, attempts=1)
    assert {f"Fire {number}" for number in HONEST} <= {entry.post.title for entry in view.items if entry.post}
    videos = {entry.url for entry in view.items if entry.kind == "video"}
    assert {f"http://media.ebaumsworld.com/{number}.mp4" for number in HONEST} <= videos
    assert verify(result.path).verdict == "ok"
