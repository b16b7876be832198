"""What one WARC file holds, for the index: where each response stands, and those whose body stands elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from exports.format.cdxj import CdxjPlace, cdx_time, encode_entry
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


def read_archive(file: BinaryIO, filename: str) -> Iterator[bytes | Bodiless]:
    """Yield a line of the index for each answer in a WARC, and a Bodiless for each without its body.

    Raises BadFormat, NotCheckable, OSError.
    """
    for record, block in read_answers(file):
        if block is None:
            continue
        if (bodiless := bodiless_record(record, block)) is not None:
            yield bodiless
        elif cdx_time(record.fields.get("warc-date", "")):
            yield _line(record, block, filename)


def read_answers(file: BinaryIO) -> Iterator[tuple[WarcRecord, HttpBlock | None]]:
    """Yield every record of a WARC, with the HTTP message in it where it is an answer. Raises BadFormat, OSError."""
    seen: list[HttpBlock] = []

    def _watch(fields: dict[str, str]) -> Callable[[bytes], object] | None:
        if fields.get("warc-type") not in _ANSWERS:
            return None
        # A resource record has the body alone, without the head of an answer (WARC 1.1, section 6.4).
        seen[:] = [HttpBlock(headless=fields["warc-type"] == "resource")]
        return seen[0].update

    for record in read_records(file, _watch):
        yield record, seen[0] if record.fields.get("warc-type") in _ANSWERS else None


def bodiless_record(record: WarcRecord, block: HttpBlock) -> Bodiless | None:
    """Return what is to be known of an answer whose body stands in an item file, None where it stands here."""
    if BODY_FILE.lower() not in record.fields:
        return None
    return Bodiless(record.fields, block.head, block.chunked, block.status, _mime(record.fields, block))


def _line(record: WarcRecord, block: HttpBlock, filename: str) -> bytes:
    fields = record.fields
    place = CdxjPlace(
        url=fields.get("warc-target-uri", ""),
        mime=_mime(fields, block),
        status=block.status,
        digest=f"sha256:{block.body.sha256}",
        length=str(record.end - record.offset),
        offset=str(record.offset),
        filename=filename,
    )
    return encode_entry(cdx_time(fields["warc-date"]), place)


def _mime(fields: dict[str, str], block: HttpBlock) -> str:
    stated = block.field("Content-Type") if block.head else fields.get("content-type", "")
    mime = stated.partition(";")[0].strip().lower()
    return mime if _MIME.fullmatch(mime) else ""
