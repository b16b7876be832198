"""A page of Telegram's web preview that is stored, read in the sandbox: the channel, and each post byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import parse_qs, urlsplit

import msgspec

from capture.extractors.telegram.elements import marked, said
from capture.recorder.decoding import NotDecoded, decoded_body
from capture.request.extractor import StoredItem
from hashing.case.facts import Fact
from hashing.case.post import Post
from hashing.sandbox import Readers

if TYPE_CHECKING:
    from lxml import etree

_LARGEST = 8 << 20  # Bytes of a page; one of twenty posts has some 200,000.
_MOST = 200
# Found in the bytes: a parser tells no offset. Nested divisions are counted to find where a post ends.
_MESSAGE = re.compile(rb"<div\b[^>]*\sdata-post=[^>]*>")
_DIVISION = re.compile(rb"<(/?)div\b")
_ERRORS = ("tgme_widget_message_error", "err_message")
_HEAD = {
    "channel": "tgme_channel_info_header_title",
    "name": "tgme_channel_info_header_username",
    "description": "tgme_channel_info_description",
}


class ShownPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post, where it stands in the page, and what of it the preview does not give, with its kind."""

    offset: int
    data: bytes
    post: Post
    facts: tuple[Fact, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()


class PreviewPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a page shows, oldest post first."""

    # Whether it is a channel's list or a post at all; a server says with other pages that there is none.
    is_preview: bool = False
    facts: tuple[Fact, ...] = ()
    posts: tuple[ShownPost, ...] = ()
    unread: int = 0  # Elements that look like posts and could not be read.
    says_none: bool = False  # Whether it says that there are no posts.
    before: str = ""  # The number before which the list goes on; "" at its end.
    error: str = ""  # What Telegram says in the place of a post.
    problem: str = ""  # Why the page could not be read.


def read_preview(readers: Readers, stored: StoredItem) -> PreviewPage:
    """Have a stored page read. Raises NotRead."""
    arguments = (stored.item.content_encoding, stored.url)
    return readers.ask(f"{__name__}:preview_in", *arguments, files=[stored.body], answer=PreviewPage)


def preview_in(file: BinaryIO, coding: str, url: str) -> PreviewPage:
    """Read the page that a file holds. Run this in the sandbox, where alone its parser is loaded."""
    from lxml import etree

    from capture.extractors.telegram.message import read_message

    try:
        body = decoded_body(file, coding, _LARGEST)
    except NotDecoded as error:
        return PreviewPage(problem=str(error))
    root = etree.fromstring(body, etree.HTMLParser(encoding="utf-8", no_network=True)) if body.strip() else None
    if root is None:
        return PreviewPage(problem="it is empty")
    # Twice over the same bytes: a parser for what stands around the posts, a scan of the bytes for where each post
    # begins and ends, since an excerpt must be those bytes.
    posts, unread = list[ShownPost](), 0
    for offset, data in _messages(body):
        message = read_message(data, url)
        if message is None or len(posts) >= _MOST:
            unread += 1
        else:
            post, facts, missing = message
            posts.append(ShownPost(offset=offset, data=data, post=post, facts=facts, missing=missing))
    head = [Fact(name, value, "preview") for name, part in _HEAD.items() if (value := said(root, part, 4000))]
    head += [Fact("counter", words, "preview") for words in _counters(root)]
    says_none = bool(marked(root, "tme_no_messages_found"))
    return PreviewPage(
        is_preview=bool(posts or unread or head or says_none),
        says_none=says_none,
        facts=tuple(head),
        posts=tuple(posts),
        unread=unread,
        before=_before(root),
        error=next((words for name in _ERRORS if (words := said(root, name, 300))), ""),
    )


def _messages(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the element of each post as it was served, and where it begins."""
    at = 0
    while found := _MESSAGE.search(body, at):
        at = _end(body, found.start())
        yield found.start(), body[found.start() : at]


def _end(body: bytes, start: int) -> int:
    """Return where the <div> that begins at `start` ends; the body's end where it has none."""
    depth = 0
    for tag in _DIVISION.finditer(body, start):
        depth += -1 if tag[1] else 1
        if depth == 0:
            end = body.find(b">", tag.end())
            return end + 1 if end >= 0 else len(body)
    return len(body)


def _counters(root: etree._Element) -> Iterator[str]:
    for each in marked(root, "tgme_channel_info_counter")[:10]:
        yield " ".join(" ".join(map(str, each.itertext())).split())[:100]


def _before(root: etree._Element) -> str:
    for link in (*marked(root, "tme_messages_more"), *root.iter("link")):
        if "next" not in (link.get("rel") or "") and "data-after" not in link.attrib:
            named = link.get("data-before") or parse_qs(urlsplit(link.get("href") or "").query).get("before", [""])[0]
            if named.isascii() and named.isdigit():
                return named[:15]
    return ""
