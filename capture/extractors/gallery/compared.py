"""Which fields of a post, as gallery-dl reads it, stand in what the site served.

gallery-dl edits what sites say: it puts a number in the place of what is missing, works times out, writes links out. A
field that is not in the served bytes is its word and not the site's, and is told as such.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import BinaryIO

import msgspec

from capture.page.times import parse_time
from capture.recorder.decoding import NotDecoded, decoded_body
from hashing.case.facts import Fact
from hashing.case.post import Post
from hashing.times import moment_of

_LARGEST = 32 << 20
_MOST = 20_000
_ELEMENT = re.compile(r"<[^<>]*>")
_SPACE = re.compile(r"\s+")
_OF_X = "%a %b %d %H:%M:%S %z %Y"
_SAID = {True: "true", False: "false"}
_LINK = "leads to"
_AUTHOR, _TIMES = "author's ", frozenset({"published", "edited"})


def claims_of(post: Post, facts: Iterable[Fact] = ()) -> dict[str, list[str]]:
    """Return what is told of a post as the site's own, by name, without what has nothing to say.

    Its addresses and its platform are ours: they are made of other fields.
    """
    author = post.author
    claims = {
        "author's handle": [author.handle], "author's name": [author.name], "author's id": [author.id],
        "title": [post.title], "text": [post.text], "tags": list(post.tags), "language": [post.language],
        "in answer to": [_bare_name(post.reply_to)], "quotes": [_bare_name(post.quotes)], "published": [post.published],
        "edited": [post.edited], **{f"count of {name}": [str(number)] for name, number in post.counts.items()},
    }  # fmt: skip
    for fact in facts:
        claims.setdefault(fact.name, []).append(_SAID[fact.value] if isinstance(fact.value, bool) else str(fact.value))
    return {name: said for name, said in claims.items() if any(said)}


def _bare_name(name: str) -> str:
    """Return what the site calls a post; an address stays one."""
    return name if "/" in name else name.rpartition(":")[2]


class ClaimedPost(msgspec.Struct, frozen=True, array_like=True):
    """What is said of a post, and from where to where in an answer it stands; the number is the asker's own."""

    number: int
    start: int
    end: int
    said: dict[str, list[str]]


def not_served(file: BinaryIO, coding: str, claims: bytes) -> dict[int, list[str]]:
    """Return, by the numbers of posts, the names of those claims that do not stand in the post as it was served.

    An author may stand elsewhere in the answer: many sites name one once for a whole list. Run this in the sandbox.
    """
    wanted = msgspec.json.decode(claims, type=list[ClaimedPost])
    try:
        body = decoded_body(file, coding, _LARGEST)
    except NotDecoded:
        return {}
    return {each.number: _not_in(body, each) for each in wanted}


def _not_in(body: bytes, claims: ClaimedPost) -> list[str]:
    try:
        served = _Served(json.loads(body[claims.start : claims.end]))
    except (ValueError, RecursionError):
        return list(claims.said)
    return [
        name
        for name, said in claims.said.items()
        if not all(served.has(name, each) or (name.startswith(_AUTHOR) and _stands_in(body, each)) for each in said)
    ]


class _Served:
    """The values of an object, at whatever depth."""

    def __init__(self, value: object) -> None:
        values = list(_scalars(value))
        self._said = set(_booleans(value))
        self._texts = [_bare(each) for each in values if isinstance(each, str)]
        self._exact = {
            *self._texts,
            *(str(each) for each in values),
            *(each.removeprefix("t3_") for each in self._texts),
        }
        self._values = values

    def has(self, name: str, said: str) -> bool:
        """Say whether a value says this."""
        if name in _TIMES:
            when = moment_of(said)
            return when is not None and any(_is_moment(each, when) for each in self._values)
        if said in _SAID.values() and (name.replace(" ", "_"), said) in self._said:
            return True
        if name == _LINK and any(said in html.unescape(each) for each in self._values if isinstance(each, str)):
            return True
        bare = _bare(said)
        if bare in self._exact or said in self._exact:
            return True
        # A text may be a part of what was served (a link at its end left out), a tag stand in the text.
        return name in {"text", "title", "tags"} and any(bare.casefold() in each.casefold() for each in self._texts)


def _nodes(value: object) -> Iterator[object]:
    waiting, left = [value], _MOST
    while waiting and left:
        each, left = waiting.pop(), left - 1
        yield each
        if isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _scalars(value: object) -> Iterator[str | int | float]:
    for each in _nodes(value):
        if isinstance(each, str | int | float) and not isinstance(each, bool):
            yield each


def _booleans(value: object) -> Iterator[tuple[str, str]]:
    """Yield what is true or false, by its name."""
    for each in _nodes(value):
        if isinstance(each, dict):
            yield from ((str(name), _SAID[said]) for name, said in each.items() if isinstance(said, bool))


def _bare(words: str) -> str:
    """Return a text without markup and space, in which both sides may differ."""
    return _SPACE.sub("", html.unescape(_ELEMENT.sub(" ", words)))


def _is_moment(served: str | float, when: datetime) -> bool:
    """Say whether a value is a moment, to the second: in seconds or milliseconds since 1970, or written out."""
    with suppress(ValueError, OverflowError):
        number = float(served)
        return int(when.timestamp()) in {int(number), int(number / 1000)}
    if not isinstance(served, str) or len(served) > 64:  # noqa: PLR2004 - no time is longer
        return False
    written = moment_of(parse_time(served).iso or "")
    with suppress(ValueError):
        written = written or datetime.strptime(served, _OF_X)  # noqa: DTZ007 - the form has a zone
    return written is not None and abs((written - when).total_seconds()) < 1


def _stands_in(body: bytes, said: str) -> bool:
    return any(json.dumps(said, ensure_ascii=each).encode("utf-8", "replace") in body for each in (True, False)) or (
        said.isdecimal() and re.search(rb"\b%s\b" % said.encode(), body) is not None
    )
