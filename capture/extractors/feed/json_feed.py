"""Reads a JSON Feed (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from capture.extractors.feed.content import EntryContents
from capture.extractors.feed.elements import absolute
from capture.extractors.feed.entry import (
    NOBODY,
    NOTHING,
    EntrySpan,
    FeedEntry,
    Text,
    UnreadEntry,
    Written,
    entry_of,
    together,
)
from capture.extractors.feed.head import Feed, FeedUnreadable, Head
from capture.extractors.feed.scan import MOST
from capture.extractors.feed.xml_media import named
from capture.extractors.served_json import JsonSpan, NotJson, ServedJson
from capture.page.mentions import Mention, Position
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Account

_VERSION = re.compile(r"https?://jsonfeed\.org/version/")
_MOST_VALUES = 4_000_000  # Commas, of which each may stand for a value that takes memory.
_UNPAIRED = re.compile(r"[\ud800-\udfff]")


def read_json_feed(body: bytes, *, url: str) -> Feed:
    """Read a feed from its bytes, without content coding. Raises FeedUnreadable where it is none."""
    if body.count(b",") > _MOST_VALUES:
        raise FeedUnreadable(f"it may hold more than {_MOST_VALUES:,} values")
    served = ServedJson(body)
    try:
        frame = dict(served.members(served.root))
    except NotJson as error:
        raise FeedUnreadable(f"it is not JSON that could be read ({error})") from error
    # Items are left as spans of the body: each is excerpted byte for byte, and decoded when its turn comes.
    fields = {name: piece.value for name, piece in frame.items() if name != "items"}
    if not _VERSION.match(_string(fields.get("version"))):
        raise FeedUnreadable("it does not say that it is a JSON Feed")
    items = list(served.elements(frame["items"])) if "items" in frame and _list(frame["items"].value) else []
    head = Head(
        claims=(
            ("title", _string(fields.get("title")), "title"),
            ("description", _string(fields.get("description")), "description"),
            ("language", _string(fields.get("language")), "language"),
            ("site address", _string(fields.get("home_page_url")), "home_page_url"),
        ),
        author=_account(fields.get("authors"), fields.get("author")),
        language=_string(fields.get("language")),
    )
    left_out = len(items) - MOST
    return Feed(
        facts=(*head.facts(), Fact("entries", len(items), "items")),
        count=len(items),
        entries=_read_items(served, items[:MOST], head, url),
        next_page=absolute(_string(fields.get("next_url")), url, page=url),
        missing=f"more than {MOST:,} entries, {left_out:,} were not read" if left_out > 0 else "",
    )


def _read_items(served: ServedJson, items: list[JsonSpan], head: Head, url: str) -> Iterator[FeedEntry | UnreadEntry]:
    contents = EntryContents()
    for number, piece in enumerate(items, 1):
        if not isinstance(piece.value, dict):
            yield UnreadEntry(number=number, reason="it is not an object")
            continue
        written = _written(piece.value, head, url)
        yield entry_of(written, EntrySpan(*served.served(piece)), number=number, url=url, contents=contents)


def _written(fields: dict[str, Any], head: Head, url: str) -> Written:
    # JSON Feed 1.1: one of the two must be there. HTML before text, as it alone holds the media and the links; a
    # summary only where neither is.
    html, text = _string(fields.get("content_html")), _string(fields.get("content_text"))
    body = Text(html, is_html=True) if html else Text(text or _string(fields.get("summary")))
    account = _account(fields.get("authors"), fields.get("author"))
    return Written(
        base=url,
        id=_string(fields.get("id")),
        link=_string(fields.get("url")) or _string(fields.get("external_url")),
        title=Text(_string(fields.get("title"))) if fields.get("title") else NOTHING,
        body=body,
        author=head.author if account == NOBODY else account,
        published=_string(fields.get("date_published")),
        updated=_string(fields.get("date_modified")),
        tags=tuple(map(_string, _list(fields.get("tags")))),
        language=_string(fields.get("language")) or head.language,
        media=tuple(_media(fields)),
    )


def _media(fields: dict[str, Any]) -> Iterator[Mention]:
    for name in ("image", "banner_image"):
        if raw := _string(fields.get(name)):
            yield Mention(ItemKind.PHOTO, (Position(raw, name),))
    for attachment in _list(fields.get("attachments")):
        if isinstance(attachment, dict):
            mime, alt = _string(attachment.get("mime_type")), _string(attachment.get("title"))
            yield from named(_string(attachment.get("url")), "attachment", mime, alt=alt)


def _account(several: object, one: object) -> Account:
    """Return the authors; where there are none, the one of version 1.0. Some write a mere name for either."""
    people = several if isinstance(several, list) else [several]
    authors = together(map(_person, people))
    return _person(one) if authors == NOBODY else authors


def _person(value: object) -> Account:
    if isinstance(value, dict):
        return Account(name=_string(value.get("name")), url=_string(value.get("url")))
    return Account(name=_string(value))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _string(value: object) -> str:
    """Return a string; a number, which some write for an id, as its digits; "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    return _UNPAIRED.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else _digits(value)


def _digits(number: int) -> str:
    return str(number) if number.bit_length() <= 64 else ""  # noqa: PLR2004 - longer is no number of an entry
