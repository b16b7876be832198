"""The phrases by which sites refuse a page, read from `phrases.txt`, as patterns for a whole text or a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

_THING = (
    "(page|site|post|tweet|thread|topic|video|account|profile|user|content|article|story|photo|image|item|listing|ad"
    "|resource|file|url|link|document|channel|group|community|event|product|message|status|toot|discussion|forum|entry"
    "|blog)s?"
)
_SPELT_OUT = {"…": ".{0,60}", "~": "[^.!?:]{0,25}", "<thing>": _THING}
_AT_AN_END = ".{0,14}"
_HEADING = re.compile(r"\[([a-z -]+)\]")
_AND = " && "
_AROUND = r"[\W_]{0,9}"


@cache
def statement(heading: str) -> str:
    """Return a pattern that fits a whole block of text that says what the phrases below a heading say."""
    return _pattern(map(_all_of, _phrases()[heading]))


@cache
def name(heading: str) -> str:
    """Return the same for a title, a heading or a button, which leaves room for a word or two at either end alone."""
    return _pattern(
        (_AT_AN_END if phrase.startswith("…") else "")
        + _spelt_out(phrase.strip("…"))
        + (_AT_AN_END if phrase.endswith("…") else "")
        for phrase in _phrases()[heading]
        if _AND not in phrase
    )


@cache
def parts(heading: str) -> str:
    """Return the alternatives below a heading, for a pattern of one's own."""
    return f"(?:{'|'.join(_phrases()[heading])})"


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern of those above, to be tried on words in any case; only what is tried is compiled."""
    return re.compile(pattern, re.IGNORECASE)


@cache
def _phrases() -> Mapping[str, list[str]]:
    """Read the lists of phrases, by their headings."""
    lists: dict[str, list[str]] = {}
    heading = ""
    for line in files(__package__).joinpath("phrases.txt").read_text("utf-8").splitlines():
        if named := _HEADING.fullmatch(line):
            heading = named[1]
        elif line and not line.startswith("#"):
            lists.setdefault(heading, []).append(line)
    return lists


def _all_of(phrase: str) -> str:
    """Spell out a phrase, or several that one text holds in any order."""
    if _AND not in phrase:
        return _spelt_out(phrase)
    return "".join(map(_stands_in, phrase.split(_AND))) + "[^:]{1,105}[:.]?"


def _stands_in(phrase: str) -> str:
    ahead = "!" if phrase.startswith("!") else "="
    return f"(?{ahead}[^.!?\u3002]{{0,140}}?(?:{_spelt_out(phrase.removeprefix('!'))}))"


def _spelt_out(phrase: str) -> str:
    for mark, pattern in _SPELT_OUT.items():
        phrase = phrase.replace(mark, pattern)
    return phrase


def _pattern(spelt_out: Iterable[str]) -> str:
    return rf"{_AROUND}(?:{'|'.join(spelt_out)}){_AROUND}"
