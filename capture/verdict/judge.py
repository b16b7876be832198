"""What a page turned out to be, from the signs in it, weighed against how much there is to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from capture.verdict.counters import CAREFUL, COUNTERS, Seen
from capture.verdict.evidence import Evidence
from capture.verdict.signs import DECIDES, SIGNS, WORDS, Sign
from capture.verdict.thin import thin
from capture.verdict.words import compiled
from hashing.case import verdict

# Characters of text, and what the signs of a page with fewer must weigh for a verdict; `_MOST` beyond.
_STEPS = ((150, 2), (600, 3), (2000, 5))
_MOST = 9
_LEAST = {verdict.CONSENT: 3}
_SHELL_TEXT, _NEARLY_NOTHING, _A_NAME = 200, 40, 16
_AS_SOMETHING_ELSE = 6
_LONGEST_SHOWN = 120
_MOST_REASONS = 4
# The first status by which a server refuses, and what the signs weigh that say more than a status does.
_REFUSED, _SAYS_MORE = 400, 2


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a page is, in one of the words of `hashing.case.verdict`, and the reasons in plain English."""

    word: str
    reasons: tuple[str, ...] = ()


class _Found(NamedTuple):
    sign: Sign
    what: str

    @property
    def reason(self) -> str:
        what = self.what if len(self.what) <= _LONGEST_SHOWN else f"{self.what[:_LONGEST_SHOWN]}…"
        return self.sign.says.replace("{}", what)


@dataclass(slots=True)
class _Case:
    """The signs that speak for one verdict: the weightiest of each place."""

    found: dict[str, _Found] = field(default_factory=dict)

    @property
    def weight(self) -> int:
        """Return what all of them weigh; the answer's status is no part of it."""
        return sum(found.sign.weight for place, found in self.found.items() if place != "status")

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the reasons, the weightiest first; of one wording in several places the first alone."""
        ranked = sorted(self.found.values(), key=lambda found: -found.sign.weight)
        said: dict[str, str] = {}
        for found in ranked:
            said.setdefault(found.what if found.sign.place in WORDS else found.reason, found.reason)
        return tuple(said.values())[:_MOST_REASONS]


def judge(evidence: Evidence) -> Verdict:
    """Return what a page is that came for a scene. What nothing speaks against is content, or too little to say."""
    cases = _cases(evidence)
    for word, case in cases.items():
        if any(found.sign.weight >= DECIDES for found in case.found.values()):
            return Verdict(word=word, reasons=case.reasons)
    best, margin = "", -1
    for word, case in cases.items():
        over = case.weight - _needed(word, case, evidence)
        if over > margin:
            best, margin = word, over
    if not best and evidence.status >= _REFUSED:
        told = max(cases, key=lambda word: cases[word].weight)
        stated = next(word for word, case in cases.items() if "status" in case.found)
        best = told if cases[told].weight >= _SAYS_MORE else stated
    if not best:
        doubts = thin(evidence)
        return Verdict(word=verdict.THIN if doubts else verdict.CONTENT, reasons=doubts)
    return Verdict(word=best, reasons=cases[best].reasons)


def _cases(evidence: Evidence) -> Mapping[str, _Case]:
    """Look for every sign; return what was found, by verdict, in the order of the table."""
    cases: dict[str, _Case] = {}
    for sign in SIGNS:
        case = cases.setdefault(sign.verdict, _Case())
        before = case.found.get(sign.place)
        if before is not None and before.sign.weight >= sign.weight:
            continue
        texts = [text for text in evidence.in_place(sign.place) if text]
        if not texts:
            continue
        fits = compiled(sign.pattern).match if isinstance(sign.pattern, str) else sign.pattern.fullmatch
        what = next((text for text in texts if fits(text)), None)
        if what is not None:
            case.found[sign.place] = _Found(sign, what)
    return cases


def _needed(word: str, case: _Case, evidence: Evidence) -> int:
    """Return what the signs of a verdict must weigh, for all that the page has to read."""
    outline = evidence.outline
    if word == verdict.SHELL:
        return _needed_for_shell(case, evidence)
    if word == verdict.ERROR:
        return _MOST
    if word in CAREFUL and case.found.keys() <= WORDS:
        of_it_alone = outline.words < _STEPS[0][0] or (evidence.elsewhere * 4 <= outline.words < _STEPS[1][0])
        if not of_it_alone or not _is_demanded(case):
            return DECIDES
    needed = next((weight for characters, weight in _STEPS if outline.words < characters), _MOST)
    seen = Seen(word, case.found.keys(), evidence)
    return max(needed, _LEAST.get(word, 0)) + sum(each.weight for each in COUNTERS if each.holds(seen))


def _is_demanded(case: _Case) -> bool:
    """Say whether a page demands something in so many words; to be named for a log-in is what many things are."""
    return any(
        found.sign.place.startswith(("statement", "question", "notice", "sole heading"))
        or "asks for" in found.sign.says
        for found in case.found.values()
    )


def _needed_for_shell(case: _Case, evidence: Evidence) -> int:
    """Return the same for a shell, which shows next to nothing; something to look at is no shell."""
    outline = evidence.outline
    text = outline.words + outline.linked
    if outline.shown or text >= _SHELL_TEXT or "script" not in case.found:
        return DECIDES if "noscript" not in case.found or outline.shown or text >= _SHELL_TEXT else 3
    if text == 0:
        return 1
    headed = 2 * bool(outline.headings)
    if "statement" not in case.found and text >= _A_NAME:  # it says something else
        return (3 if text < _NEARLY_NOTHING else _AS_SOMETHING_ELSE) + headed
    return (2 if text < _NEARLY_NOTHING else 3) + headed
