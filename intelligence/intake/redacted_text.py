"""A text without what would name a source, to be handed over in the place of the original once a person has read it.

What it cannot know: a name that stands nowhere but in the text, a nickname, a place, a manner of speaking.
"""

from __future__ import annotations

import re
import unicodedata

HOW = "redacted: without addresses, numbers and the names that head it; a person must read it before it goes out"
PHOTO_HOW = "redacted: decoded and encoded anew, without metadata; a person must look at it before it goes out"
BLACK = "█████"
# What names somebody wherever it stands: web, mail and network addresses, and handles.
_ADDRESSES = re.compile(
    r"\b[a-z][a-z0-9+.-]{0,30}://\S+"
    r"|[\w.+%'-]{1,64}@[\w-]+(?:\.[\w-]+)+|(?<!\w)@[\w.-]*\w"
    r"|(?<![\w.-])(?:[\w-]{1,63}\.){1,8}(?-i:[a-z]{2,24})\b(?:/\S*)?"
    r"|(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"
    r"|(?<!\w)(?:(?:[0-9a-f]{1,4}:){3,7}|(?:[0-9a-f]{1,4}:){0,6}:(?:[0-9a-f]{1,4}:){0,6})[0-9a-f]{1,4}(?!\w)",
    re.IGNORECASE,
)
# WhatsApp writes whom a message mentions between the marks of an isolate (Unicode Standard Annex 9).
_MENTION = re.compile("@[\u2066-\u2068][^\u2069\n]*\u2069?")
# Numbers as long as a telephone's go. A date, alone or with a time, is left; what goes on with further digits is none,
# as 06.12.34.56.78 in France.
_DAY = r"(?:19|20)\d\d-[01]\d-[0-3]\d"
_DATE = (
    rf"(?:{_DAY}|\d{{1,2}}(?P<by>[./-])\d{{1,2}}(?P=by)(?:(?:19|20)\d\d|\d\d))"
    r"(?:[T ,]{1,2}[0-2]?\d[:.][0-5]\d)?(?![./-]?\d| \d\d \d)"
)
_NUMBERS = re.compile(rf"(?<!\d)(?<!\d[:,])(?:(?P<date>{_DATE})|\+?\d(?:(?! {_DAY})[ ()/.-]{{0,3}}\d){{6,}})")
# A word has no digit and no underscore in it, so that `zoe_quicksand84` is two; the marks of Indian scripts, which `\w`
# leaves out, belong to it.
_WORDS = re.compile(r"[^\s\d!-/:-@\[-`{-~\u00a1-\u00bf\u2000-\u2bff\u3000-\u303f]{2,}")
# Scripts that put no space between words, in which a name is found within a run of characters.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_GIVEN_NAMES = re.compile("[\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]{3,4}")
_SHORTEST_STEM, _LONGEST_NAME, _LONGEST_UNSPACED = 4, 40, 12
# Words of addresses and names that name nobody.
_ROLES = frozenset(
    {"com", "org", "net", "mail", "info", "www", "the", "and", "von", "van", "der", "del", "de", "la", "le", "di", "da"}
    | {"mr", "ms", "dr"}
)


def words_of(name: str) -> set[str]:
    """Return the words of a name or an address that would name a person, as `redacted` compares them."""
    name = _plain(name)
    # Two letters are a name where they stand in one (Bo, Li), and in an address a country (me, it).
    words = {word for word in _WORDS.findall(name) if len(word) > 2}  # noqa: PLR2004
    words |= set(_WORDS.findall(_ADDRESSES.sub(" ", name)))
    # Of a Chinese or Korean name the given name is used alone, without a space before what follows.
    words |= {word[-2:] for word in words if _GIVEN_NAMES.fullmatch(word)}
    return {_folded(word) for word in words} - _ROLES


def redacted(text: str, names: set[str]) -> str:
    """Return a text with addresses, long numbers and these words (`words_of`) blacked out, in plain characters."""
    plain = _ADDRESSES.sub(BLACK, _plain(_MENTION.sub(BLACK, text)))
    plain = _NUMBERS.sub(lambda found: found[0] if found["date"] else BLACK, plain)
    return _WORDS.sub(lambda word: _blackened(word[0], names), plain)


def _plain(text: str) -> str:
    """Return a text in one spelling: composed, without marks that are not seen, with one kind of dash and of space."""
    kinds = {"Cf": "", "Pd": "-", "Zs": " "}
    text = unicodedata.normalize("NFKC", text)
    return text if text.isascii() else "".join(kinds.get(unicodedata.category(each), each) for each in text)


def _folded(word: str) -> str:
    """Return a word without case and accents: who is José in one line is Jose in the next."""
    if word.isascii() or _UNSPACED.search(word):
        return word.lower()
    parts = unicodedata.normalize("NFKD", word.casefold())
    return unicodedata.normalize("NFKC", "".join(each for each in parts if unicodedata.category(each) != "Mn"))


def _blackened(word: str, names: set[str]) -> str:
    """Return a word, or what stands in its place where it is a name, begins or ends with one, or has one in it."""
    folded = _folded(word)
    if folded in names:
        return BLACK
    for length in range(_SHORTEST_STEM, min(len(folded), _LONGEST_NAME)):
        if folded[:length] in names or folded[-length:] in names:
            return BLACK
    return _without_names(word, names) if _UNSPACED.search(word) else word


def _without_names(run: str, names: set[str]) -> str:
    """Return a run of characters of a script without spaces with each name in it blacked out, the longest first."""
    out, place = list[str](), 0
    while place < len(run):
        for length in range(_LONGEST_UNSPACED, 1, -1):
            if run[place : place + length] in names:
                out.append(BLACK)
                place += length
                break
        else:
            out.append(run[place])
            place += 1
    return "".join(out)
