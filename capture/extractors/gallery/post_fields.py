"""Which of a site's words are a post's author, time, text …: one table a site, and a common one for all others.

Only plain data come in here: what gallery-dl calls a post's metadata. Run this in the sandbox.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from capture.extractors.json_value import LARGEST_COUNT, line, text, time, web_url
from capture.request.hashtag import same_for_all
from hashing.case.facts import Fact
from hashing.case.post import Account, Post

Paths = tuple[str, ...]  # Names of fields, the best first; a dot leads into an object.

PostPart = Literal["text", "title", "time", "author"]
_MOST = 200
_LONGEST_TEXT = 150_000
_LATEST = 253_402_300_800  # Seconds from 1970 to the year 10000.
_TAG = re.compile(r"(?<![\w#&])#(\w+)")
_NAMED = re.compile(r"\{([\w.]+)\}")
_HTML = re.compile(r"</?(?:p|br|a|span|div)\b[^>]*>")
_FACTS = ("location_name", "source", "subreddit", "link_flair_text", "label", "license_name", "pinned", "sensitive")


class PostFields(msgspec.Struct, frozen=True, kw_only=True):
    """Where a site's metadata say what."""

    id: Paths = ("uri", "id", "post_id", "shortcode", "code", "hash")
    permalink: str = ""  # The post's address, with fields in braces.
    link: Paths = ("post_url", "permalink", "url_post", "link", "uri")
    handle: Paths = (
        "author.handle", "author.username", "author.name", "user.username", "user.screen_name", "user.name",
        "account.acct", "username", "author.uniqueId", "author", "user", "owner", "uploader",
    )  # fmt: skip
    name: Paths = (
        "author.displayName", "author.nick", "author.full_name", "user.full_name", "fullname", "author.nickname",
        "account.display_name",
    )  # fmt: skip
    author_id: Paths = (
        "author.did", "author.id", "user.id", "account.uri", "account.id", "author_id", "user_id", "owner_id",
        "uploader_id",
    )  # fmt: skip
    published: Paths = ("date", "post_date")
    edited: Paths = ()
    title: Paths = ("title",)
    text: Paths = ("content", "text", "description", "caption", "body", "selftext", "desc", "message", "comment")
    language: Paths = ("lang", "language")
    tags: Paths = ("tags", "hashtags")
    tags_in_text: bool = True  # Whether hashtags are also those that stand in the text.
    reply_to: Paths = ("reply_id", "in_reply_to_id", "reply_to")
    quotes: Paths = ("quoted_id", "retweet_id")
    counts: Mapping[str, str] = msgspec.field(
        default_factory=lambda: {"likes": "likes", "views": "views", "comments": "comments", "score": "score"}
    )
    alt: Paths = ("alt", "description_alt", "caption")  # What a file shows, in the file's own metadata.
    post_per_file: bool = False  # Whether each file is a post of its own, and what comes first an album's head.


def read_post(said: Mapping[str, Any], fields: PostFields, platform: str, url: str) -> Post | None:
    """Return metadata as a post; None where they name none. `url` is what was looked at."""
    name = word(said, fields.id)
    if not name:
        return None
    words, title = _words(_first(said, fields.text)), line(_first(said, fields.title), 2000)
    permalink = _filled(fields.permalink, said) or web_url(word(said, fields.link)) or url
    return Post(
        platform=platform,
        server=urlsplit(permalink).hostname or "",
        id=f"{platform}:{name}",  # addresses change with the author's name
        permalink=permalink,
        author=Account(handle=word(said, fields.handle), name=word(said, fields.name), id=word(said, fields.author_id)),
        published=_when(said, fields.published),
        edited=_when(said, fields.edited),
        title=title,
        text=words,
        language=word(said, fields.language)[:35],
        tags=tuple(_tags(said, fields, f"{title} {words}")),
        reply_to=_of(platform, word(said, fields.reply_to)),
        quotes=_of(platform, word(said, fields.quotes)),
        counts={name: count for name, key in fields.counts.items() if (count := _count(_at(said, key))) is not None},
    )


