"""The little of DER (ITU-T X.690) that it takes to walk through a signed token: tags, lengths, values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hashing.ledger.trusted_time.errors import NotValid

# Identifier octets of X.690, section 8.1.2; bit 6 marks what has further elements in it.
INTEGER, OCTETS, OID, SEQUENCE, SET = 0x02, 0x04, 0x06, 0x30, 0x31
CONTEXT = 0xA0  # Tag of a constructed element in context; the number is added.

# X.690, sections 8.1.3.5 and 8.1.2.4: a length of several octets, and a tag above 30, which no token has.
_LONG = 0x80
_MANY_TAGS = 0x1F
_MOST_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class DerElement:
    """One element: its tag, its content, and all its bytes."""

    tag: int
    content: bytes
    whole: bytes

    def children(self) -> list[DerElement]:
        """Return the elements that the content is made of. Raises NotValid."""
        return elements(self.content)


def elements(data: bytes) -> list[DerElement]:
    """Return the elements that stand one behind the other in `data`. Raises NotValid."""
    found, offset = [], 0
    while offset < len(data):
        element = _element(data, offset)
        found.append(element)
        offset += len(element.whole)
    return found


def child(parents: Sequence[DerElement], index: int, tag: int) -> DerElement:
    """Return the element at a place that must have this tag. Raises NotValid."""
    if index >= len(parents) or parents[index].tag != tag:
        raise NotValid(f"not a token: no element of tag {tag:#04x} where one must be")
    return parents[index]


def _element(data: bytes, offset: int) -> DerElement:
    try:
        tag, length, start = data[offset], data[offset + 1], offset + 2
        if length & _LONG:
            count = length & ~_LONG
            if not 0 < count <= _MOST_LENGTH_BYTES:
                raise NotValid("not a token: a length that DER does not have")
            length, start = int.from_bytes(data[start : start + count], "big"), start + count
    except IndexError as error:
        raise NotValid("not a token: cut off") from error
    if tag & _MANY_TAGS == _MANY_TAGS or start + length > len(data):
        raise NotValid("not a token: an element that does not end, or of an unknown tag")
    return DerElement(tag, data[start : start + length], data[offset : start + length])
