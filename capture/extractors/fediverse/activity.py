"""A post as ActivityPub states it: the JSON that servers give each other (W3C Activity Streams 2.0, ActivityPub)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from capture.extractors.fediverse.attachment import MOST, kind_of
from capture.extractors.fediverse.content import poll_counts, poll_text, read_content, read_place, read_tags
from capture.extractors.fediverse.errors import UnreadableAnswer
from capture.extractors.json_value import Json, count, line, mapping, sequence, text, time, web_url
from hashing.case.post import Account, Post, PostMedia

# ActivityPub section 3.2, the more usual of the two types first.
ACCEPT = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'

_POSTS = frozenset({"Note", "Article", "Question", "Page", "Image", "Video", "Audio", "Event", "Document"})
_PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
_QUOTES = ("quote", "quoteUrl", "quoteUri", "_misskey_quote")
_MOST_NAMED = 200
_COUNTS = {"replies": "replies", "shares": "reposts", "likes": "likes"}


def read_activity(value: object, url: str, author: object = None) -> Post:
    """Read a post that was fetched from `url`; `author` is its author's actor as JSON, where that is known.

    Raises Unreadable for what is no post, and for one that says that it, or its author, is at home on another host:
    there anyone could claim to be anyone.
    """
    fields = mapping(value)
    # 1. It must be a post, of the host that was asked, by an author of that host: ActivityPub has no other proof of who
    # wrote something than whose server says so.
    if not set(_words(fields.get("type"))) & _POSTS and mapping(fields.get("object")):
        fields = mapping(fields.get("object"))  # a Create around the post
    name = web_url(fields.get("id"))
    if not set(_words(fields.get("type"))) & _POSTS or not name:
        raise UnreadableAnswer("not a post")
    if urlsplit(name).netloc != urlsplit(url).netloc:
        raise UnreadableAnswer(f"it says that it is another host's post ({name[:200]})")
    writer = _address(fields.get("attributedTo"))
    if writer and urlsplit(writer).netloc != urlsplit(url).netloc:
        raise UnreadableAnswer(f"it says that its author is another host's ({writer[:200]})")
    # 2. What it says, each field by itself: one of another form than it should be says nothing and costs no other.
    content = read_content(fields.get("content") or _first(mapping(fields.get("contentMap"))))
    named = [mapping(each) for each in _many(fields.get("tag"))]
    visibility = _visibility(fields)
    return Post(
        platform="fediverse",
        server=urlsplit(url).netloc,
        id=name,
        permalink=_address(fields.get("url")) or name,
        author=_author(fields, mapping(author)),
        published=time(fields.get("published")),
        edited=time(fields.get("updated")),
        title=line(fields.get("name")),
        text=poll_text(content.text, _poll(fields)),
        warning=text(fields.get("summary"), 5000),
        language=line(next(iter(mapping(fields.get("contentMap"))), ""), 35),
        tags=read_tags([each for each in named if "Hashtag" in _words(each.get("type"))], content),
        mentions=tuple(_mentions(named)),
        links=content.links,
        reply_to=_address(fields.get("inReplyTo")),
        quotes=next(filter(None, (_address(fields.get(key)) for key in _QUOTES)), ""),
        visibility=visibility,
        counts=_counts(fields),
        location=read_place(fields),
        media=tuple(_media(fields)),
    )


def author_of(value: object) -> str:
    """Return the address of a post's author; "" where none is named."""
    fields = mapping(value)
    return _address(fields.get("attributedTo") or mapping(fields.get("object")).get("attributedTo"))


def _author(fields: Json, actor: Json) -> Account:
    name = _address(fields.get("attributedTo"))
    # The name and the handle are the actor document's own claims: they count only where that document is of the very
    # actor that the post is attributed to. Anybody's post could be shown under anybody's name otherwise.
    user = line(actor.get("preferredUsername"), 200)
    mine = bool(name) and web_url(actor.get("id")) == name
    return Account(
        handle=f"{user}@{urlsplit(name).netloc}" if mine and user else "",
        name=line(actor.get("name"), 500) if mine else "",
        id=name,
        url=(_address(actor.get("url")) if mine else "") or name,
    )


def _visibility(fields: Json) -> str:
    """Return whom it is addressed to, in Mastodon's words."""
    if _PUBLIC & set(_words(fields.get("to"))):
        return "public"
    if _PUBLIC & set(_words(fields.get("cc"))):
        return "unlisted"
    everyone = [*_words(fields.get("to")), *_words(fields.get("cc"))]
    if not everyone:
        return ""
    return "private" if any(each.endswith("/followers") for each in everyone) else "direct"


def _media(fields: Json) -> Iterator[PostMedia]:
    own = [fields] if {"Image", "Video", "Audio"} & set(_words(fields.get("type"))) else []
    for each in (*own, *map(mapping, _many(fields.get("attachment"))[:MOST])):
        url, mime = _address(each.get("url") or each.get("href")), line(each.get("mediaType"), 100)
        kind = line(next(iter(_words(each.get("type"))), ""), 20).lower()
        if url and kind != "link" and mime != "text/html":
            alt = text(each.get("name") or each.get("summary"), 10_000) if each is not fields else ""
            yield PostMedia(url=url, kind=kind_of(kind, mime, url), alt=alt)


def _mentions(named: list[Json]) -> Iterator[str]:
    for each in named[:_MOST_NAMED]:
        if "Mention" in _words(each.get("type")) and (name := line(each.get("name"), 500).lstrip("@")):
            host = urlsplit(web_url(each.get("href"))).netloc
            yield name if "@" in name or not host else f"{name}@{host}"


def _poll(fields: Json) -> dict[str, object]:
    """Return a Question's options in the words of Mastodon's API."""
    options = [mapping(each) for each in _many(fields.get("oneOf") or fields.get("anyOf"))]
    return {
        "options": [
            {"title": each.get("name"), "votes_count": mapping(each.get("replies")).get("totalItems")}
            for each in options
        ]
    }


def _counts(fields: Json) -> dict[str, int]:
    totals = {name: count(mapping(fields.get(key)).get("totalItems")) for key, name in _COUNTS.items()}
    return {name: total for name, total in totals.items() if total is not None} | poll_counts(_poll(fields))


def _many(value: object) -> list[object]:
    """Return what may be one thing or several (JSON-LD) as several."""
    return sequence(value, _MOST_NAMED) if isinstance(value, list) else [value] if value else []


def _words(value: object) -> list[str]:
    return [each for each in _many(value) if isinstance(each, str)]


def _address(value: object) -> str:
    """Return the address of a thing: a string, a link or object that has one, or the first of several."""
    for each in _many(value):
        link = mapping(each)
        if found := web_url(each) or web_url(link.get("href")) or web_url(link.get("id")) or web_url(link.get("url")):
            return found
    return ""


def _first(fields: Json) -> object:
    return next(iter(fields.values()), None)
