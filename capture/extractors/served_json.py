"""JSON as it was served: what each value says, and at which bytes it stands, so that it can be taken out unchanged.

The decoder is Python's own and not msgspec's, which loses a whole list to one unpaired surrogate in one post. Bytes
that are no UTF-8 and unpaired surrogates reach the values as lone surrogates; `json_value` makes them harmless.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from capture.errors import CaptureError


class NotJson(CaptureError):
    """A body is not JSON, or not to its end."""


class NotReadable(NotJson):
    """A body could not be read, whatever it is: its reader hung or died, which makes a capture less than complete."""


_SPACE = re.compile(r"[ \t\r\n\ufeff]*")
# Linear on any input: a string that does not end goes on to the end, and nothing is gone back over.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
# Digits: a 64-bit integer has 19, and Python takes time that grows with the square of them.
_LONGEST_NUMBER = 20
_LARGEST = 1 << 63
_BLOCK = 4096  # Characters that are counted again to find the byte at which one of them stands.


def _integer(digits: str) -> int:
    """Read an integer; Python's own reading of a very long one takes time, or is refused."""
    return int(digits) if len(digits) <= _LONGEST_NUMBER else (-_LARGEST if digits[0] == "-" else _LARGEST)


_decoder = json.JSONDecoder(parse_int=_integer, parse_constant=lambda _: None, strict=False)


# How far a value that is nested too deeply is read part by part: a post in a list, its record, the record's fields.
_LEVELS = 4


@dataclass(frozen=True, slots=True)
class JsonSpan:
    """A value in a JSON text, from character `start` to `end`; None stands in it for what is nested too deeply."""

    value: object
    start: int
    end: int


class ServedJson:
    """One body. Its pieces are found as they are asked for; a body that breaks off gives what stands before that."""

    def __init__(self, body: bytes) -> None:
        self._text = body.decode("utf-8", "surrogateescape")
        self._ascii = len(self._text) == len(body)
        # The whole body; what it says is not looked at.
        self.root = JsonSpan(None, self._past_space(0), len(self._text))

    def whole(self) -> JsonSpan:
        """Return the whole body with what it says. Raises NotJson."""
        return self._piece(self.root.start)

    def elements(self, of: JsonSpan, levels: int = _LEVELS) -> Iterator[JsonSpan]:
        """Yield the elements of an array, in order. Raises NotJson where it is none, or breaks off."""
        at = self._after(of.start, "[")
        while not self._closes(at, "]"):
            piece = self._piece(at, levels)
            yield piece
            at = self._next(piece.end, "]")

    def members(self, of: JsonSpan, levels: int = _LEVELS) -> Iterator[tuple[str, JsonSpan]]:
        """Yield the members of an object, in order. Raises NotJson where it is none, or breaks off."""
        at = self._after(of.start, "{")
        while not self._closes(at, "}"):
            name = self._piece(at)
            if not isinstance(name.value, str):
                raise NotJson(f"not JSON at character {at:,}: a name was expected")
            piece = self._piece(self._after(self._past_space(name.end), ":"), levels)
            yield name.value, piece
            at = self._next(piece.end, "}")

    def member(self, of: JsonSpan, name: str) -> JsonSpan | None:
        """Return a member of an object, the last of its name; None where there is none, or this is no object."""
        found = None
        try:
            for each, piece in self.members(of):
                found = piece if each == name else found
        except NotJson:
            return found
        return found

    def served(self, piece: JsonSpan) -> tuple[int, bytes]:
        """Return the bytes of a piece, and where in the body they begin."""
        data = self._text[piece.start : piece.end].encode("utf-8", "surrogateescape")
        if self._ascii:
            return piece.start, data
        block, rest = divmod(piece.start, _BLOCK)
        before = self._text[piece.start - rest : piece.start]
        return self._offsets[block] + len(before.encode("utf-8", "surrogateescape")), data

    @cached_property
    def _offsets(self) -> list[int]:
        """Where in the body each block of characters begins: pieces may be asked for in any order."""
        blocks = range(0, len(self._text) + 1, _BLOCK)
        sizes = (len(self._text[at : at + _BLOCK].encode("utf-8", "surrogateescape")) for at in blocks)
        return list(itertools.accumulate(sizes, initial=0))

    def piece(self, at: int) -> JsonSpan:
        """Return the value that begins at a character. Raises NotJson where none does, or it breaks off."""
        return self._piece(at, _LEVELS)

    def _piece(self, at: int, levels: int = _LEVELS) -> JsonSpan:
        try:
            value, end = _decoder.raw_decode(self._text, at)
        except RecursionError:
            end = self._end_of_nested(at)
            return JsonSpan(self._outer(at, levels), at, end)
        except ValueError as error:
            raise NotJson(f"not JSON at character {at:,}") from error
        return JsonSpan(value, at, end)

    def _outer(self, at: int, levels: int) -> object:
        """Read a value that the decoder gave up, but for what is nested too deeply in it: the rest still counts."""
        outer = JsonSpan(None, at, at)
        try:
            if levels and self._text[at] == "{":
                return {name: piece.value for name, piece in self.members(outer, levels - 1)}
            if levels:
                return [piece.value for piece in self.elements(outer, levels - 1)]
        except NotJson:
            pass  # its brackets are even, and what stands between them is no JSON: its neighbours may be
        return None

    def _end_of_nested(self, at: int) -> int:
        """Find the end of a value that the decoder gave up, by its brackets. Raises NotJson."""
        depth = 0
        for token in _TOKEN.finditer(self._text, at):
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
            if depth == 0:
                return token.end()
        raise NotJson(f"not JSON at character {at:,}: it breaks off")

    def _past_space(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

    def _after(self, at: int, sign: str) -> int:
        if self._text[at : at + 1] != sign:
            raise NotJson(f"not JSON at character {at:,}: {sign} was expected")
        return self._past_space(at + 1)

    def _closes(self, at: int, sign: str) -> bool:
        return self._text[at : at + 1] == sign

    def _next(self, at: int, end: str) -> int:
        at = self._past_space(at)
        return at if self._closes(at, end) else self._after(at, ",")
