"""Hashtags, compared as people mean them: `#FireWatch`, `#firewatch` and a full-width `＃ＦｉｒｅＷａｔｃｈ` are one."""

from __future__ import annotations

import unicodedata

_SIGNS = "#\N{FULLWIDTH NUMBER SIGN}"


def same_for_all(tag: str) -> str:
    """Return a hashtag without its sign in the one spelling by which hashtags are compared.

    That is Unicode's compatibility form without case (NFKC and case folding, Unicode Standard section 3.13), twice
    because the one can undo the other.
    """
    folded = unicodedata.normalize("NFKC", tag.strip().lstrip(_SIGNS)).casefold()
    return unicodedata.normalize("NFKC", folded).casefold()
