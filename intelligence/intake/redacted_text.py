"""A text without what would name a source, to be handed over in the place of the original once a person has read it.

What it cannot know: a name that stands nowhere but in the text, a nickname, a place, a manner of speaking.
"""

from __future__ import annotations

import re

HOW = "redacted: without addresses, numbers and the names that head it; a person must read it before it goes out"
PHOTO_HOW = "redacted: decoded and encoded anew, without metadata; a person must look at it before it goes out"
BLACK = "█████"
# What names somebody wherever it stands: web and mail addresses, handles, and numbers as long as a telephone's; dates
# are left.
_ADDRESSES = re.compile(r"(?:https?|ftp)://\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<!\w)@\w{2,}", re.IGNORECASE)
_NUMBERS = re.compile(
    r"(?<![\w.:-])(?!\d{4}-\d\d-\d\d)(?!\d{1,2}[./-]\d{1,2}[./-]\d{2,4})\+?\d(?:[ ()/.-]{0,2}\d){6,17}"
)
_WORDS = re.compile(r"\w{3,}")
_ROLES = frozenset({"com", "org", "net", "mail", "info", "www", "the", "and", "von", "van", "der", "del"})
"""Words of addresses and names that name nobody."""


def words_of(name: str) -> set[str]:
    """Return the words of a name or an address that would name a person, as `redacted` compares them."""
    return {word.casefold() for word in _WORDS.findall(name)} - _ROLES


def redacted(text: str, names: set[str]) -> str:
    """Return a text with addresses, long numbers and these words (`words_of`) blacked out."""
    plain = _NUMBERS.sub(BLACK, _ADDRESSES.sub(BLACK, text))
    return _WORDS.sub(lambda word: BLACK if word[0].casefold() in names else word[0], plain)
