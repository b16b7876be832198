"""What one WARC file holds, for the index: where each response stands, and those whose body stands elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from exports.format.cdxj import CdxjPlace, cdx_time, encode_entry
from exports.forms.wacz.asked import RequestBlock
from hashing.warc.http_block import HttpBlock
from hashing.warc.record import BODY_FILE, WarcRecord, read_records

# Without ";", which would begin a parameter; an index has the type alone.
_MIME = re.compile(r"[\x21-\x3a\x3c-\x7e]{1,100}")
_ANSWERS = {"response", "resource"}


@dataclass(frozen=True, slots=True)
class Bodiless:
    """A record of which only the head was kept, because its body stands in an item file."""

    fields: dict[str, str]
    head: bytes
    chunked: bool
    status: str
    mime: str
    method: str = ""  # How it was asked for, where that was not by GET.
    asked: str = ""  # What was sent along, as a query.


@dataclass(frozen=True, slots=True)
class Indexed:
    """A line of the index, and whether all of the answer is here."""

    line: bytes
    whole: bool


def read_archive(file: BinaryIO, filename: str) -> Iterator[Indexed | Bodiless]:
    """Yield a line of the index for each answer in a WARC, and a Bodiless for each without its body.

    Raises BadFormat, NotCheckable, OSError.
    """
    waiting: tuple[WarcRecord, HttpBlock] | None = None
    # The request stands behind its answer.
    for record, block in _read(file):
        is_request = isinstance(block, RequestBlock)
        if waiting is not None:
            own = is_request and record.fields.get("warc-concurrent-to") == waiting[0].record_id
            yield from _listed(*waiting, filename, *(block.asked() if own and isinstance(block, RequestBlock) else ()))
        waiting = (record, block) if isinstance(block, HttpBlock) else None
    if waiting is not None:
        yield from _listed(*waiting, filename)


def _listed(
    record: WarcRecord, block: HttpBlock, filename: str, method: str = "", asked: str = ""
) -> Iterator[Indexed | Bodiless]:
    if (bodiless := bodiless_record(record, block)) is not None:
        yield replace(bodiless, method=method, asked=asked)
    elif cdx_time(record.fields.get("warc-date", "")):
        yield Indexed(_line(record, block, filename, method, asked), not block.is_piece(record.fields))


def read_answers(file: BinaryIO) -> Iterator[tuple[WarcRecord, HttpBlock | None]]:
    """Yield every record of a WARC, with the HTTP message in it where it is an answer. Raises BadFormat, OSError."""
    for record, block in _read(file):
        yield record, block if isinstance(block, HttpBlock) else None


def _read(file: BinaryIO) -> Iterator[tuple[WarcRecord, HttpBlock | RequestBlock | None]]:
    seen: list[HttpBlock | RequestBlock | None] = [None]

    def _watch(fields: dict[str, str]) -> Callable[[bytes], object] | None:
        kind = fields.get("warc-type")
        # A resource record has the body alone, without the head of an answer (WARC 1.1, section 6.4).
        block = HttpBlock(headless=kind == "resource") if kind in _ANSWERS else RequestBlock()
        seen[0] = block if kind in {*_ANSWERS, "request"} else None
        return block.update if seen[0] is not None else None

    for record in read_records(file, _watch):
        yield record, seen[0]


def bodiless_record(record: WarcRecord, block: HttpBlock) -> Bodiless | None:
    """Return what is to be known of an answer whose body stands in an item file, None where it stands here."""
    if BODY_FILE.lower() not in record.fields:
        return None
    return Bodiless(record.fields, block.head, block.chunked, block.status, _mime(record.fields, block))


def _line(record: WarcRecord, block: HttpBlock, filename: str, method: str, asked: str) -> bytes:
    fields = record.fields
    place = CdxjPlace(
        url=fields.get("warc-target-uri", ""),
        mime=_mime(fields, block),
        status=block.status,
        digest=f"sha256:{block.body.sha256}",
        length=str(record.end - record.offset),
        offset=str(record.offset),
        filename=filename,
        method=method,
        asked=asked,
    )
    return encode_entry(cdx_time(fields["warc-date"]), place)


def _mime(fields: dict[str, str], block: HttpBlock) -> str:
    stated = block.field("Content-Type") if block.head else fields.get("content-type", "")
    mime = stated.partition(";")[0].strip().lower()
    return mime if _MIME.fullmatch(mime) else ""
