"""The phrases by which sites refuse a page, read from `phrases.txt`, to be looked for as a whole text or a name."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
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
_PART = re.compile(
    r"((?:[^\W_]|[ '\u2019,-])+)(?![?*{])"
    r"|(\\.|\[(?:\\.|[^\]])*\]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|.)([?*]|\{[\d,]*\})?"
)
"""Characters that stand for themselves; or one, a class or a group (with two groups in it at most), and what says that
it may be missing."""
_THING_OR_END = re.compile("<thing>|…")
_MARKED, _RUN = re.compile(r"[|()\[\\<]"), re.compile(r"\w[\w '\u2019,-]*(?![?*{])")
_FEWEST_HELD = 2


class Phrases:
    """Phrases below a heading of the list, to be looked for as the whole of a text.

    To spell out and compile them all takes longer than anything else that a page needs: a phrase is compiled once a
    text holds one of the words without which the phrase fits none.
    """

    def __init__(self, phrases: Sequence[str], spelt: Callable[[str], str]) -> None:
        self._phrases = phrases
        self._spelt = spelt

    def fullmatch(self, text: str) -> bool:
        """Say whether one of the phrases is all that a text says."""
        folded = _folded(text)
        return any(
            compiled(self._spelt(phrase)).fullmatch(text)
            for phrase in self._phrases
            if not (held := _held(_first_of(phrase))) or any(each in folded for each in held)
        )


@cache
def statement(heading: str) -> Phrases:
    """Return what fits a whole block of text that says what the phrases below a heading say."""
    return Phrases(_phrases()[heading], _as_statement)


@cache
def name(heading: str) -> Phrases:
    """Return the same for a title, a heading or a button, which leaves room for a word or two at either end alone."""
    return Phrases([phrase for phrase in _phrases()[heading] if _AND not in phrase], _as_name)


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


@cache
def _as_statement(phrase: str) -> str:
    """Spell out a phrase, or several that one text holds in any order."""
    if _AND not in phrase:
        return _alone(_spelt_out(phrase))
    return _alone("".join(map(_stands_in, phrase.split(_AND))) + "[^:]{1,105}[:.]?")


@cache
def _as_name(phrase: str) -> str:
    before = _AT_AN_END if phrase.startswith("…") else ""
    behind = _AT_AN_END if phrase.endswith("…") else ""
    return _alone(before + _spelt_out(phrase.strip("…")) + behind)


def _alone(pattern: str) -> str:
    return rf"{_AROUND}(?:{pattern}){_AROUND}"


def _stands_in(phrase: str) -> str:
    ahead = "!" if phrase.startswith("!") else "="
    return f"(?{ahead}[^.!?\u3002]{{0,140}}?(?:{_spelt_out(phrase.removeprefix('!'))}))"


@cache
def _first_of(phrase: str) -> str:
    """Return the first of several phrases that one text holds."""
    return next((each for each in phrase.split(_AND) if not each.startswith("!")), "")


def _spelt_out(phrase: str) -> str:
    for mark, pattern in _SPELT_OUT.items():
        phrase = phrase.replace(mark, pattern)
    return phrase


@cache
def _held(phrase: str) -> tuple[str, ...]:
    """Return words of which every text that a phrase fits holds one; nothing where that is not easily told."""
    if not _MARKED.search(phrase):
        longest = max(_RUN.findall(phrase), key=len, default="")
        return (_folded(longest),) if len(longest) >= _FEWEST_HELD else ()
    branches: list[tuple[str, ...]] = []
    best, length, fewest, run = tuple[str, ...](), 0, _FEWEST_HELD, ""
    for plain, part, optional in [*_PART.findall(_THING_OR_END.sub("~", phrase)), ("", "|", "")]:
        if plain:
            run += plain
            continue
        if len(run) > length:
            best = (_folded(run),)
            length = len(best[0])
        run = ""
        if part in {"(", ")"}:
            return ()
        if part == "|":
            branches.append(best)
            fewest = min(fewest, length)
            best, length = (), 0
        elif part.startswith("(") and part[1] != "?" and not optional:
            inner = _held(part[1:-1])
            if (least := min(map(len, inner), default=0)) > length:
                best, length = inner, least
    return tuple(itertools.chain.from_iterable(branches)) if fewest >= _FEWEST_HELD else ()


def _folded(text: str) -> str:
    """Return a text without what sets a capital letter apart, as patterns in any case take them for the same."""
    return text.lower().replace("i\u0307", "i").replace("\u0131", "i").replace("\u017f", "s")
