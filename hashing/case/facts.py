"""A fact that an item states about itself, and where it states it."""

from __future__ import annotations

import msgspec


class Fact(msgspec.Struct, frozen=True, gc=False):
    """One thing that a photo or a page says about itself; `tag` names the place that says it.

    A fact is a claim by whoever made the file, not a finding of ours.
    """

    name: str
    value: str | int | float | bool
    tag: str
