"""The comments below a post of Reddit, read in the answer that holds both: gallery-dl tells only those with photos.

Form: https://www.reddit.com/dev/api, a listing of the post and one of its comments, replies within what they answer.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO
from urllib.parse import urlsplit

import msgspec

from capture.extractors.gallery.answering import is_web
from capture.extractors.gallery.located import named_objects
from capture.extractors.json_value import Json, count, line, mapping, name_of, sequence, text, web_url
from capture.page.kinds import kind_of_address
from capture.recorder.decoding import NotDecoded, decoded_body
from capture.request.extractor import StoredItem
from hashing.case.kinds import ItemKind
from hashing.case.post import Account, Post, PostMedia
from hashing.sandbox import Readers

_LARGEST = 16 << 20
_MOST = 5000
_LONGEST_TEXT = 150_000
_THREAD = re.compile(r"/comments/([a-z0-9]+)/(?:[^/]*/)*\.json")


class ThreadPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A comment with its place in the answer; or how many are left out; or why the answer could not be read."""

    post: Post | None = None
    offset: int = 0
    data: bytes = b""
    only_named: int = 0  # Of these the answer has the names alone.
    unread: int = 0  # These stand in the answer, and are more than are read, or not to be placed in it.
    problem: str = ""


def post_of(url: str) -> str:
    """Return the number of the post that Reddit gives with its comments at this address; "" for any other address."""
    found = _THREAD.fullmatch(urlsplit(url).path) if is_web(url) else None
    return found[1] if found else ""


def read_comments(readers: Readers, stored: StoredItem) -> list[ThreadPart]:
    """Have the comments of a stored answer read. Raises NotRead."""
    coding = stored.item.content_encoding
    return readers.gather(f"{__name__}:comments_in", coding, files=[stored.body], answer=ThreadPart)


def comments_in(file: BinaryIO, coding: str) -> Iterator[ThreadPart]:
    """Yield what the answer in a file has of comments. Run this in the sandbox."""
    try:
        body = decoded_body(file, coding, _LARGEST)
        listings = json.loads(body)
    except (NotDecoded, ValueError, RecursionError) as error:
        yield ThreadPart(problem=line(str(error), 300) or type(error).__name__)
        return
    places = named_objects(body)
    waiting = deque(child for listing in sequence(listings, 10)[1:] for child in _children(listing))
    only_named = unread = taken = 0
    while waiting:  # breadth first, as deep as it goes: what answers comes after what it answers
        kind, said = waiting.popleft()
        if kind == "more":
            only_named += max(count(said.get("count")) or 0, len(sequence(said.get("children"), _MOST)), 1)
        elif kind == "t1" and taken < _MOST and (place := places.get(name_of(said.get("id")))) is not None:
            taken += 1
            yield ThreadPart(post=_comment(said), offset=place.start, data=body[place.start : place.end])
            waiting += _children(said.get("replies"))
        elif kind == "t1":
            unread += 1
            waiting += _children(said.get("replies"))
    if only_named or unread:
        yield ThreadPart(only_named=only_named, unread=unread)


def _children(listing: object) -> list[tuple[str, Json]]:
    children = sequence(mapping(mapping(listing).get("data")).get("children"), _MOST)
    return [(name_of(mapping(child).get("kind")), mapping(mapping(child).get("data"))) for child in children]


def _comment(said: Json) -> Post:
    path = text(said.get("permalink"), 2000)
    permalink = web_url(f"https://www.reddit.com{path}") if path.startswith("/") else ""  # else it names another host
    votes = count(said.get("score"))
    return Post(
        platform="reddit",
        server="www.reddit.com",
        id=f"reddit:t1_{name_of(said.get('id'))}",
        permalink=permalink,
        author=Account(handle=line(said.get("author"), 200), id=name_of(said.get("author_fullname"))),
        published=_moment(said.get("created_utc")),
        edited=_moment(said.get("edited")),
        text=text(said.get("body"), _LONGEST_TEXT),
        # A post is called by its bare number, as gallery-dl calls it.
        reply_to=f"reddit:{name_of(said.get('parent_id')).removeprefix('t3_')}" if said.get("parent_id") else "",
        counts={"score": votes} if votes is not None else {},
        media=tuple(_media(mapping(said.get("media_metadata")))),
    )


def _media(named: Json) -> Iterator[PostMedia]:
    """Yield what a comment shows, where Reddit keeps it as it was handed in."""
    for each in list(named.values())[:100]:
        source = mapping(mapping(each).get("s"))
        said = next((said for key in ("u", "gif", "mp4") if isinstance(said := source.get(key), str)), "")
        url = web_url(said.replace("&amp;", "&"))
        if urlsplit(url).hostname == "preview.redd.it":
            url = url.partition("?")[0].replace("//preview.", "//i.", 1)
        if url:
            yield PostMedia(url=url, kind=kind_of_address(url) or ItemKind.PHOTO)


def _moment(said: object) -> str:
    """Return seconds since 1970 in RFC 3339; "" for anything else, such as Reddit's `false` for "never"."""
    if isinstance(said, bool) or not isinstance(said, int | float):
        return ""
    try:
        return datetime.fromtimestamp(said, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return ""
