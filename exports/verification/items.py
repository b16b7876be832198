"""The items of a capture under check, by their references: few of them in memory, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Self

import msgspec

from exports.format.lookup import Lookup
from hashing.case.events import Item

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Item).decode


class Items:
    """Takes items as the ledger names them. Of several under one reference, the last is found by it."""

    def __init__(self) -> None:
        self.count = 0
        self._by_ref: Lookup[str, bytes] = Lookup(str)
        self._excerpts: Lookup[str, bytes] = Lookup(str)

    @classmethod
    def of(cls, items: Iterable[Item]) -> Self:
        """Return these items."""
        found = cls()
        for item in items:
            found.add(item)
        return found

    def add(self, item: Item) -> None:
        """Take an item."""
        self.count += 1
        encoded = _encode(item)
        self._by_ref[item.ref] = encoded
        if item.excerpt is not None:
            self._excerpts[f"{item.excerpt.of}\0{self.count:012d}"] = encoded

    def get(self, ref: str) -> Item | None:
        """Return the item of a reference, None where there is none."""
        found = self._by_ref.get(ref)
        return _decode(found) if found is not None else None

    def __contains__(self, ref: str) -> bool:
        """Say whether there is an item of a reference."""
        return ref in self._by_ref

    def __iter__(self) -> Iterator[Item]:
        """Go through them in the order of their references."""
        return (_decode(encoded) for _, encoded in self._by_ref.pairs())

    def excerpts(self) -> Iterator[tuple[str, Iterator[Item]]]:
        """Yield the reference of each item that others were cut out of, and these; take them before the next."""
        pairs = ((key.rpartition("\0")[0], encoded) for key, encoded in self._excerpts.pairs())
        for of, group in groupby(pairs, key=lambda pair: pair[0]):
            yield of, (_decode(encoded) for _, encoded in group)
