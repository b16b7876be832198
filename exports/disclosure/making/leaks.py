"""Searching what is about to be handed over for what is to be withheld.

What it does not find: values of fewer than four bytes, which stand everywhere; and what is written in another way than
as plain text, JSON, HTML or in an address, such as a place in the numbers of a photo's EXIF, or words in a picture.
"""

from __future__ import annotations

import html
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from exports.errors import NotRedactable
from hashing.case.redaction import read_disclosure

if TYPE_CHECKING:
    from exports.format.tree import EvidenceTree

PIECE = 1 << 20
# Bytes. "a.b" or "12" stand everywhere, and a search that always finds something protects nobody.
_SHORTEST = 4
_MOST = 20  # Places that are named; one is enough to refuse.
# Fields of words that stand everywhere, as `photos`, a folder that was handed in; names of items are searched.
_NOT_SECRET = {"kind", "file", "version", "cipher", "time", "offset", "excerpt", "consent", "given"}
# zlib's window bits for a gzip wrapper.
_GZIP = 31


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is withheld: the word for it, what it is of, and the value as text."""

    word: str
    of: str
    value: str


def secrets_of(of: str, disclosures: Iterable[bytes]) -> Iterator[Secret]:
    """Yield the values in disclosures that are worth searching for."""
    for disclosure in disclosures:
        opening = read_disclosure(disclosure)
        for value in dict.fromkeys(_values(opening.members)):
            if len(value.encode()) >= _SHORTEST:
                yield Secret(opening.word, of, value)


def _values(members: Mapping[str, Any]) -> Iterator[str]:
    if {"name", "value", "tag"} <= members.keys():  # a fact
        yield from _texts(members["value"])
        return
    for name, value in members.items():
        if name in _NOT_SECRET or (name == "found_in" and "://" not in str(value)):
            continue  # `img src`: words that stand on every page
        yield from _texts(value)
        if name == "path":
            yield str(value).rpartition("/")[2]


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        yield from _values(value)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value.partition("://")[2] if "://" in value else value
    elif isinstance(value, float):
        yield repr(value)


class LeakSearch:
    """Looks for secrets in files, one after the other, a piece at a time; `demand_none` refuses where any was found."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._needles = {needle: secret for secret in secrets for needle in _written(secret.value)}
        self._overlap = max(map(len, self._needles), default=1) - 1
        self._found: dict[tuple[str, Secret], None] = {}

    def look(self, name: str, pieces: Iterable[bytes]) -> None:
        """Look at a file's name, into the file, and into what it holds where it is compressed."""
        self._look(name, [name.encode("utf-8", "surrogateescape")])
        if name.endswith(".gz"):
            pieces = list(pieces)
            self._look(name, _unpacked(b"".join(pieces)))
        self._look(name, pieces)

    def look_through(self, tree: EvidenceTree) -> None:
        """Look into every file of a bundle. Raises NotCheckable."""
        for name in tree.kinds():
            with tree.open(name) as file:
                self.look(name, iter(lambda: file.read(PIECE), b""))

    def demand_none(self) -> None:
        """Raise NotRedactable where anything was found, naming where."""
        if not self._found:
            return
        # Shown to the officer, who knows these values: without them the place could not be found.
        told = [f"{name}: {secret.word} of {secret.of}: {secret.value[:80]!r}" for name, secret in self._found]
        listed = "".join(f"\n  {each}" for each in [*told[:_MOST], *(["…"] if len(told) > _MOST else [])])
        raise NotRedactable(
            f"what is to be withheld would still be told; nothing was handed over{listed}",
            hint="withhold what tells it as well (content: the bytes, url: the address), or leave the item out; "
            "an officer can hand over under another name, with --officer",
        )

    def _look(self, name: str, pieces: Iterable[bytes]) -> None:
        rest = b""
        for piece in pieces:
            data = rest + piece
            for needle, secret in self._needles.items():
                if needle in data:
                    self._found[name, secret] = None
            rest = data[-self._overlap :] if self._overlap else b""


def _written(value: str) -> set[bytes]:
    """Return the ways in which a text is written in plain text, JSON, HTML and addresses."""
    ways = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], html.escape(value)}
    return {each.encode() for each in {*ways, quote(value)}}


def _unpacked(data: bytes) -> Iterator[bytes]:
    """Yield what gzip members hold, one after the other."""
    while data:
        unpacker = zlib.decompressobj(_GZIP)
        yield unpacker.decompress(data)
        data = unpacker.unused_data
