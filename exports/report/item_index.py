"""The items of a bundle by their references, and which others speak of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from exports.format.lookup import Lookup, RecordLookup
from exports.format.manifest import ListedItem

if TYPE_CHECKING:
    from exports.format.bundle_listing import BundleListing, CaptureListing


class ItemIndex:
    """Finds the items of a listing by their references."""

    def __init__(self, listing: BundleListing) -> None:
        self._captures = listing.captures
        self._items = listing.items
        self._numbers: Lookup[str, int] = Lookup(str)
        for number, item in enumerate(self._items):
            self._numbers[item.ref] = number

    def number(self, ref: str) -> int | None:
        """Return which item of all it is, counted from 0; None where it is not here."""
        return self._numbers.get(ref)

    def get(self, ref: str) -> ListedItem | None:
        """Return an item; None where it is not here."""
        number = self._numbers.get(ref)
        return self._items[number] if number is not None else None

    def owner(self, ref: str) -> tuple[int, CaptureListing]:
        """Return the capture of an item, and its number in the bundle, counted from 1. Raises KeyError."""
        part = self._items.part(self._numbers[ref])
        return part + 1, self._captures[part]


class Named(msgspec.Struct, frozen=True, array_like=True):
    """References that are shown together: how many, and the first of them."""

    count: int
    first: tuple[str, ...]


class NamedTogether:
    """Gathers references under names. Of very many under one name, the first are kept, and the others counted."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._named: RecordLookup[Named] = RecordLookup(Named)

    def add(self, name: str, ref: str) -> None:
        """Take a reference under a name."""
        before = self.of(name)
        first = before.first if before.count >= self._most else (*before.first, ref)
        self._named[name] = Named(before.count + 1, first)

    def of(self, name: str) -> Named:
        """Return what was taken under a name."""
        return self._named.get(name) or Named(0, ())

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self._named)
