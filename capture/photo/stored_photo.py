"""A photo that is stored, examined in the sandbox."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from capture.photo import names
from capture.photo.text import BROKEN, NO_TRAILER
from capture.recorder.reading import PHOTO_READER
from hashing.case.facts import Fact
from hashing.printable import printable
from hashing.sandbox import NotRead, Readers

_MOST_FACTS = 300
_LONGEST_TEXT = 12_000
_LONGEST_NAME = 200
_PIXEL = 16
_LARGEST_NUMBER = 1 << 53  # Beyond this, numbers are not exact in JSON (RFC 8785).


def photo_facts(readers: Readers, path: Path) -> tuple[Fact, ...]:
    """Return what a photo states about itself; what cannot be read of it is a fact as well. Raises NotRead."""
    facts = readers.ask(PHOTO_READER, files=[path], answer=tuple[Fact, ...])
    # The reader runs on hostile bytes: what it answers is judged like these, and made printable here.
    if len(facts) > _MOST_FACTS or not all(map(_bounded, facts)):
        raise NotRead("the reader's answer is out of bounds")
    return tuple(
        Fact(
            printable(fact.name),
            printable(fact.value) if isinstance(fact.value, str) else fact.value,
            printable(fact.tag),
        )
        for fact in facts
    )


def not_whole(facts: Iterable[Fact]) -> str:
    """Return why a photo is not the whole of itself, by its facts; "" for one that is, and for a pixel that counts."""
    values = {fact.name: fact.value for fact in facts}
    sides = [value for name in (names.WIDTH, names.HEIGHT) if isinstance(value := values.get(name), int)]
    if len(sides) == 2 and max(sides) <= _PIXEL:  # noqa: PLR2004 - width and height
        return ""
    structure, picture = (
        str(values.get(name, "")).removeprefix(names.COULD_NOT_BE_READ)
        for name in (names.FILE_STRUCTURE, names.PICTURE_DATA)
    )
    return structure.removeprefix(NO_TRAILER) or (picture if picture.startswith(BROKEN) else "")


def _bounded(fact: Fact) -> bool:
    short = max(len(fact.name), len(fact.tag)) <= _LONGEST_NAME
    return short and (
        len(fact.value) <= _LONGEST_TEXT if isinstance(fact.value, str) else abs(fact.value) <= _LARGEST_NUMBER
    )
