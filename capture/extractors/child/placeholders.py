"""What others' extractors are given in the place of a session: words of its form, which mean nothing to anybody else.

Some sites' code copies the value of a cookie into a field, an address or a body (a token against forged requests),
takes a part of it, or reads in it when it ends. So each long word in a value has a word of its own, of the same length
and kinds of characters; in a request to the site's own hosts the words that were meant are put back.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import string
from collections.abc import Callable

_WORD = re.compile(r"%[0-9A-Fa-f]{2}|[A-Za-z0-9_-]+")
_HEX = "0123456789abcdef"
_KINDS = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
_LONG, _SHORT = 16, 8  # Characters of a word that is hidden: of a value without a long one, those that are not short.
_MOST = 2000  # Words that are remembered: a site may give new ones with each answer.


class Placeholders:
    """Words in the place of others, for one scene. For one thread."""

    def __init__(self) -> None:
        self._meant: dict[str, str] = {}
        self._given: dict[str, str] = {}

    def hide(self, value: str) -> str:
        """Return a cookie's value with other words. Numbers stay, of an account for instance: they open nothing."""
        words = [each for each in _WORD.findall(value) if not each.startswith("%") and not each.isdigit()]
        least = _LONG if any(len(each) >= _LONG for each in words) else _SHORT
        hidden = {each for each in words if len(each) >= least}
        return _WORD.sub(lambda word: self._other(word[0]) if word[0] in hidden else word[0], value)

    def meant(self, text: str) -> str:
        """Return a text with the words that were meant."""
        for other, word in self._meant.items():
            text = text.replace(other, word)
        return text

    def hidden(self, text: str) -> str:
        """Return a text with other words in the place of those that were hidden before."""
        for word, other in self._given.items():
            text = text.replace(word, other)
        return text

    def _other(self, word: str) -> str:
        if word not in self._given:
            other = _claims(word, self.hide)
            kinds = (_HEX,) if {*word} <= {*_HEX} else _KINDS
            other = other or "".join(
                secrets.choice(next((kind for kind in kinds if each in kind), each)) for each in word
            )
            if len(self._given) >= _MOST:
                return other  # which no request gets through with, and nobody learns anything by
            self._given[word], self._meant[other] = other, word
        return self._given[word]


def _claims(word: str, hide: Callable[[str], str]) -> str:
    """Return a part of a token (RFC 7519) that code may read, with other words in its texts; "" where it is none."""
    try:
        claims = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
        if not isinstance(claims, dict):
            return ""
        return base64.urlsafe_b64encode(json.dumps(_told(claims, hide)).encode()).decode().rstrip("=")
    except (ValueError, RecursionError):  # a site's cookie may nest deeper than can be read
        return ""


def _told(value: object, hide: Callable[[str], str]) -> object:
    if isinstance(value, dict):
        return {name: _told(each, hide) for name, each in value.items()}
    if isinstance(value, list):
        return [_told(each, hide) for each in value]
    return hide(value) if isinstance(value, str) else value
