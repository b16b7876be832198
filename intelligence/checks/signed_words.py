"""Whether a file may have content credentials: it is looked through for their words, and not parsed."""

from __future__ import annotations

from typing import BinaryIO

# The boxes that they stand in (JUMBF, ISO 19566-5), and the field of XMP that names where else they stand.
_WORDS = (b"jumb", b"dcterms:provenance")
_PIECE, _OVERLAP = 1 << 20, 32


def may_carry_credentials(file: BinaryIO) -> bool:
    """Say whether one of the words stands anywhere in a file."""
    rest = b""
    file.seek(0)
    while piece := file.read(_PIECE):
        data = rest + piece
        if any(word in data for word in _WORDS):
            return True
        rest = data[-_OVERLAP:]
    return False
