"""Reads a JSON Feed (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from capture.extractors.feed.addresses import absolute
from capture.extractors.feed.content import EntryContents
from capture.extractors.feed.entry import EntrySpan, UnreadEntry, entry_of
from capture.extractors.feed.errors import FeedUnreadable
from capture.extractors.feed.head import Feed, Head
from capture.extractors.feed.scan import MOST
from capture.extractors.feed.written import NOBODY, NOTHING, Text, Written
from capture.extractors.feed.xml_media import named
from capture.page.mentions import Mention, Position
from hashing.case.facts import Fact
from hashing.case.post import Account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capture.extractors.feed.entry import FeedEntry

_VERSION = re.compile(r"https?://jsonfeed\.org/version/")
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
"""An escape in a string: a pair of surrogates, one without its other half, or anything else."""
_MARK = b"\xef\xbb\xbf"
_MOST_AUTHORS = 20
_MOST_VALUES = 4_000_000
"""Commas, of which each may stand for a value that takes memory."""
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NULL = msgspec.Raw(b"null")


class _Frame(msgspec.Struct):
    """The feed, each value as it stands in it."""

    version: msgspec.Raw = _NULL
    items: msgspec.Raw = msgspec.Raw(b"[]")
    title: msgspec.Raw = _NULL
    description: msgspec.Raw = _NULL
    home_page_url: msgspec.Raw = _NULL
    language: msgspec.Raw = _NULL
    next_url: msgspec.Raw = _NULL
    author: msgspec.Raw = _NULL
    authors: msgspec.Raw = _NULL


def read_json_feed(body: bytes, *, url: str) -> Feed:
    """Read a feed from its bytes, without content coding. Raises FeedUnreadable where it is none."""
    if body.count(b",") > _MOST_VALUES:
        raise FeedUnreadable(f"it may hold more than {_MOST_VALUES:,} values")
    mended = _mended(body)
    mark = len(_MARK) if body.startswith(_MARK) else 0
    try:
        frame = msgspec.json.decode(memoryview(mended)[mark:], type=_Frame)
        items = msgspec.json.decode(frame.items, type=list[msgspec.Raw])
        said = {name: _value(getattr(frame, name)) for name in frame.__struct_fields__ if name != "items"}
    except _NOT_JSON as error:
        raise FeedUnreadable(f"it is not JSON that could be read ({error})") from error
    if not _VERSION.match(_string(said["version"])):
        raise FeedUnreadable("it does not say that it is a JSON Feed")
    head = Head(
        claims=(
            ("title", _string(said["title"]), "title"),
            ("description", _string(said["description"]), "description"),
            ("language", _string(said["language"]), "language"),
            ("site address", _string(said["home_page_url"]), "home_page_url"),
        ),
        author=_account(said["authors"], said["author"]),
        language=_string(said["language"]),
    )
    left_out = len(items) - MOST
    return Feed(
        facts=(*head.facts(), Fact("entries", len(items), "items")),
        count=len(items),
        entries=_read_items(_located(body, mended, frame.items, items[:MOST]), head, url),
        next_page=absolute(_string(said["next_url"]), url, page=url),
        missing=f"more than {MOST:,} entries, {left_out:,} were not read" if left_out > 0 else "",
    )


def _located(
    body: bytes, mended: bytes, around: msgspec.Raw, items: list[msgspec.Raw]
) -> Iterator[tuple[EntrySpan, msgspec.Raw]]:
    """Yield each item with its bytes as served; between two items stands nothing that could be taken for one."""
    end = mended.index(bytes(around)) if items else 0
    for raw in items:
        data = bytes(raw)
        offset = mended.index(data, end)
        end = offset + len(data)
        yield EntrySpan(offset, body[offset:end]), raw


def _read_items(
    items: Iterator[tuple[EntrySpan, msgspec.Raw]], head: Head, url: str
) -> Iterator[FeedEntry | UnreadEntry]:
    contents = EntryContents()
    for number, (excerpt, raw) in enumerate(items, 1):
        try:
            said = _value(raw)
        except _NOT_JSON as error:
            yield UnreadEntry(number=number, reason=str(error))
            continue
        if not isinstance(said, dict):
            yield UnreadEntry(number=number, reason="it is not an object")
            continue
        yield entry_of(_written(said, head, url), excerpt, number=number, url=url, contents=contents)


def _mended(body: bytes) -> bytes:
    """Put U+FFFD in the place of unpaired surrogates, which no text can hold: one costs no more than itself.

    Everything stays where it is: the one escape is as long as the other.
    """
    return _ESCAPE.sub(_mended_escape, body) if b"\\" in body else body


def _mended_escape(match: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if match["lone"] else match[0]


def _value(raw: msgspec.Raw) -> Any:  # noqa: ANN401 - whatever a server wrote
    """Return a value; what is not UTF-8 in it becomes U+FFFD. Raises one of _NOT_JSON."""
    return msgspec.json.decode(bytes(raw).decode("utf-8", "replace"))


def _written(said: dict[str, Any], head: Head, url: str) -> Written:
    html, text = _string(said.get("content_html")), _string(said.get("content_text"))
    body = Text(html, is_html=True) if html else Text(text or _string(said.get("summary")))
    account = _account(said.get("authors"), said.get("author"))
    return Written(
        base=url,
        id=_string(said.get("id")),
        link=_string(said.get("url")) or _string(said.get("external_url")),
        title=Text(_string(said.get("title"))) if said.get("title") else NOTHING,
        body=body,
        author=head.author if account == NOBODY else account,
        published=_string(said.get("date_published")),
        updated=_string(said.get("date_modified")),
        tags=tuple(map(_string, _list(said.get("tags")))),
        language=_string(said.get("language")) or head.language,
        media=tuple(_media(said)),
    )


def _media(said: dict[str, Any]) -> Iterator[Mention]:
    for name in ("image", "banner_image"):
        if raw := _string(said.get(name)):
            yield Mention("photo", (Position(raw, name),))
    for attachment in _list(said.get("attachments")):
        if isinstance(attachment, dict):
            mime, alt = _string(attachment.get("mime_type")), _string(attachment.get("title"))
            yield from named(_string(attachment.get("url")), "attachment", mime, alt=alt)


def _account(several: object, one: object) -> Account:
    people = [person for person in (*_list(several), one) if isinstance(person, dict)][:_MOST_AUTHORS]
    names = [name for person in people if (name := _string(person.get("name")))]
    url = next((url for person in people if (url := _string(person.get("url")))), "")
    return Account(name=", ".join(dict.fromkeys(names)), url=url)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _string(value: object) -> str:
    """Return a string; a number, which some write for an id, as its digits; "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    return value if isinstance(value, str) else _digits(value)


def _digits(number: int) -> str:
    return str(number) if number.bit_length() <= 64 else ""  # noqa: PLR2004 - longer is no number of an entry