def has_words(said: Mapping[str, Any], fields: PostFields) -> bool:
    """Say whether metadata have a title, a text or a moment, as those of a post do."""
    return bool(_first(said, fields.text) or _first(said, fields.title) or _when(said, fields.published))


def unread_in(said: Mapping[str, Any], fields: PostFields) -> Iterator[PostPart]:
    """Yield the names of parts that are there in a form in which they are not read: a list in the place of a text."""
    author = (*fields.handle, *fields.name, *fields.author_id)
    parts: dict[PostPart, Paths] = {
        "text": fields.text,
        "title": fields.title,
        "time": fields.published,
        "author": author,
    }
    for name, paths in parts.items():
        values = [_at(said, path) for path in paths]
        if not any(isinstance(each, str | int) for each in values) and any(
            isinstance(each, list | Mapping) and each for each in values
        ):
            yield name


def _of(platform: str, name: str) -> str:
    """Return the lasting name of another post of the site; an address stays one."""
    name = name.removeprefix("t3_")  # how Reddit says that a number is a post's
    return f"{platform}:{name}" if name and "/" not in name else name


def facts_of(said: Mapping[str, Any], module: str) -> Iterator[Fact]:
    """Yield what else is said of a post that a person may look for."""
    for name in _FACTS:
        value = said.get(name)
        if isinstance(value, bool) or (isinstance(value, int) and abs(value) <= LARGEST_COUNT):
            yield Fact(name.replace("_", " "), value, f"gallery-dl: {module}")
        elif isinstance(value, str) and (words := line(value, 1000)):
            yield Fact(name.replace("_", " "), words, f"gallery-dl: {module}")


def word(said: Mapping[str, Any], paths: Paths) -> str:
    """Return the first of several fields that is a word or a number, as text; "" where none is."""
    for path in paths:
        value = _at(said, path)
        if isinstance(value, int) and not isinstance(value, bool) and value:
            return str(value)
        if isinstance(value, str) and (found := line(value, 2000)):
            return found
    return ""


def _when(said: Mapping[str, Any], paths: Paths) -> str:
    """Return the first of several fields that is a moment: written out, or in seconds since 1970."""
    for path in paths:
        value = _at(said, path)
        if isinstance(value, str) and (found := time(value)):
            return found
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LATEST:
            return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")
    return ""


def _first(said: Mapping[str, Any], paths: Paths) -> object:
    return next((value for path in paths if isinstance(value := _at(said, path), str) and value), "")


def _words(said: object) -> str:
    """Return a text as a reader sees it: some sites give it as HTML."""
    words = text(said, _LONGEST_TEXT)
    if not _HTML.search(words):
        return words
    from capture.extractors.fediverse.content import read_content  # a parser, which is loaded in the sandbox alone

    return read_content(words).text


def _at(said: object, path: str) -> object:
    for name in path.split("."):
        said = said.get(name) if isinstance(said, Mapping) else None
    return said


def _tags(said: Mapping[str, Any], fields: PostFields, words: str) -> Iterator[str]:
    """Yield hashtags, each once: as the author spelled them in the text, where they stand there."""
    found = {same_for_all(tag): tag for tag in _TAG.findall(words)} if fields.tags_in_text else {}
    for path in fields.tags:
        value = _at(said, path)
        for each in value if isinstance(value, list) else ():
            name = each.get("name") or each.get("title") if isinstance(each, Mapping) else each
            if isinstance(name, str) and (tag := line(name, 200).lstrip("#")):
                found.setdefault(same_for_all(tag), tag)
    yield from list(found.values())[:_MOST]


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return min(value, LARGEST_COUNT) if value >= 0 else None


def _filled(template: str, said: Mapping[str, Any]) -> str:
    """Return a template with its fields filled in; "" where one is missing, or it is no web address then."""
    values = {name: word(said, (name,)) for name in _NAMED.findall(template)}
    if not template or not all(values.values()):
        return ""
    return web_url(_NAMED.sub(lambda found: values[found[1]], template).replace(" ", "%20"))
