"""A bundle as one WARC file (ISO 28500), for tools that read nothing else: all exchanges, each with its body."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from exports.bundle.opened_bundle import PIECE, OpenedBundle
from exports.errors import NotCheckable, NothingToExport
from exports.format.manifest import ListedItem
from exports.forms.wacz.archive import bodiless_record, read_answers
from exports.forms.wacz.bodies import file_info, items_by_record, restored_record
from exports.forms.wacz.write import exchange_files
from hashing.errors import BadFormat

# The file's name in its first record: whatever it is called later, the same bundle gives the same bytes.
_NAME = "exchanges.warc.gz"


def warc_pieces(bundle: OpenedBundle) -> Iterator[bytes]:
    """Yield the WARC in pieces. A record whose body stands in an item file comes with it, all others as captured.

    Raises NothingToExport, NotWhole, NotCheckable.
    """
    files = exchange_files(bundle)
    if not files:
        raise NothingToExport(
            f"{bundle.files.path}: holds no exchanges, and a WARC is made of nothing else",
            hint="write it as csv or case-uco; or disclose the items with their exchanges",
        )
    items = items_by_record(bundle)
    # First, as a warcinfo speaks of all that follows it (WARC 1.1, section 6.2).
    yield file_info(bundle, _NAME, "all exchanges of a bundle, bodies put back from the files of their items")
    for name in (each for names in files.values() for each in names):
        try:
            yield from _records(bundle, name, items)
        except (BadFormat, OSError) as error:
            raise NotCheckable(f"{bundle.files.path}: {name}: {error}") from error


def _records(bundle: OpenedBundle, name: str, items: Mapping[str, ListedItem]) -> Iterator[bytes]:
    """Yield the records of an exchange file, which is hashed on the way."""
    files, digest = bundle.files, hashlib.sha256()
    with files.tree.open(name) as read, files.tree.open(name) as copied:
        # Opened twice: one reads ahead to a record's end and knows what it is, the other then copies its bytes as they
        # stand.
        for record, block in read_answers(read):
            bodiless = bodiless_record(record, block) if block is not None else None
            item = items.get(record.record_id) if bodiless is not None else None
            for piece in _span(copied, record.end - record.offset):
                digest.update(piece)
                if item is None:
                    yield piece
            if bodiless is not None and item is not None:
                yield from restored_record(bundle, bodiless, item)
    # Only at the end is it known that these were the bytes of the manifest; the output is a draft until then.
    files.demand(name, digest.hexdigest())


def _span(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size and (piece := file.read(min(size, PIECE))):
        size -= len(piece)
        yield piece
