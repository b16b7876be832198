"""The known scenes: what is served, at which address. Places and people are invented; the bytes never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

_PAGE, _FEED, _SOCIAL = "http://noticeboard.example", "http://noticeboard.example", "http://social.example"
_CUT_AT, _DECLARED = 20_000, 90_000


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """A fixed response: status, content type, body; more headers where it has them.

    `declared` is the Content-Length of a server that lies about its body; None of one that does not.
    """

    body: bytes
    kind: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    declared: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownScene:
    """A scene of fixed bytes: its name, its address, and every answer by its full address."""

    name: str
    url: str
    answers: Mapping[str, KnownAnswer] = field(repr=False)
    thread: bool = False
    """Whether it is captured with what it answers and its replies."""


@cache
def known_scenes() -> tuple[KnownScene, ...]:
    """Return every known scene."""
    return (_page(), _feed(), _thread())


def _file(name: str) -> bytes:
    return files("validation").joinpath("files", name).read_bytes()


def _photo(name: str) -> KnownAnswer:
    kinds = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
    return KnownAnswer(_file(name), kinds[name.rpartition(".")[2]])


def _page() -> KnownScene:
    """Return a page with photos and a video, sent compressed after a redirect; one photo is gone, one is cut short."""
    photos = ("front.jpg", "crowd.jpg", "copied.jpg", "screenshot.png", "late.webp")
    clip = files("validation.demo").joinpath("clip.mp4").read_bytes()
    answers = {
        f"{_PAGE}/fire": KnownAnswer(b"", "text/html", status=301, headers=(("Location", "/market-street-fire.html"),)),
        f"{_PAGE}/market-street-fire.html": KnownAnswer(
            _file("page.html.gz"), "text/html; charset=utf-8", headers=(("Content-Encoding", "gzip"),)
        ),
        f"{_PAGE}/clip.mp4": KnownAnswer(clip, "video/mp4"),
        f"{_PAGE}/photos/cut-short.jpg": KnownAnswer(_file("copied.jpg")[:_CUT_AT], "image/jpeg", declared=_DECLARED),
        **{f"{_PAGE}/photos/{name}": _photo(name) for name in photos},
    }
    return KnownScene(name="page", url=f"{_PAGE}/fire", answers=answers)


def _feed() -> KnownScene:
    """Return a feed of two entries, the first with a photo."""
    answers = {
        f"{_FEED}/feed.xml": KnownAnswer(_file("feed.xml"), "application/atom+xml"),
        f"{_FEED}/photos/front.jpg": _photo("front.jpg"),
    }
    return KnownScene(name="feed", url=f"{_FEED}/feed.xml", answers=answers)


def _thread() -> KnownScene:
    """Return a post of the fediverse with a photo and one reply."""
    api = "application/json; charset=utf-8"
    answers = {
        f"{_SOCIAL}/api/v2/instance": KnownAnswer(_file("instance.json"), api),
        f"{_SOCIAL}/api/v1/statuses/101": KnownAnswer(_file("status.json"), api),
        f"{_SOCIAL}/api/v1/statuses/101/context": KnownAnswer(_file("context.json"), api),
        f"{_SOCIAL}/api/v1/statuses/102/context": KnownAnswer(_file("no-replies.json"), api),
        f"{_SOCIAL}/api/v1/accounts/1": KnownAnswer(_file("account.json"), api),
        f"{_SOCIAL}/media/front.jpg": _photo("front.jpg"),
    }
    return KnownScene(name="thread", url=f"{_SOCIAL}/@alice/101", answers=answers, thread=True)
