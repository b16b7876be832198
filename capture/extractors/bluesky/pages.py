"""Lists that come page by page, each with the cursor of the next (https://atproto.com/specs/xrpc#cursors-and-pagination)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from capture.extractors.bluesky.at_uri import AtUri, read_at_uri
from capture.extractors.bluesky.said import Element
from capture.extractors.bluesky.stored_answer import AnswerUnreadable, ReaderFailed, page_of
from capture.extractors.bluesky.xrpc import demands_login, refusal, stored_of
from capture.request.extractor import Answer, Fetch, FetchRequest, StoredItem, Unavailable

if TYPE_CHECKING:
    pass

MOST_PAGES = 2000
LARGEST_PAGE = 100  # Elements that a server gives at the most.
_OK, _TOO_LARGE, _FAULT = 200, 413, 500
_IDLE_PAGES = 3
"""Pages in a row without anything new, after which a list is taken to have ended. (An AppView leaves posts out of a
page that it does not show, so one page may well be empty.)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRecord:
    """One element of a list, and the record that it names."""

    uri: AtUri
    element: Element


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """One page: the elements that no earlier one had, how many had no form that could be read, and why no more were."""

    stored: StoredItem
    url: str
    elements: tuple[ListedRecord, ...]
    unreadable: int
    cursor: str  # Of the next page; "" where this is the last.
    problem: str = ""


@dataclass(slots=True)
class PageReading:
    """How far a list was read."""

    seen: set[str] = field(default_factory=set)  # The URIs of its elements.
    size: int = LARGEST_PAGE  # Elements that are asked for at a time.
    broke_off: bool = False  # Whether the server gave no page where the list goes on, or may go on.


def pages(
    fetch: Fetch,
    found_of: Callable[[str, int], FetchRequest],
    name: str,
    login: str,
    reading: PageReading | None = None,
    *,
    views: bool,
) -> Iterator[RecordPage | Unavailable]:
    """Yield a list's pages; what cuts it short is yielded in their place.

    `found_of` makes the request of a cursor, "" for the first, and a number of elements; `name` is the list's field in
    the answer; `login` says what to do where the server answers only those who log in; `views` says that an AppView
    made the list. A page that is too large, or that the server fails to make, is asked for in smaller ones: one element
    then costs no other.
    """
    reading = reading or PageReading()
    cursor, cursors, idle = "", {""}, 0
    for _ in range(MOST_PAGES):
        # 1. A page, in a size that the server manages.
        request, page = yield from _ask(fetch, partial(found_of, cursor), name, login, reading, views=views)
        if page is None:
            return
        cursor, idle = page.cursor, 0 if page.elements else idle + 1
        if page.elements or page.unreadable:
            yield page
        if page.problem:
            reading.broke_off = True
            reason = f"the list is stored, but was not read to its end: {page.problem}"
            yield Unavailable(url=request.url, reason=reason, found_in=request.found_in)
        # 2. The list ends where the server says so, or where it repeats itself or stays empty: that is told, since a
        # hostile list has no end.
        if not cursor:
            return
        if cursor in cursors or idle == _IDLE_PAGES:
            reason = "the list goes on, but brings nothing new any more: it was not followed further"
            yield Unavailable(url=request.url, reason=reason, found_in=request.found_in)
            return
        cursors.add(cursor)
    reason = f"the list was not followed further than {MOST_PAGES:,} pages: narrow it down with --since or --until"
    yield Unavailable(url=request.url, reason=reason, found_in=request.found_in)


def _ask(
    fetch: Fetch, found_of: Callable[[int], FetchRequest], name: str, login: str, reading: PageReading, *, views: bool
) -> Generator[Unavailable, None, tuple[FetchRequest, RecordPage | None]]:
    """Return a page, in whatever size the server gives it so that it can be read; None where it gives none."""
    while True:
        request = found_of(reading.size)
        answer = fetch.get(request)
        try:
            if (stored := stored_of(answer)) is None:
                raise AnswerUnreadable(refusal(answer, fetch))
            return request, read_page(stored, fetch, name, reading.seen, views=views)
        except AnswerUnreadable as error:
            # A quarter of the size each time, down to one element (100, 25, 6, 1): that finds the one record that a
            # server cannot make.
            last = reading.size == 1 or not may_be_smaller(answer)
            if last or isinstance(error, ReaderFailed):
                reason = f"{error}: {login}" if demands_login(answer) and login else str(error)
                yield Unavailable(url=request.url, reason=reason, found_in=request.found_in)
            if last:
                reading.broke_off = True
                return request, None
            reading.size = max(reading.size // 4, 1)


def may_be_smaller(answer: Answer) -> bool:
    """Whether a server might give fewer elements: what it answered is too much, broken, or its own fault."""
    return answer.status in {_OK, _TOO_LARGE, _FAULT}


def read_page(stored: StoredItem, fetch: Fetch, name: str, seen: set[str], *, views: bool) -> RecordPage:
    """Return a page of the list `name`, without what is in `seen`; adds to `seen`.

    Raises AnswerUnreadable.
    """
    # A cursor may overlap, and a server may repeat itself: what was seen is not taken twice.
    read = page_of(stored, fetch, name, views=views)
    elements, unreadable = list[ListedRecord](), read.unreadable
    for element in read.elements:
        uri = read_at_uri(element.uri)
        unreadable += uri is None
        if uri is not None and element.uri not in seen:
            seen.add(element.uri)
            elements.append(ListedRecord(uri=uri, element=element))
    return RecordPage(
        stored=stored,
        url=stored.item.url,
        elements=tuple(elements),
        unreadable=unreadable,
        cursor=read.cursor,
        problem=read.problem,
    )
