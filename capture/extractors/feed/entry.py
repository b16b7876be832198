"""One entry of a feed: what its format writes, and the post that it is, the media it names, the page it links to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from msgspec.structs import replace

from capture.page.claims import cut, sound
from capture.page.errors import BadAddress
from capture.page.mentions import MediaLink, Mention, Mentions, to_links
from capture.page.text import LONGEST
from capture.page.times import parse_time
from capture.page.urls import Addresses, tidy
from hashing.case.facts import Fact
from hashing.case.post import Account, Post, PostMedia

if TYPE_CHECKING:
    from capture.extractors.feed.content import EntryContents

# Characters, here and below: beyond what any feed has. What is cut off stands in the excerpt whole.
_LONGEST_ID = 2048
_LONGEST_LINE = 1000
_LONGEST_TIME = 200
_MOST_TAGS = 200
_MOST_AUTHORS = 20
_MOST_MEDIA = 1000
_FRAGMENT_SAFE = "!$%&'()*+,-./:;=?@_~"


class Text(NamedTuple):
    """A text, and whether it is HTML."""

    written: str
    is_html: bool = False


NOTHING = Text("")
NOBODY = Account()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One entry as written. Addresses are relative to `base`, which is absolute."""

    base: str
    content_base: str = ""  # What addresses in `body` are relative to, if something else.
    id: str = ""
    link: str = ""
    title: Text = NOTHING
    body: Text = NOTHING
    author: Account = NOBODY
    published: str = ""
    updated: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    location: str = ""
    reply_to: str = ""
    media: tuple[Mention, ...] = ()


def together(accounts: Iterable[Account]) -> Account:
    """Return several authors as one account that names them all: the address or mail of one is not that of all."""
    several = list(dict.fromkeys(each for each in accounts if each != NOBODY))[:_MOST_AUTHORS]
    if len(several) == 1:
        return several[0]
    return Account(name=", ".join(dict.fromkeys(each.name or each.handle or each.url for each in several)))


class EntrySpan(NamedTuple):
    """An entry's bytes as served, and where they begin in the feed."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """An entry that was read. `facts` holds what a post has no place for: times as written, and what is amiss."""

    excerpt: EntrySpan
    post: Post
    media: tuple[MediaLink, ...]
    link: str  # The page that it leads to, absolute and without fragment; "" for none.
    embedded: int
    unread: str  # Why it, or its HTML, was not read to its end; "" where it was.
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadEntry:
    """An entry that could not be read, although it is in the feed that is stored."""

    number: int
    reason: str


def entry_of(
    written: Written, excerpt: EntrySpan, *, number: int, url: str, contents: EntryContents, faults: Iterable[str] = ()
) -> FeedEntry:
    """Make an entry of what it says; `url` is the feed's own, `number` counts from 1. Never fails."""
    notes = _Notes(f"entry {number}", list(faults))
    # 1. Text, by the markup that its format states for it.
    title = _line(_plain(written.title, written.base, contents))
    base = written.content_base or written.base
    body = contents.read(written.body.written, base) if written.body.is_html else None
    text = body.text if body else cut(sound(written.body.written.strip()), LONGEST)
    permalink = notes.address(written.link, written.base)
    # 2. Media: what the entry's own elements name, before what its HTML shows; each address once.
    named = Mentions()
    for mention in written.media:
        named.show(mention)
    own = to_links(named, Addresses("", written.base))
    notes.faults += [*own.notes, *(body.notes if body else ())]
    media = notes.bounded(_each_once((*own.media, *(body.media if body else ()))))
    post = Post(
        platform="feed",
        server=urlsplit(url).netloc,
        # A watch knows a post by this: without id and link, by its bytes, so that a changed one counts as new.
        id=_id(written.id) or permalink or f"sha256:{hashlib.sha256(excerpt.data).hexdigest()}",
        permalink=permalink,
        author=_account(written, notes),
        published=notes.time("published", written.published),
        edited=notes.time("updated", written.updated),
        title=title,
        text=text,
        language=_line(written.language)[:_LONGEST_TIME],
        tags=tuple(dict.fromkeys(filter(None, map(_line, written.tags[:_MOST_TAGS])))),
        links=body.links if body else (),
        reply_to=_id(written.reply_to),
        location=_line(written.location),
        media=tuple(PostMedia(url=link.url, kind=link.kind, alt=link.alt) for link in media),
    )
    return FeedEntry(
        excerpt=excerpt,
        post=post,
        media=media,
        link=permalink.partition("#")[0],
        embedded=own.embedded + (body.embedded if body else 0),
        unread=body.unread if body else "",
        facts=notes.facts(),
    )


class _Notes:
    """Collects what is to be said of one entry beside its post."""

    def __init__(self, tag: str, faults: list[str]) -> None:
        self._tag = tag
        self._times: list[Fact] = []
        self.faults = faults

    def facts(self) -> tuple[Fact, ...]:
        faults = [Fact("could not be read", cut(sound(fault), _LONGEST_LINE), self._tag) for fault in self.faults]
        return (*self._times, *faults)

    def address(self, raw: str, base: str) -> str:
        """Return an address made absolute, its fragment kept; "" for none and for what is none of the web's."""
        try:
            url = Addresses("", base).resolve(raw) or ""
        except BadAddress as error:
            self.faults.append(str(error))
            return ""
        fragment = tidy(sound(raw)).partition("#")[2]
        return f"{url}#{quote(fragment, safe=_FRAGMENT_SAFE)}" if url and fragment else url

    def time(self, name: str, written: str) -> str:
        """Return a time whose zone is written; any other is kept as it is written, and marked."""
        written = cut(sound(" ".join(written.split())), _LONGEST_TIME)
        if not written:
            return ""
        iso, has_zone = parse_time(written)
        if iso and has_zone:
            return iso
        # Kept as text: a time without its zone may be off by a day, and must not be compared with any other.
        self._times.append(Fact(f"{name} as written", written, self._tag))
        self._times.append(Fact(f"{name} zone", "stated" if has_zone else "not stated", self._tag))
        return ""

    def bounded(self, media: tuple[MediaLink, ...]) -> tuple[MediaLink, ...]:
        if len(media) > _MOST_MEDIA:
            self.faults.append(f"more than {_MOST_MEDIA:,} media, {len(media) - _MOST_MEDIA:,} left out")
        return media[:_MOST_MEDIA]


def _each_once(links: Iterable[MediaLink]) -> tuple[MediaLink, ...]:
    """Keep each address once, with the kind that was stated first and the first words for it."""
    media: dict[str, MediaLink] = {}
    for link in links:
        known = media.get(link.url)
        media[link.url] = replace(known, alt=known.alt or link.alt) if known else link
    return tuple(media.values())


def _account(written: Written, notes: _Notes) -> Account:
    author = written.author
    return Account(
        handle=_line(author.handle),
        name=_line(author.name),
        id=_id(author.id),
        url=notes.address(author.url, written.base),
    )


def _plain(text: Text, base: str, contents: EntryContents) -> str:
    return contents.read(text.written, base).text if text.is_html else text.written


def _line(text: str) -> str:
    return cut(" ".join(sound(text[: 2 * LONGEST]).split()), _LONGEST_LINE)


def _id(raw: str) -> str:
    """Return a name that lasts; one that is longer than any is told by its digest."""
    name = sound(raw).strip()
    if len(name) <= _LONGEST_ID:
        return name
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"
