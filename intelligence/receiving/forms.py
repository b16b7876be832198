"""A plain form as it arrives (RFC 7578): texts, and files of any size, in their order; nothing is held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

_MOST_SEGMENTS = 1_000


class BrokenForm(Exception):
    """Bytes that are no form."""


@dataclass(frozen=True, slots=True)
class FormText:
    """What was typed into a field, or the value of the button that was pressed."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file that was chosen; its bytes are to be taken before the next event, or are passed over."""

    name: str
    pieces: Iterator[bytes]


def form_events(kind: str, body: Iterable[memoryview], length: int, longest: int) -> Iterator[FormText | FormFile]:
    """Yield what a form holds; of a text the first `longest` bytes. Raises BrokenForm, and what reading `body` does."""
    media, options = parse_options_header(kind)
    if media != "multipart/form-data" or not options.get("boundary"):
        raise BrokenForm(kind[:100])
    events = _events(PushMultipartParser(options["boundary"], length, max_segment_count=_MOST_SEGMENTS), body)
    for event in events:
        if not isinstance(event, MultipartSegment):
            raise BrokenForm("no segment")
        pieces = _until_end(events)
        if event.filename:
            yield FormFile(event.filename, pieces)
        else:
            text = bytearray()
            for piece in pieces:
                text += piece[: max(0, longest - len(text))]
            yield FormText(event.name, text.decode("utf-8", "replace"))
        # Whoever took the event may have left bytes of it: the next one begins behind them.
        for _ in pieces:
            pass


def _events(parser: PushMultipartParser, body: Iterable[memoryview]) -> Iterator[MultipartSegment | bytes | None]:
    try:
        for piece in body:
            yield from parser.parse(bytes(piece))
        parser.close()
    except MultipartError as error:
        raise BrokenForm(str(error)) from error


def _until_end(events: Iterator[MultipartSegment | bytes | None]) -> Iterator[bytes]:
    for event in events:
        if event is None:
            return
        if isinstance(event, bytes | bytearray):
            yield bytes(event)
