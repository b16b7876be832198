"""Checking excerpts: a post that was cut out of a list of posts is, byte for byte, what stands there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from exports.errors import NotCheckable
from exports.format.unpacked import unpacked
from exports.verification.check import Check
from exports.verification.items import Items
from hashing.case.events import Item
from hashing.warc.content_coding import PIECE

_LARGEST = 64 << 20  # Bytes of a list of posts, unpacked, that are read to check what was cut out of it.


def check_excerpts(check: Check, prefix: str, items: Items) -> None:
    """Compare every excerpt of one capture with the item that it was cut out of, one list in memory at a time."""
    for ref, excerpts in items.excerpts():
        whole = items.get(ref)
        if whole is None or whole.excerpt is not None:
            for item in excerpts:
                check.problem(f"{prefix}{item.path}", f"an excerpt of {ref}, which the ledger does not hold")
        elif check.is_file(f"{prefix}{whole.path}"):  # a file that is missing is named as such
            _compare(check, prefix, whole, excerpts)


def _compare(check: Check, prefix: str, whole: Item, excerpts: Iterable[Item]) -> None:
    try:
        body = memoryview(_body(check, f"{prefix}{whole.path}", whole))
    except NotCheckable as error:
        check.unchecked(f"{prefix}{whole.path}", str(error))
        return
    for item in excerpts:
        offset = item.excerpt.offset if item.excerpt is not None else 0
        if hashlib.sha256(body[max(offset, 0) :][: item.size]).hexdigest() != item.sha256:
            reason = f"not what stands in {whole.path} from byte {offset} on"
            check.problem(f"{prefix}{item.path}", reason)
        if item.exchange != whole.exchange:
            check.problem(f"{prefix}{item.path}", f"did not come with {whole.ref}, which it was cut out of")


def _body(check: Check, name: str, whole: Item) -> bytes:
    """Return a list's body without its content coding. Raises NotCheckable."""
    body = bytearray()
    with check.tree.open(name) as file:
        for piece in unpacked(iter(lambda: file.read(PIECE), b""), whole.content_encoding):
            body += piece
            if len(body) > _LARGEST:
                raise NotCheckable(f"larger than {_LARGEST >> 20} MiB: its excerpts were not compared with it")
    return bytes(body)
