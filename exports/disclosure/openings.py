"""Openings: the disclosures that were withheld from a bundle, kept beside it, so that they can be shown later.

Each is checked against the digest that stands in the bundle; so an opening can be handed over alone, and a false one
is found.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from exports.errors import NotRedactable
from hashing.errors import BadFormat
from hashing.files.storage import read_named

FORMAT = "goldenhour-openings/1"
LARGEST = 48 << 20  # Bytes.


class LineOpening(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was withheld of one line: `line` is its index in the capture's ledger, `of` the item that it tells of."""

    capture: str
    line: int
    of: str
    withheld: tuple[str, ...]  # Disclosures, as they are hashed.


class Openings(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The content of an openings file."""

    format: str
    case: str
    bundle: str
    openings: tuple[LineOpening, ...]


def write_openings(openings: Openings) -> bytes:
    """Write an openings file. Raises NotRedactable where it would be larger than what is read of one."""
    data = msgspec.json.format(msgspec.json.encode(openings), indent=2) + b"\n"
    if len(data) > LARGEST:
        raise NotRedactable(
            f"what is withheld fills more than {LARGEST >> 20} MiB, which no file of openings may be",
            hint="disclose fewer items at once",
        )
    return data


def load_openings(path: Path) -> Openings:
    """Read an openings file. Raises BadFormat, Unreadable."""
    return parse_openings(read_named(path, LARGEST), str(path))


def parse_openings(data: bytes, name: str) -> Openings:
    """Read the content of an openings file. Raises BadFormat."""
    try:
        openings = msgspec.json.decode(data, type=Openings)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFormat(f"{name}: not a file of openings: {error}") from error
    if openings.format != FORMAT:
        raise BadFormat(f"{name}: not a file of openings that this goldenhour knows")
    return openings
