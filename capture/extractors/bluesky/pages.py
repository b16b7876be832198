"""Lists that come page by page, each with the cursor of the next (https://atproto.com/specs/xrpc#cursors-and-pagination)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from capture.extractors.bluesky.at_uri import read_at_uri
from capture.extractors.bluesky.xrpc import body_of, demands_login, refusal
from capture.extractors.json_value import mapping
from capture.extractors.served_json import NotJson, ServedJson
from capture.request.extractor import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capture.extractors.bluesky.at_uri import AtUri
    from capture.extractors.served_json import JsonSpan
    from capture.request.extractor import Answer, Fetch, FetchRequest, StoredItem

MOST_PAGES = 2000
LARGEST_PAGE = 100
"""Elements that a server gives at the most."""
_OK, _TOO_LARGE, _FAULT = 200, 413, 500
_IDLE_PAGES = 3
"""Pages in a row without anything new, after which a list is taken to have ended. (An AppView leaves posts out of a
page that it does not show, so one page may well be empty.)"""
_LONGEST_CURSOR = 4096
_MOST_ELEMENTS = 1000
"""Taken of one page; asked for are a hundred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRecord:
    """One element of a list that names a record, and the bytes in which it was served."""

    uri: AtUri
    value: object
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """One page: the elements that no earlier one had, how many had no form that could be read, and why no more were."""

    stored: StoredItem
    url: str
    elements: tuple[ListedRecord, ...]
    unreadable: int
    problem: str = ""


@dataclass(slots=True)
class PageReading:
    """How far a list was read."""

    seen: set[str] = field(default_factory=set)
    """The URIs of its elements."""
    broke_off: bool = False
    """Whether the server gave no page where the list goes on, or may go on."""


def pages(
    fetch: Fetch,
    found_of: Callable[[str, int], FetchRequest],
    name: str,
    login: str,
    reading: PageReading | None = None,
) -> Iterator[RecordPage | Unavailable]:
    """Yield a list's pages; what cuts it short is yielded in their place.

    `found_of` makes the request of a cursor, "" for the first, and a number of elements; `name` is the list's field in
    the answer; `login` says what to do where the server answers only those who log in. A page that is too large, or
    that the server fails to make, is asked for in smaller ones: one element then costs no other.
    """
    reading = reading or PageReading()
    cursor, cursors, idle, size = "", {""}, 0, LARGEST_PAGE
    for _ in range(MOST_PAGES):
        found = found_of(cursor, size)
        answer = fetch.get(found)
        body = body_of(answer)
        while body is None and size > 1 and may_be_smaller(answer):
            size = max(size // 4, 1)
            found = found_of(cursor, size)
            answer = fetch.get(found)
            body = body_of(answer)
        if body is None:
            reading.broke_off = True
            reason = f"{refusal(answer)}: {login}" if demands_login(answer) and login else refusal(answer)
            yield Unavailable(url=found.url, reason=reason, found_in=found.found_in)
            return
        page, cursor = read_page(body.data, body.stored, name, reading.seen)
        idle = 0 if page.elements else idle + 1
        if page.elements or page.unreadable:
            yield page
        if page.problem:
            reading.broke_off = True
            reason = f"the list is stored, but was not read to its end: {page.problem}"
            yield Unavailable(url=found.url, reason=reason, found_in=found.found_in)
        if not cursor:
            return
        if cursor in cursors or idle == _IDLE_PAGES:
            reason = "the list goes on, but brings nothing new any more: it was not followed further"
            yield Unavailable(url=found.url, reason=reason, found_in=found.found_in)
            return
        cursors.add(cursor)
    reason = f"the list was not followed further than {MOST_PAGES:,} pages: narrow it down with --since or --until"
    yield Unavailable(url=found.url, reason=reason, found_in=found.found_in)


def may_be_smaller(answer: Answer) -> bool:
    """Whether a server might give fewer elements: what it answered is too much, broken, or its own fault."""
    return answer.status in {_OK, _TOO_LARGE, _FAULT}


def read_page(body: bytes, stored: StoredItem, name: str, seen: set[str]) -> tuple[RecordPage, str]:
    """Return a page of the list `name`, without what is in `seen`, and the cursor of the next; adds to `seen`."""
    served = ServedJson(body)
    cursor, elements, unreadable, problem = "", list[ListedRecord](), 0, ""
    try:
        for member, piece in served.members(served.root):
            if member == "cursor" and isinstance(piece.value, str):
                cursor = piece.value[:_LONGEST_CURSOR]
            if member == name:
                for count, each in enumerate(served.elements(piece)):
                    if count == _MOST_ELEMENTS:
                        problem = f"it has more than {_MOST_ELEMENTS:,} elements"
                        break
                    element = _element(served, each)
                    unreadable += element is None
                    if element is not None and str(element.uri) not in seen:
                        seen.add(str(element.uri))
                        elements.append(element)
    except NotJson as error:
        problem = str(error)
    url = stored.item.url
    page = RecordPage(stored=stored, url=url, elements=tuple(elements), unreadable=unreadable, problem=problem)
    return page, cursor


def _element(served: ServedJson, piece: JsonSpan) -> ListedRecord | None:
    uri = read_at_uri(mapping(piece.value).get("uri"))
    if uri is None:
        return None
    offset, data = served.served(piece)
    return ListedRecord(uri=uri, value=piece.value, offset=offset, data=data)
