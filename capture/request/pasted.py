"""What people paste when they mean a scene: an address out of a message, a handle, a link that lost a letter."""

from __future__ import annotations

import re

_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
_QUOTES = (
    "\"'`\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{SINGLE LOW-9 QUOTATION MARK}"
    "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}"
    "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"
)
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
"""Not the joiners U+200C and U+200D, which are letters of their words in Persian, Hindi and emoji."""
_BEFORE = _QUOTES + "<([{"
_AFTER = _QUOTES + ".,;:!\N{HORIZONTAL ELLIPSIS}\N{IDEOGRAPHIC FULL STOP}"
_BROKEN_SCHEME = re.compile(r"(https?)(?::/|//|:/{3,}|;//|:\\\\)(?=[^/\\])", re.IGNORECASE)
_HOST = r"(?=.{4,253}$)[^\s/@:?#\[\]]+\.[^\s/@:?#\[\].]+"
_HANDLE = re.compile(rf"(?:acct:|@)?([A-Za-z0-9_](?:[A-Za-z0-9_.-]{{0,198}}[A-Za-z0-9_])?)@({_HOST})")


def scene_meant(text: str) -> str:
    """Return the address, hashtag or URI that somebody means who pastes `text`.

    Taken off are blanks, invisible characters, quotes and brackets around it, and the full stops and commas of the
    sentence that it stood in; a bracket that the address itself opened stays. `https//x` and `https:/x` get their `://`.
    `@user@host`, `user@host` and `acct:user@host` (RFC 7565) become the address of that account.
    What is none of these is returned as it is.
    """
    # 1. What nobody sees.
    meant = _INVISIBLE.sub("", text).strip()
    # 2. What stands around it.
    while meant and meant[0] in _BEFORE and len(meant) > 1:
        meant = meant[1:].lstrip()
    while meant and (meant[-1] in _AFTER or _closes_nothing(meant)):
        meant = meant[:-1].rstrip()
    # 3. A scheme that lost a character.
    if broken := _BROKEN_SCHEME.match(meant):
        meant = f"{broken[1].lower()}://{meant[broken.end() :]}"
    # 4. A handle.
    if handle := _HANDLE.fullmatch(meant):
        return f"https://{handle[2]}/@{handle[1]}"
    return meant


def _closes_nothing(text: str) -> bool:
    opening = _PAIRS.get(text[-1])
    return opening is not None and text.count(opening) < text.count(text[-1])
