"""Bodies of items, put back behind the heads of their exchanges.

The captured WARC keeps the head of such a response, and its body stands in an item file. A record with both is derived,
and says of which captured record it is the whole. Where the body came in chunks it stands in chunks again, of another
length than on the wire, which nothing recorded.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

from exports.bundle.opened_bundle import PIECE, OpenedBundle
from exports.format.cdxj import CdxjPlace, cdx_time, encode_entry
from exports.format.lookup import Lookup, RecordLookup
from exports.format.manifest import ListedItem
from exports.forms.wacz.archive import Bodiless
from hashing.warc.record import DEFLATED, encode_record, stream_record

_KEPT = (
    ("warc-target-uri", "WARC-Target-URI"),
    ("warc-date", "WARC-Date"),
    ("warc-ip-address", "WARC-IP-Address"),
    ("warc-protocol", "WARC-Protocol"),
    ("warc-cipher-suite", "WARC-Cipher-Suite"),
    ("content-type", "Content-Type"),
)


def restored_records(
    bundle: OpenedBundle, filename: str, whole: Iterable[tuple[Bodiless, ListedItem]], index: Lookup[str, int]
) -> Iterator[bytes]:
    """Yield a WARC file in pieces: a record for each of these, with its body from the item file.

    Each record's line goes into `index`, with whether all of the answer is here. Raises NotWhole, NotCheckable.
    """
    info = file_info(bundle, filename, "bodies of items, put back behind the heads as captured")
    yield info
    end = len(info)
    for bodiless, item in whole:
        # Where a record begins is known only by what was written before it, and how long it is only once it is
        # compressed: so its line of the index comes after it.
        offset = end
        for piece in restored_record(bundle, bodiless, item):
            end += len(piece)
            yield piece
        time = cdx_time(bodiless.fields.get("warc-date", ""))
        if time:
            line = encode_entry(time, _place(bodiless, item, filename, offset, end - offset))
            index[line.decode()] = not item.partial


def _place(bodiless: Bodiless, item: ListedItem, filename: str, offset: int, length: int) -> CdxjPlace:
    return CdxjPlace(
        url=bodiless.fields.get("warc-target-uri", ""),
        mime=bodiless.mime,
        status=bodiless.status,
        digest=f"sha256:{item.sha256}",
        length=str(length),
        offset=str(offset),
        filename=filename,
        method=bodiless.method,
        asked=bodiless.asked,
    )


def derived_id(*names: str) -> str:
    """Return a WARC-Record-ID that is the same each time, from what the record is derived from (RFC 9562)."""
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, chr(10).join(('urn:goldenhour:wacz', *names)))}>"


def file_info(bundle: OpenedBundle, filename: str, description: str) -> bytes:
    """Return the record that opens a derived WARC file."""
    lines = {"software": bundle.manifest.exported.tool, "format": "WARC File Format 1.1", "description": description}
    fields = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", derived_id(bundle.fingerprint, filename)),
        ("WARC-Date", bundle.manifest.exported.time),
        ("WARC-Filename", filename),
        ("Content-Type", "application/warc-fields"),
    ]
    # On one line each: a name with a line break in it would write fields of its own.
    block = "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in lines.items())
    return encode_record(fields, [block.encode()], DEFLATED)


def items_by_record(bundle: OpenedBundle) -> RecordLookup[ListedItem]:
    """Return the items whose bytes are the body of an exchange, by its record's id."""
    found: RecordLookup[ListedItem] = RecordLookup(ListedItem)
    for item in bundle.entries():
        if (
            isinstance(item, ListedItem)
            and item.response
            and item.response.warc
            and item.excerpt is None
            and bundle.files.holds(item.path)
        ):
            found[item.response.warc.record] = item
    return found


def restored_record(bundle: OpenedBundle, bodiless: Bodiless, item: ListedItem) -> Iterator[bytes]:
    """Yield a captured answer as a record with its body, in pieces. Raises NotWhole, NotCheckable."""
    captured = bodiless.fields.get("warc-record-id", "")
    fields = [
        ("WARC-Type", bodiless.fields["warc-type"]),
        ("WARC-Record-ID", derived_id(captured, item.sha256)),
        ("WARC-Concurrent-To", captured),
        *((name, bodiless.fields[low]) for low, name in _KEPT if low in bodiless.fields),
    ]
    if item.partial:
        fields.append(("WARC-Truncated", "disconnect"))
    # A digest of the payload would be of the chunks, as some tools read it, and of the body, as others do: none is
    # stated.
    if not bodiless.chunked:
        fields.append(("WARC-Payload-Digest", f"sha256:{item.sha256}"))
    size = _chunked_size(item.size) if bodiless.chunked else item.size
    pieces = bundle.files.pieces(item.path)
    body = _chunks(pieces) if bodiless.chunked else pieces
    yield from stream_record(fields, _behind(bodiless.head, body), len(bodiless.head) + size)


def _behind(head: bytes, body: Iterable[bytes]) -> Iterator[bytes]:
    yield head
    yield from body


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a body in chunks (RFC 9112 section 7.1), whose length the size of a piece is."""
    for piece in pieces:
        yield b"%x\r\n" % len(piece)
        yield piece
        yield b"\r\n"
    yield b"0\r\n\r\n"


def _chunked_size(size: int) -> int:
    """Return the length of a body of `size` bytes in chunks of PIECE."""
    full, rest = divmod(size, PIECE)
    frames = [PIECE] * full + ([rest] if rest else [])
    return size + sum(len(b"%x\r\n\r\n" % length) for length in frames) + len(b"0\r\n\r\n")
