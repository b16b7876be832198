"""A page that is stored: what it says, and the media that it shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from capture.extractors.video import Signs, is_playlist, signs_of_video, videos_at
from capture.page import ReadPage
from capture.recorder.reading import plain_body
from capture.request.extractor import (
    Fetch,
    FetchRequest,
    Finding,
    ItemReading,
    NotFollowed,
    StoredItem,
    Unavailable,
    fetch_order,
)
from hashing.case.facts import Fact
from hashing.sandbox import NotRead, Readers

if TYPE_CHECKING:
    from capture.page.players import Players


class StoredPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page that is stored and was read; or, without `page`, why it could not be."""

    stored: StoredItem
    page: ReadPage | None = None
    players: Players | None = None
    plain: bytes = b""  # The page without its content coding, where it came coded.
    problem: str = ""  # Also of a page that could be read in part.
    given_up: bool = False  # Whether its reader came to no end, so that another try may read it.


def read_stored_page(stored: StoredItem, readers: Readers) -> StoredPage:
    """Have a page that is stored read in the sandbox."""
    from capture.page.stored_page import read_stored_page as read_in_sandbox

    coding = stored.item.content_encoding
    try:
        read = read_in_sandbox(readers, stored.body, coding=coding, url=stored.url, content_type=stored.content_type)
        plain = plain_body(readers, stored.body, coding) if coding and read.page is not None else b""
    except NotRead as error:
        return StoredPage(stored=stored, problem=str(error), given_up=True)
    problem = read.unreadable
    if read.cut and not stored.item.partial:
        problem = problem or f"its {coding} data ends inside: read as far as it goes"
    return StoredPage(stored=stored, page=read.page, players=read.players, plain=plain, problem=problem)


def found_on_page(stored: StoredItem, fetch: Fetch, *, videos: bool = True) -> Iterator[Finding]:
    """Yield what a stored page says and the media it shows, last of all the videos that are no files behind a link."""
    yield from found_in(read_stored_page(stored, fetch.readers), fetch, videos=videos)


def found_in(read: StoredPage, fetch: Fetch, *, videos: bool = True) -> Iterator[Finding]:
    """Yield the same of a page that was read."""
    stored, item, page = read.stored, read.stored.item, read.page
    if page is None:
        reason = f"the page is stored but was not searched for media: {read.problem}"
        yield (
            Unavailable(url=item.url, reason=reason, found_in=item.found_in)
            if read.given_up
            else NotFollowed(url=item.url, reason=reason)
        )
        return
    yield ItemReading(ref=item.ref, facts=page_facts(page), text=page.text, plain=read.plain)
    if page.unread:
        reason = f"the page is stored, and what it shows is not all known: {page.unread}"
        yield Unavailable(url=item.url, reason=reason, found_in=item.found_in)
    if page.embedded:
        reason = "embedded in the page itself and stored with it"
        yield NotFollowed(url=item.url, reason=reason, count=page.embedded)
    # Playlists are for the search of videos, which fetches their segments; fetched here, they would be text files.
    playlists = {link.url: None for link in page.media if is_playlist(link.url)} if videos else {}
    for link in sorted(page.media, key=lambda link: fetch_order(link.kind)):
        if link.url not in playlists:
            yield FetchRequest(
                url=link.url, kind=link.kind, found_in=link.found_in, alt=link.alt, referer=stored.url, named_by=stored
            )
    if videos and read.players is not None and (signs := signs_of_video(read.players, stored.url, playlists)):
        yield from videos_of(stored, fetch, signs, playlists)


def videos_of(stored: StoredItem, fetch: Fetch, signs: Signs, playlists: Iterable[str] = ()) -> Iterator[Finding]:
    """Yield the videos of a page, or that they were not asked for."""
    if "video" in fetch.options.wanted_kinds():
        yield from videos_at(stored, fetch, signs, playlists)
    else:
        yield NotFollowed(url=stored.item.url, reason=f"its video: not asked for (--media {fetch.options.media})")


def page_facts(page: ReadPage) -> tuple[Fact, ...]:
    """Return what a page claims about itself, best-trusted place first; a naive time is marked as naive."""
    facts = [Fact(claim.name, claim.value, claim.tag) for claim in page.claims]
    for time in page.times:
        facts.append(Fact(time.name, time.iso or time.written, time.tag))
        facts.append(Fact(f"{time.name} zone", "stated" if time.has_zone else "not stated", time.tag))
        if time.iso != time.written:
            facts.append(Fact(f"{time.name} as written", time.written, time.tag))
    facts += [Fact("could not be read", note, "page") for note in page.notes]
    return tuple(facts)
