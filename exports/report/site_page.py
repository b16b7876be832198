"""A page of the report before it is rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exports.format.manifest import ListedItem


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePage:
    """A page: its name below `data`, its template and heading, and what it shows.

    `section` is the first page of the part of the report that it belongs to; `siblings` are all pages of that part.
    `pictures` are the photos of which it shows a small copy.
    """

    name: str
    template: str
    title: str
    section: str
    values: Mapping[str, Any] = field(default_factory=dict)
    siblings: Sequence[str] = ()
    scripted: bool = False
    pictures: Sequence[ListedItem] = ()
