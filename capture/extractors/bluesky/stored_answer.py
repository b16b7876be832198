"""What servers of the AT Protocol answered, read in the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TypeVar

from capture.errors import CaptureError
from capture.extractors.bluesky.said import Document, InRepository, ListPage, LogKey, Proven, Reply, Said, Thread
from capture.request.extractor import Fetch, StoredItem
from hashing.sandbox import NotRead

_READER = "capture.extractors.bluesky.read_answer"
_REASON = "what it answered is stored, but could not be "

T = TypeVar("T")


class AnswerUnreadable(CaptureError):
    """An answer that is stored could not be read: its coding is unknown or broken, or its reader hung or died."""


class ReaderFailed(AnswerUnreadable):
    """The reader hung or died, whatever the answer is: that makes a capture less than complete."""


def members_of(stored: StoredItem, fetch: Fetch, inside: str = "") -> Reply:
    """Return the members of an object, or of the object in it, that are texts. Raises AnswerUnreadable."""
    return _ask(fetch, "members_in", [stored], inside)


def members_of_sample(sample: bytes, fetch: Fetch) -> dict[str, str]:
    """Return the members of an object that a refusal is; none where they cannot be read."""
    if not sample.lstrip().startswith(b"{"):
        return {}
    with suppress(NotRead):  # whoever asks has a refusal to tell of, whatever its words
        return fetch.readers.ask(f"{_READER}:members_of_sample", sample, answer=Reply).members
    return {}


def did_of(stored: StoredItem, fetch: Fetch) -> str:
    """Return the text that should be a DID. Raises AnswerUnreadable."""
    return _ask(fetch, "did_in", [stored]).did


def record_of(stored: StoredItem, fetch: Fetch, uri: str) -> Said:
    """Return what a record says that is stored by itself. Raises AnswerUnreadable."""
    return _got(_ask(fetch, "record_in", [stored], uri).record)


def page_of(stored: StoredItem, fetch: Fetch, name: str, *, views: bool) -> ListPage:
    """Return a page of the list `name`: of records, or of an AppView's views of posts. Raises AnswerUnreadable."""
    return _got(_ask(fetch, "page_in", [stored], name, views).page)


def thread_of(stored: StoredItem, fetch: Fetch) -> Thread:
    """Return a thread. Raises AnswerUnreadable."""
    return _got(_ask(fetch, "thread_in", [stored]).thread)


def document_of(stored: StoredItem, fetch: Fetch, did: str) -> Document:
    """Return what a DID document names. Raises AnswerUnreadable."""
    return _got(_ask(fetch, "document_in", [stored], did).document)


def log_key_of(stored: StoredItem, fetch: Fetch, did: str) -> LogKey:
    """Return the key that the log of a did:plc proves. Raises AnswerUnreadable."""
    return _got(_ask(fetch, "log_key_in", [stored], did).log_key)


def proof_of(car: StoredItem, fetch: Fetch, key: str, uri: str, served: StoredItem | bytes | None) -> Proven:
    """Return what a proof comes to for a record as served, in an item or in a list. Raises AnswerUnreadable."""
    if served is None or isinstance(served, bytes):
        return _got(_ask(fetch, "proof_in", [car], key, uri, served).proven)
    return _got(_ask(fetch, "proof_and_record_in", [car, served], key, uri).proven)


def records_in(repository: StoredItem, fetch: Fetch, collection: str) -> Iterator[InRepository]:
    """Yield the records of one collection in a whole repository. Raises AnswerUnreadable."""
    try:
        named = f"{_READER}:repository_in"
        yield from fetch.readers.stream(named, collection, files=[repository.body], answer=InRepository)
    except NotRead as error:
        raise ReaderFailed(f"{_REASON}read: {error}") from error


def _ask(fetch: Fetch, function: str, stored: list[StoredItem], *arguments: str | bytes | bool | None) -> Reply:
    """Have an answer read, or two that belong together. Raises AnswerUnreadable."""
    codings, files = [each.item.content_encoding for each in stored], [each.body for each in stored]
    try:
        reply = fetch.readers.ask(f"{_READER}:{function}", *codings, *arguments, files=files, answer=Reply)
    except NotRead as error:
        raise ReaderFailed(f"{_REASON}read: {error}") from error
    # The reader hashes what it reads itself: what is judged must be the bytes that the ledger names, and not what lies
    # there now.
    if reply.read != tuple(each.item.sha256 for each in stored):
        raise ReaderFailed(f"{_REASON}read: what lies there are not the bytes that were hashed when they arrived")
    if reply.not_decoded:
        raise AnswerUnreadable(f"{_REASON}decoded")
    return reply


def _got(value: T | None) -> T:
    if value is None:
        raise ReaderFailed(f"{_REASON}read: the reader's answer is not understood")
    return value
