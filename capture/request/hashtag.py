"""Hashtags, compared as people mean them: neither capitals nor the width of letters tell two apart."""

from __future__ import annotations

import string
import unicodedata

_BEFORE = f"#\N{FULLWIDTH NUMBER SIGN}{string.whitespace}"


def same_for_all(tag: str) -> str:
    """Return a hashtag without its sign in the one spelling by which hashtags are compared.

    That is Unicode's compatibility form without case (NFKC and case folding, Unicode Standard section 3.13), twice
    because the one can undo the other.
    """
    folded = unicodedata.normalize("NFKC", tag).casefold()
    return unicodedata.normalize("NFKC", folded).casefold().lstrip(_BEFORE).rstrip()
