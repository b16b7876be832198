"""What yt-dlp says, for people who do not know yt-dlp."""

from __future__ import annotations

import re

_LONGEST = 500
_ADVICE = re.compile(
    r"[;,.]?\s*(?:please report this issue on .*|confirm you are on the latest version.*|see\s+https?://\S+.*"
    r"|use --(?:cookies|username|netrc|list|verbose|impersonate|proxy)\S*.*|you (?:might|may) want to use a vpn.*"
    r"|try again with\s+--.*|add --\S+.*|set --\S+.*)$",
    re.IGNORECASE | re.DOTALL,
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PREFIX = re.compile(r"^(?:ERROR|WARNING):\s*|^\[[\w:+.-]+\]\s*")
_HINTS = (
    (
        re.compile(r"javascript runtime|js runtime|\bejs\b|challenge solv", re.IGNORECASE),
        "goldenhour runs no scripts of a site, which this one asks for; record the screen",
    ),
    (
        re.compile(
            r"log ?in|logged|sign in|account|registered|subscri|members|cookies|private|age.restricted|your age",
            re.IGNORECASE,
        ),
        "give cookies of an account that may see it (--cookies)",
    ),
    (
        re.compile(r"geo.?restrict|not available (?:in|from) your (?:country|location|region)", re.IGNORECASE),
        "capture it from a country where it is shown (--proxy)",
    ),
    (re.compile(r"\bdrm\b", re.IGNORECASE), "it cannot be captured as a file; record the screen"),
    (re.compile(r"impersonat|cloudflare|captcha|bot\b", re.IGNORECASE), "open it in a browser and give its cookies"),
)


def plain(words: str) -> str:
    """Return a message of yt-dlp on one line, without its advice on bug reports and its own options."""
    words = _COLOURS.sub("", words)
    while (rest := _PREFIX.sub("", words)) != words:
        words = rest
    words = _ADVICE.sub("", " ".join(words.split())).strip(" .;,")
    return words[:_LONGEST] or "yt-dlp gave no reason"


def with_hint(words: str) -> str:
    """Return a message of yt-dlp in plain words, and what to do about it where that is known."""
    hint = next((hint for sign, hint in _HINTS if sign.search(words)), "")
    return f"{plain(words)} ({hint})" if hint else plain(words)
