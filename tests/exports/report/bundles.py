"""Bundles for the report's tests: one with every part that a report can have, and the same made of hostile text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from exports.bundle import export_bundle
from hashing.case.custody import Handling, record_custody, record_description
from hashing.case.events import PostChanged
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Account, Edit, PostMedia
from hashing.times import system_clock, time_text
from tests.exports.small_case import OFFICER, Thing, make_case, photo
from tests.exports.social_case import POST, social_case

if TYPE_CHECKING:
    from pathlib import Path

    from hashing.case.post import Post
    from tests.exports.small_case import CaptureMaker

CANARY = "canary.example"
HOSTILE = (
    "<script>window.canary=1;alert(1)</script>",
    f'"><img src="https://{CANARY}/a.png" onerror="window.canary=2"><iframe src="//{CANARY}/b"></iframe>',
    "</style></script></title></bdi><svg onload=window.canary=3><!--",
    f'</title><meta http-equiv="refresh" content="0;url=https://{CANARY}/c"><link rel="preload" href="//{CANARY}/d">',
    "javascript:window.canary=4//",
    "data:text/html,<script>parent.canary=5</script>",
    f"' autofocus onfocus=window.canary=6 style=background:url(//{CANARY}/e) x='",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "photo\u202egpj.exe\u2066\u200f\x1b[31m",
    "W" * 3_000,
)
SVG = f"<svg xmlns='http://www.w3.org/2000/svg' onload='window.canary=7'><image href='https://{CANARY}/f'/></svg>"
PAGE = f"<script>window.canary=8</script><img src=https://{CANARY}/g>"


def _position(latitude: float, longitude: float) -> tuple[Fact, ...]:
    return (
        Fact("GPS latitude", latitude, "GPS GPSLatitude, GPS GPSLatitudeRef"),
        Fact("GPS longitude", longitude, "GPS GPSLongitude, GPS GPSLongitudeRef"),
    )


def _answers(capture: CaptureMaker, posts: list[Post]) -> None:
    """Store posts that stand in one list."""
    parts = [json.dumps({"id": number}).encode() for number, _ in enumerate(posts)]
    listing = capture.add(Thing("thread.json", b"[" + b",".join(parts) + b"]", "listing", "application/json"))
    offset = 1
    for post, part in zip(posts, parts, strict=True):
        capture.excerpt(listing, post, part, offset)
        offset += len(part) + 1


def post(number: int, reply_to: str = "", text: str = "words", published: str = "") -> Post:
    """Return a post of the test's own."""
    name = f"https://social.example/@user/{number}"
    return msgspec.structs.replace(
        POST,
        id=name,
        permalink=name,
        reply_to=reply_to,
        text=text,
        author=Account(handle=f"user{number}@social.example", name=f"User {number}"),
        published=published or f"2026-11-24T10:{number % 60:02d}:00Z",
        edited="",
        edits=(),
        media=(),
        warning="",
    )


def ordinary_bundle(folder: Path) -> Path:
    """Make a bundle with photos and positions in two regions, posts and answers, changes, failures and custody."""
    maker = social_case(folder)
    capture = maker.begin(title="Fire on Market Street", note="seen at 10:02")
    capture.add(
        Thing("page.html", b"<p>", "page", "text/html", text="A fire.", facts=(Fact("title", "A fire", "og:title"),))
    )
    for number in range(6):
        taken = Fact(
            "original time", f"2026-11-24T10:{number:02d}:00" + "+01:00" * (number % 2), "EXIF DateTimeOriginal"
        )
        place = _position(51.5 + number / 1000, -0.12) if number < 4 else _position(48.2, 16.37)
        capture.add(
            Thing(
                f"photo-{number}.jpg",
                photo(number, (640, 480) if number else (300, 900)),
                alt=f"view {number}",
                facts=(taken, *place),
            )
        )
    capture.add(Thing("drawing.svg", SVG.encode(), "photo", "image/svg+xml"))
    capture.add(Thing("clip.mp4", b"\x00\x00", "video", "video/mp4"))
    capture.add(Thing("half.jpg", photo()[:500], partial="the connection broke"))
    capture.add(Thing("no.html", b"<h1>403", "error page", "text/html", error_page="403 Forbidden"))
    first = post(10, text="What happened at the market hall?")
    _answers(capture, [first, post(11, first.id, "A fire"), post(12, post(11).id, "Where?"), post(13, "gone/1")])
    capture.fail("https://news.example/gone.jpg", "404 Not Found")
    capture.skip("https://news.example/x", "embedded in the page itself", 14)
    capture.seal()
    handling = Handling(action="handed-over", giver=OFFICER, receiver="John Hill", reason="for court")
    record_custody(maker.case, ["MP/1"], handling, key=maker.key, officer=OFFICER)
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=folder / "OP-ALDER_all").path


def hostile_bundle(folder: Path) -> Path:
    """Make a bundle with a capture for each hostile text, which stands in every field that takes one."""
    maker = make_case(folder)
    for text in HOSTILE:
        _hostile_capture(maker.begin(text, title=text, note=text), text)
        record_description(maker.case, "MP/1", text, key=maker.key, officer=OFFICER)
    return export_bundle(maker.case, key=maker.key, officer=HOSTILE[0], output=folder / "out").path


def _hostile_capture(capture: CaptureMaker, text: str) -> None:
    facts = (
        *_position(51.5, -0.12),
        Fact("original time", text, text),
        Fact(text, text, text),
        Fact("title", text, text),
    )
    capture.add(
        Thing("x.jpg", photo(), "photo", url=text, alt=text, partial=text, claimed_name=text, facts=facts, text=text)
    )
    capture.add(Thing("y.jpg", photo(2), url=text, alt=text, facts=(Fact("GPS latitude", text, text),)))
    capture.add(Thing("z.svg", SVG.encode(), "photo", "image/svg+xml", url=text, alt=text, error_page=text))
    capture.add(Thing("page.html", PAGE.encode(), "page", "text/html", url=text, facts=facts, text=f"{PAGE}\n{text}"))
    capture.add(Thing("w.bin", b"", "document", text, url=text))
    said = msgspec.structs.replace(
        POST,
        platform=text,
        server=text,
        id=text,
        permalink=text,
        author=Account(handle=text, name=text, id=text, url=text),
        published=text,
        edited=text,
        title=text,
        text=text,
        warning=text,
        language=text,
        tags=(text,),
        mentions=(text,),
        links=(text,),
        visibility=text,
        counts={text: 1},
        edits=(Edit(time=text, text=text, warning=text),),
        location=text,
        media=(PostMedia(url=text, kind=ItemKind.PHOTO, alt=text),),
        quotes=text,
    )
    _answers(capture, [said, msgspec.structs.replace(post(2, text), text=text), post(3, f"{text}?")])
    capture.events.append(
        PostChanged(time=time_text(system_clock()), id=text, change=text, before=text, after=text, reason=text)
    )
    capture.fail(text, text)
    capture.skip(text, text)
    capture.seal()
