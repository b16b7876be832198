"""Whether so little stands on a page that nobody can say what it is: one table of what makes a page look like a wall.

No word of a wall was found then. That a person looks at the page is asked for; nothing is said against it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from capture.page.outline import width
from capture.verdict.evidence import Evidence, is_told, leads_to_entries, reloads
from capture.verdict.words import compiled, name, parts

_MOST, _LITTLE, _NEXT_TO_NOTHING, _LITTLE_OF_A_PAGE = 300, 150, 20, 600
_FEW, _MOST_LINKS, _MOST_FIELDS, _MOST_TICKS, _MOST_BLOCKS = 3, 5, 4, 2, 3
_A_HEADLINE, _LONG, _FOR_A_SCRIPT = 15, 20, 200
_ENOUGH = 3
_LITTLE_AT_ALL, _A_FEW, _STEM, _A_PARAGRAPH = 100, 3, 5, 170
_A_NUMBER = re.compile(r"\d{2,}")
_AROUND_A_NOTICE = frozenset({"list", "description", "headline"})


class BareSign(NamedTuple):
    """What makes a bare page look like a wall: how it is told, "" for what speaks for the page; its weight."""

    says: str
    weight: int
    holds: Callable[[Evidence], bool]


def thin(evidence: Evidence) -> tuple[str, ...]:
    """Return why a page may not be what was asked for, its figures first; nothing where it is enough to be read."""
    outline = evidence.outline
    if outline.frames and not (outline.words + outline.linked + outline.shown):
        return (f"it holds nothing but {len(outline.frames)} frames",)
    if _is_gate(evidence):
        return ("another address answered, and it says where to lead back to: the one that was asked for",)
    if _nothing_shows_it(evidence):
        return ("nothing shows that it is what was asked for: no time, post, picture or word of its address",)
    if not _is_bare(evidence):
        return ()
    found = [fact for fact in FACTS if fact.holds(evidence)]
    if sum(fact.weight for fact in found) < _ENOUGH and outline.words + outline.linked + outline.shown:
        return ()
    said = f"{outline.words} characters of text of its own, outside links and forms"
    return (said, *(fact.says for fact in found if fact.says))


def little_to_read(evidence: Evidence) -> tuple[str, ...]:
    """Return a word to whoever asked for a page, where it counts as content and has little text.

    Of the walls that no sign gives away most are so short, and of honest pages one in five: it is no doubt, and asks
    for a look.
    """
    words = evidence.outline.words
    return (f"only {words} characters of text of its own: see that it is what you asked for",) * (words < _MOST)


def _is_gate(evidence: Evidence) -> bool:
    """Say whether a page stands before the one that was asked for, whose address it names in its own."""
    way_back = any(
        map(compiled(f"(?s:.*?)(?:^|&)[\\w-]*{parts('way back')}[\\w-]*=").match, evidence.in_place("way back"))
    )
    return (
        way_back and not (evidence.published or evidence.outline.posts) and evidence.outline.words < _LITTLE_OF_A_PAGE
    )


def _nothing_shows_it(evidence: Evidence) -> bool:
    """Say whether a page that was asked for by a number, or by words, has no proof of being it.

    Beside what a developer has called a notice, a list, a headline and a description prove nothing: sites put them
    around one.
    """
    asked = urlsplit(evidence.asked)
    path = unquote(asked.path).rstrip("/")
    last = re.findall(r"[^\W\d_]{3,}", path.rpartition("/")[2])
    one_thing = _A_NUMBER.search(f"{path}?{asked.query}") or len(last) >= _A_FEW or path.count("/") >= _A_FEW
    if not one_thing or not _LITTLE_AT_ALL <= evidence.outline.words < _LITTLE_OF_A_PAGE:
        return False
    notice = any(map(compiled(parts("notice mark")).fullmatch, evidence.outline.marks))
    return not any(holds(evidence) for what, holds in PROOFS if not (notice and what in _AROUND_A_NOTICE))


def _has_word_of_address(evidence: Evidence) -> bool:
    asked = urlsplit(evidence.asked)
    words = re.findall(r"[^\W\d_]{4,}", unquote(f"{asked.path} {asked.query}").casefold())
    text = " ".join((*evidence.titles, *evidence.outline.blocks)).casefold()
    return any(word[:_STEM] in text for word in words)


def _is_bare(evidence: Evidence) -> bool:
    """Say whether a page has little text, and nothing that shows whose it is or when it was written."""
    outline, page = evidence.outline, evidence.page
    if page is None or outline.words >= _MOST or outline.links > _MOST_LINKS:
        return False
    return not (outline.linked_headings or outline.following or outline.numbered or evidence.published)


def _blocks(evidence: Evidence) -> list[str]:
    """Return the blocks of text that are no headings, no links, and do not speak of cookies."""
    outline = evidence.outline
    leave = {*outline.headings, *outline.lesser_headings, *evidence.rows, *evidence.cookie_notices}
    return [block for block in outline.blocks if block not in leave]


def _any(evidence: Evidence, phrases: str) -> bool:
    pattern = compiled(parts(phrases))
    return any(map(pattern.search, _blocks(evidence)))


def _is_of_a_post(evidence: Evidence) -> bool:
    return any(map(name("post button").fullmatch, evidence.outline.buttons))


def _is_cut_off(evidence: Evidence) -> bool:
    return any(block.endswith(("…", "...")) and width(block) >= _LONG for block in _blocks(evidence))


def _has_more_scripts_than_text(evidence: Evidence) -> bool:
    outline = evidence.outline
    return outline.words < _FOR_A_SCRIPT and bool(outline.scripts or outline.inline)


def _has_headline(evidence: Evidence) -> bool:
    headlines = (heading for heading in evidence.outline.headings if width(heading) >= _A_HEADLINE)
    return evidence.outline.words >= _LITTLE and any(
        heading in title for heading in headlines for title in evidence.titles
    )


def _has_form(evidence: Evidence) -> bool:
    outline = evidence.outline
    asks = outline.fields + outline.passwords + outline.ticks
    return bool(asks) and outline.fields <= _MOST_FIELDS and outline.ticks <= _MOST_TICKS


def _leads_to_app(evidence: Evidence) -> bool:
    app, shop = compiled(parts("app address")), compiled(parts("app shop"))
    return any(app.fullmatch(href) or shop.search(href) for href in evidence.outline.hrefs)


# What shows that a page is what was asked for: one is enough.
PROOFS: tuple[tuple[str, Callable[[Evidence], bool]], ...] = (
    ("time", lambda evidence: evidence.published or evidence.dated),
    ("post", lambda evidence: bool(evidence.outline.posts)),
    ("picture", lambda evidence: bool(evidence.outline.shown)),
    ("person", lambda evidence: evidence.told),
    ("address", _has_word_of_address),
    ("list", lambda evidence: bool(evidence.outline.linked_headings) or evidence.outline.linked_blocks > _MOST_LINKS),
    ("description", lambda evidence: evidence.described),
    (
        "headline",
        lambda evidence: any(
            heading in title
            for heading in evidence.outline.headings
            if width(heading) >= _LONG
            for title in evidence.titles
        ),
    ),
    (
        "paragraph",
        lambda evidence: (
            evidence.prose >= _LITTLE or any(width(block) >= _A_PARAGRAPH for block in evidence.outline.blocks)
        ),
    ),
)

# Every fact.
FACTS = (
    BareSign("all there is to do is to fill in a form", 2, _has_form),
    BareSign(
        "all there is to do is to press a button",
        1,
        lambda evidence: (
            not (_has_form(evidence) or evidence.cookie_notices) and 0 < len(evidence.outline.buttons) <= _FEW
        ),
    ),
    BareSign("it asks for itself again by script", 2, lambda evidence: bool(reloads(evidence))),
    BareSign("its links lead to a log-in, a registration or the front page alone", 1, leads_to_entries),
    BareSign("it leads on to an app", 1, _leads_to_app),
    BareSign("another address was asked for", 1, lambda evidence: evidence.redirected),
    BareSign("it speaks to its visitor", 1, lambda evidence: _any(evidence, "spoken to")),
    BareSign("it speaks of the site and its pages", 1, lambda evidence: _any(evidence, "about the site")),
    BareSign("it tells of nothing else", 1, lambda evidence: not evidence.elsewhere),
    BareSign(
        "it has no headline that its title repeats",
        1,
        lambda evidence: (
            _any(evidence, "about the site")
            and not evidence.elsewhere
            and not {*evidence.outline.headings} & {*evidence.titles}
        ),
    ),
    BareSign("it keeps search engines away", 1, lambda evidence: "noindex" in evidence.outline.robots),
    BareSign("it says next to nothing", 1, lambda evidence: evidence.outline.words < _NEXT_TO_NOTHING),
    BareSign(
        "it has neither a title nor a heading", 1, lambda evidence: not evidence.titles + evidence.outline.headings
    ),
    BareSign("a text in it is cut off", 3, _is_cut_off),
    BareSign("it has scripts, and little for them to show", 1, _has_more_scripts_than_text),
    BareSign("", -3, lambda evidence: bool(evidence.outline.posts)),
    BareSign("", -3, lambda evidence: evidence.outline.shown > evidence.outline.pictured_forms),
    BareSign("", -3, lambda evidence: evidence.described),
    BareSign("", -3, lambda evidence: any(map(is_told, evidence.outline.blocks))),
    BareSign("", -1, lambda evidence: len(_blocks(evidence)) > _MOST_BLOCKS),
    BareSign("", -1, lambda evidence: evidence.outline.words >= _LITTLE),
    BareSign("", -2, _has_headline),
    BareSign("", -2, _is_of_a_post),
    BareSign("", -2, lambda evidence: any(width(block) >= _LITTLE for block in evidence.outline.blocks)),
)
