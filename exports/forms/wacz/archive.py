"""What one WARC file holds, for the index: where each response stands, and those whose body stands elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exports.format.cdxj import CdxjPlace, encode_entry, stamp
from hashing.warc.http_block import HttpBlock
from hashing.warc.record import read_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from hashing.warc.record import WarcRecord

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
    seen: list[HttpBlock] = []

    def _watch(fields: dict[str, str]) -> Callable[[bytes], object] | None:
        if fields.get("warc-type") not in _ANSWERS:
            return None
        seen[:] = [HttpBlock(headless=fields["warc-type"] == "resource")]
        return seen[0].update

    for record in read_records(file, _watch):
        kind, fields = record.fields.get("warc-type"), record.fields
        if kind not in _ANSWERS:
            continue
        if fields.get("warc-truncated") == "length":
            yield Bodiless(fields, seen[0].head, seen[0].chunked, seen[0].status, _mime(fields, seen[0]))
        elif stamp(fields.get("warc-date", "")):
            yield _line(record, seen[0], filename)


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
    return encode_entry(stamp(fields["warc-date"]), place)


def _mime(fields: dict[str, str], block: HttpBlock) -> str:
    stated = block.field("Content-Type") if block.head else fields.get("content-type", "")
    mime = stated.partition(";")[0].strip().lower()
    return mime if _MIME.fullmatch(mime) else ""
