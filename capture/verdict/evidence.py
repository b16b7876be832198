"""What a verdict rests on: the answer of the server, sorted by the places where a sign can stand."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote, urlsplit

from capture.page import ReadPage
from capture.page.errors import BadAddress
from capture.page.outline import Outline, width
from capture.page.urls import Addresses
from capture.verdict.words import compiled, name, parts, statement

_SEPARATOR = re.compile(r"\s+[|\u2013\u2014·•»\u203a«\u2039:/~-]+\s+|\s*[|·•»\u203a«\u2039]\s*")
_LONGEST_SIGN = 150
_LONGEST_DEMAND = 170
_LONGEST_REMARK = 90
_TWO_SENTENCES = 100
_QUOTED = re.compile(
    r"[\"\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d]\s*\w+\W+\w+|\w+\W+\w+\s*[\"\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d]"
)
_SENTENCES = re.compile(r"[.!?]\s+\S|[\u3002\uff01\uff1f]\s*\S")
_MOST_TRIED = 60
_TELLS = re.compile(r"\S.{13,}[.!?\u2026\u3002\uff01\uff1f]\s*\Z", re.DOTALL)  # A sentence that is no mere call.
_SENTENCE_END = re.compile(r"(?<=[.!?\u2026])\s+|(?<=[\u3002\uff01\uff1f])\s*")
_MOST_SENTENCES = 4
_A_FEW_WORDS = 15
_REFUSED = 400
_A_LINE = 120
_A_DIALOGUE, _NEARLY_ALL, _A_NOTICE = 1500, 0.6, 60
_QUOTATION = re.compile(
    '["\u201c\u201d\u201e][^"\u201c\u201d\u201e]+["\u201c\u201d]|[\u00ab\u300c\u300e][^\u00bb\u300d\u300f]+[\u00bb\u300d\u300f]'
)
_DATED = re.compile(
    r"\b\d{1,2}:\d{2}\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b\d{4}[-/.年년]\s?\d{1,2}\b|\d{1,2}\s?[月월]\s?\d{1,2}"
    r"|\b\d{1,2}\.? \w{3,9}\.?,? \d{4}\b|\b\w{3,9}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}\b"
)
_OF_THE_HOUSE = re.compile(r"©|copyright|powered by|\b(?:gmt|utc)\b|all times", re.IGNORECASE)
_LITTLE, _MOST_CONTROLS, _MOST_BIRTH_FIELDS = 300, 3, 3
_LABEL = 60
_A_WAY_ON = 250
_MOST_WAYS_ON = 5
_TEASER, _SHORT_TEASER = 1000, 500
_A_FEW_LINES = 120
_LANGUAGE = re.compile(r"/[a-z]{2}(?:[-_][a-z]{2})?")
_TOLD = 24
_SHORT, _ROWS, _STEM = 120, 6, 4
_FEW = 2
_NEARLY_NOTHING = 20
_A_NAME = 12
_NEARLY_ALONE = _A_LONG_TEXT = 150
_ENTRY = rf"(?:^|/|=|\.)(?:{parts('log-in name')}|{parts('registration name')})(?:[/?&#.]|$)"
_NOTHING = Outline()


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """An answer: the address that was asked, where it came from, its status and head, and the page, if it is one."""

    asked: str
    final: str
    status: int
    headers: Mapping[str, str]
    page: ReadPage | None = None

    @cached_property
    def outline(self) -> Outline:
        """How the page is built."""
        return self.page.outline if self.page is not None else _NOTHING

    @cached_property
    def redirected(self) -> bool:
        """Whether another page than the one that was asked for answered."""
        asked, final = urlsplit(self.asked), urlsplit(self.final)
        return _bare_host(asked.hostname) != _bare_host(final.hostname) or _path(asked.path) != _path(final.path)

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """The parts of the page's titles that can be the whole of what it says; not its name in a list of words."""
        if self.page is None:
            return ()
        parts: dict[str, None] = {}
        for claim in self.page.claimed("title"):
            if claim.tag == "h1":
                continue
            segments = [segment.strip() for segment in _SEPARATOR.split(claim.value[:_LONGEST_SIGN]) if segment.strip()]
            parts[claim.value[:_LONGEST_SIGN].strip()] = None
            for at, segment in enumerate(segments):
                others = sum(len(each.split()) for each in segments[:at] + segments[at + 1 :])
                # More than four words are no site's name, unless the page's heading says the rest.
                if at in {0, len(segments) - 1} and (others <= 4 or segment in self.outline.headings):  # noqa: PLR2004
                    parts[segment] = None
        return tuple(parts)

    @cached_property
    def dated(self) -> bool:
        """Whether a day or a time of day stands in the text, as beside what people write; not the year of a site."""
        return any(_DATED.search(block) and not _OF_THE_HOUSE.search(block) for block in self.outline.blocks)

    @cached_property
    def is_somebodys(self) -> bool:
        """Whether something shows that somebody wrote what stands there: a time, a post, or the head that says it."""
        written = self.published or self.dated or self.told or self.outline.posts
        return bool(written or self.described or self.lives_up_to_its_title)

    @cached_property
    def published(self) -> bool:
        """Whether the page says when it was published, as articles do."""
        return self.page is not None and any(time.name in {"published", "modified"} for time in self.page.times)

    @cached_property
    def statements(self) -> tuple[str, ...]:
        """The blocks of text that are a good part of all that the page says, and that no person tells of."""
        whole = self.outline.words + self.outline.linked
        first = next(iter(self.remarks), "")
        good_part = [
            block
            for block in self.outline.blocks[:_MOST_TRIED]
            if width(block) >= whole * (0.25 if block == first else 0.4) and not is_told(block)
        ]
        remarks = (block for block in good_part if width(block) <= _LONGEST_SIGN and _is_one_remark(block))
        if self.elsewhere * 3 > whole:
            return tuple(remarks)
        return tuple(dict.fromkeys([*remarks, *(each for block in good_part for each in _sentences(block))]))

    @cached_property
    def cookie_notices(self) -> tuple[str, ...]:
        """The blocks of text that speak of cookies or tracking."""
        return tuple(filter(statement("cookie notice").fullmatch, self.outline.blocks))

    @cached_property
    def notices(self) -> tuple[str, ...]:
        """Those of a page that says nearly nothing else."""
        found = self.cookie_notices
        headings = self.outline.headings + self.outline.lesser_headings
        elsewhere = self.outline.words - sum(map(width, {*found, *headings}))
        return () if self.outline.shown or elsewhere >= _A_NAME else found

    @cached_property
    def says_nothing(self) -> bool:
        """Whether nothing but a name stands, or is shown, outside frames and the notice of a consent provider."""
        outline = self.outline
        return outline.shown <= len(outline.frames) and outline.words + outline.linked - outline.in_consent < _A_NAME

    @cached_property
    def questions(self) -> tuple[str, ...]:
        """The statements that can be answered: there is a button, a link, or a mere word or two that can be one."""
        outline, headings = self.outline, self.outline.headings + self.outline.lesser_headings
        if outline.posts:
            return ()
        answers = (block for block in outline.blocks if width(block) < _NEARLY_NOTHING and block not in headings)
        return self.statements if outline.buttons or outline.links or any(answers) else ()

    @cached_property
    def echoes(self) -> tuple[str, ...]:
        """Where links lead whose name a short page repeats in what it says, in any language: "Log in to see this"."""
        if not self.outline.rows or self.outline.words >= _SHORT or self.told:
            return ()
        asked = [block.casefold() for block in self.statements]
        named = [row.casefold().partition(" ") for row in self.outline.rows[:_ROWS]]
        return tuple(
            href
            for href, _, text in named
            if len(text) >= _STEM
            and any(text[: max(_STEM, len(text) * 2 // 3)] in block for block in asked if block != text)
        )

    @cached_property
    def told(self) -> bool:
        """Whether a person, or a manual, tells of something in a block of text longer than a label."""
        person = compiled(parts("told by a person"))
        return any(width(block) >= _TOLD and person.search(block) for block in self.outline.blocks)

    @cached_property
    def prose(self) -> int:
        """How much of the text is of something else than the site, its pages and its visitors, beyond labels."""
        site, person = compiled(parts("about the site")), compiled(parts("told by a person"))
        about = sum(
            width(block)
            for block in self.outline.blocks
            if width(block) < _LABEL or (site.search(block) and not person.search(block))
        )
        return max(self.outline.words - about, 0)

    @cached_property
    def elsewhere(self) -> int:
        """How much is said, beside headings, buttons and links, that is of something else than the site."""
        site = compiled(parts("about the site"))
        leave = {*self.outline.headings, *self.outline.lesser_headings, *self.rows, *self.outline.buttons, *self.titles}
        blocks = (block for block in self.outline.blocks if block not in leave)
        sentences = (each for block in blocks for each in _SENTENCE_END.split(block))
        return (
            sum(width(each) for each in sentences if width(each) >= _A_FEW_WORDS and not site.search(each))
            + self.outline.shown * _TOLD
        )

    @cached_property
    def rows(self) -> tuple[str, ...]:
        """The blocks of text that are links and nothing else."""
        return tuple(row.partition(" ")[2] for row in self.outline.rows)

    @cached_property
    def ways_on(self) -> tuple[str, ...]:
        """Where a page leads on to that shows little, and below it a few links: what it wants to be done."""
        outline = self.outline
        bare = not (outline.posts or outline.shown or outline.linked_headings or self.published)
        below = outline.before_links * 2 >= outline.words > 0
        few = outline.words < _A_WAY_ON and 0 < outline.links <= _MOST_WAYS_ON
        about_it = self.elsewhere * 2 <= outline.words and not self.told
        return outline.hrefs if bare and below and few and about_it else ()

    @cached_property
    def bare(self) -> bool:
        """Whether a page says very little, and nothing shows that it is somebody's: no time, no picture, no headline.

        The head of a short post repeats what it says, in its title or its description; that of a wall names the site.
        """
        outline = self.outline
        if outline.posts or outline.shown or outline.linked_headings or self.published or self.told:
            return False
        return outline.words < _LITTLE and not self.described

    @cached_property
    def described(self) -> bool:
        """Whether the head of a page repeats what it says: a description, or a title that begins with a name."""
        claims = self.page.claims if self.page is not None else ()
        headings = self.outline.headings + self.outline.lesser_headings
        said = [block for block in self.outline.blocks if block not in headings and width(block) >= _A_FEW_WORDS]
        return any(
            block in claim.value and not (claim.name == "title" and claim.value.startswith(block))
            for claim in claims
            if claim.name in {"title", "description"} and claim.tag != "h1"
            for block in said
        )

    @cached_property
    def lives_up_to_its_title(self) -> bool:
        """Whether a block of text begins with a title of several words."""
        titles = [title.casefold() for title in self.titles if len(title.split()) >= _FEW]
        return any(
            block.casefold().startswith(title) and width(block) > width(title) + _A_FEW_WORDS
            for block in self.outline.blocks
            for title in titles
        )

    @cached_property
    def of_the_site_alone(self) -> bool:
        """Whether what a page says last before its links is of the site and its visitors, and it says little else."""
        outline, site = self.outline, compiled(parts("about the site"))
        before = [block for block in outline.blocks[:_FEW] if width(block) <= outline.before_links]
        return outline.words < _SHORT and bool(before) and site.search(before[-1]) is not None

    @cached_property
    def controls(self) -> tuple[str, ...]:
        """The names of the few buttons and links of a bare page without a field: all that there is to do."""
        outline = self.outline
        names = (*outline.buttons, *self.rows)
        few = outline.links + len(outline.buttons) <= _MOST_CONTROLS and not outline.fields + outline.passwords
        return names if few and self.bare else ()

    @cached_property
    def said(self) -> tuple[str, ...]:
        """The blocks of text that are more than the names of the controls."""
        named = re.compile(
            "|".join(map(re.escape, sorted(filter(None, self.controls), key=len, reverse=True))) or r"\Z."
        )
        return tuple(
            block
            for block in self.outline.blocks
            if width(named.sub("", block)) >= (_NEARLY_NOTHING if named.search(block) else 1)
        )

    @cached_property
    def sole_controls(self) -> tuple[str, ...]:
        """The controls, if one block of text at most stands there, below a heading or not."""
        headings = self.outline.headings + self.outline.lesser_headings
        return self.controls if self.controls and sum(block not in headings for block in self.said) <= 1 else ()

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """The controls of a page that asks one thing, or for a consent, to which they are the answers; no poll's."""
        if not self.sole_controls:
            return ()
        site, headings = compiled(parts("about the site")), self.outline.headings + self.outline.lesser_headings
        asked = [block for block in self.said if _is_asked(block) and not any(block in each for each in self.titles)]
        told = (
            each for each in self.said if each not in headings and each not in asked and width(each) >= _A_FEW_WORDS
        )
        return self.controls if asked and all(map(site.search, told)) else ()

    @cached_property
    def remarks(self) -> tuple[str, ...]:
        """The blocks of text that are short enough to be a sign wherever they stand."""
        headings = self.outline.headings + self.outline.lesser_headings
        return tuple(
            block
            for block in self.short_blocks
            if width(block) <= _LONGEST_REMARK and block not in headings and not _QUOTED.search(block)
        )

    @cached_property
    def short_blocks(self) -> tuple[str, ...]:
        """The first blocks of text that are no longer than a sign can be."""
        return tuple(block for block in self.outline.blocks[:_MOST_TRIED] if width(block) <= _LONGEST_SIGN)

    @cached_property
    def stock(self) -> tuple[str, ...]:
        """The lines, and the first sentences, of a page that has little else, until it tells of something.

        What a service says word for word may stand beside its other words; below a text, it is of a part of the page.
        """
        outline, site = self.outline, compiled(parts("about the site"))
        if self.told or self.published or outline.words >= _TEASER or self.prose >= _A_FEW_LINES:
            return ()
        blocks = outline.blocks[:_MOST_TRIED]
        telling = (
            at
            for at, block in enumerate(blocks)
            if block not in outline.headings and _TELLS.search(block) and not site.search(block)
        )
        end = next(telling, len(blocks))
        lines = [block for block in blocks[: end + 1] if not _QUOTED.search(block)]
        sentences = (each for block in blocks[:end] for each in _SENTENCE_END.split(block)[:_MOST_SENTENCES])
        return tuple(dict.fromkeys(each for each in (*lines, *sentences) if width(each) <= _LONGEST_DEMAND))

    def resolved(self, raw: str) -> str:
        """Return an address of the page as an absolute web address, or "" where it is none or the page itself."""
        try:
            return Addresses(self.final, self.page.base if self.page is not None else "").resolve(raw) or ""
        except BadAddress:
            return ""

    def in_place(self, place: str) -> tuple[str, ...]:
        """Return what stands in a place where a sign can stand, by the name of the place in `PLACES`."""
        return PLACES[place](self)


def _is_asked(block: str) -> bool:
    """Say whether a block ends in a question, or speaks of what a consent is asked for."""
    return block.rstrip().endswith(("?", "\uff1f", "\u061f")) or statement("consent").fullmatch(block)


def _unlike_its_address(evidence: Evidence) -> tuple[str, ...]:
    """Return the last part of an asked address of several words, if a bare page for no search engine has none of it."""
    last = unquote(urlsplit(evidence.asked).path).rstrip("/").rpartition("/")[2].casefold()
    words = re.findall(r"[^\W\d_]{4,}", last)
    if len(words) < _FEW or "noindex" not in evidence.outline.robots or not evidence.bare:
        return ()
    text = " ".join((*evidence.titles, *evidence.outline.blocks)).casefold()
    return () if any(word[:_STEM] in text for word in words) else (last,)


def reloads(evidence: Evidence) -> tuple[str, ...]:
    """Return how a bare page asks for itself again: by its scripts, or by a refresh without an address.

    An honest notice may do so, too: one that is not of the site counts for a script that does nothing else alone.
    """
    outline = evidence.outline
    if not evidence.bare or outline.links or outline.fields or outline.words >= _SHORT:
        return ()
    site = compiled(parts("about the site"))
    if evidence.status < _REFUSED and outline.words and not any(map(site.search, outline.blocks)):
        return tuple(each for each in outline.inline if len(outline.inline) == 1 and len(each) < _A_LINE)
    refreshes = (*outline.refreshes, evidence.headers.get("refresh", ""))
    return (*outline.inline, *("refresh" for each in refreshes if each.strip().isdecimal()))


def _ways_in(evidence: Evidence) -> tuple[str, ...]:
    """Return the queries of links that answer the one thing that a page asks, and lead to the page itself."""
    resolved = (urlsplit(evidence.resolved(href)) for href in evidence.outline.hrefs if evidence.choices)
    here = urlsplit(evidence.final)
    return tuple(
        f"?{each.query}" for each in resolved if each.query and each[:3] == here[:3] and each.query != here.query
    )


def _app(evidence: Evidence) -> tuple[str, ...]:
    """Return where a page that says little leads to an app, and to little else; to its own where a shop is named."""
    outline, app = evidence.outline, compiled(parts("app address"))
    few = outline.words < _SHORT and outline.links <= _MOST_CONTROLS and not evidence.described
    theirs = outline.posts or evidence.published or outline.shown > 1
    if any(map(compiled(parts("app shop")).search, outline.hrefs)):
        app = compiled(f"{parts('app address')}|{parts('own app address')}")
    return tuple(filter(app.fullmatch, outline.hrefs)) if few and not theirs else ()


def _about(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return titles or headings without what they quote: one that quotes a refusal is of a page about it."""
    unquoted = ((text, " ".join(_QUOTATION.sub(" ", text).split())) for text in texts)
    return tuple(rest if len(rest) >= _STEM else text for text, rest in unquoted)


def _lead(evidence: Evidence) -> tuple[str, ...]:
    """Return what a page says first, beside a name, if a form for a log-in stands in it."""
    headings = evidence.outline.headings + evidence.outline.lesser_headings
    said = (each for each in evidence.outline.blocks if each not in headings and width(each) >= _A_FEW_WORDS)
    beside = evidence.dated and evidence.elsewhere >= _A_LONG_TEXT  # a greeting above what the page is for
    first = itertools.islice(said, _FEW if evidence.outline.passwords and not beside else 0)
    return tuple(each for each in first if width(each) <= _LONGEST_DEMAND and not evidence.told)


def _of_consent_alone(evidence: Evidence) -> tuple[str, ...]:
    """Return "consent" for a page with something to choose, of which nearly all text is about cookies and data."""
    outline, consent = evidence.outline, compiled(parts("about consent"))
    choice = outline.buttons or outline.ticks or any(map(name("agree").fullmatch, (*evidence.rows, *outline.blocks)))
    if not choice or outline.posts or outline.shown or evidence.published or outline.words >= _A_DIALOGUE:
        return ()
    about = sum(width(block) for block in outline.blocks if consent.search(block))
    return ("consent",) if about >= max(_NEARLY_ALL * (outline.words + outline.linked), _A_NOTICE) else ()


def is_told(block: str) -> bool:
    """Say whether a block quotes, or stands in a person's words."""
    return _QUOTED.search(block) is not None or compiled(parts("told by a person")).search(block) is not None


def _sentences(block: str) -> list[str]:
    """Return the first sentence of a block of a few, or both of two: what is the matter, and what to do about it."""
    sentences = [each for each in _SENTENCE_END.split(block) if each]
    first = sentences[: 2 if len(sentences) == 2 else 1] if 1 < len(sentences) <= _MOST_SENTENCES else []  # noqa: PLR2004 - both
    return [each for each in first if width(each) <= _LONGEST_SIGN and not each.endswith(("?", "\uff1f"))]


def _is_one_remark(block: str) -> bool:
    """Say whether a block is a sentence, or two short ones: a paragraph tells of something."""
    return width(block) <= _TWO_SENTENCES or _SENTENCES.search(block) is None


def _bare_host(host: str | None) -> str:
    return (host or "").removeprefix("www.").removeprefix("m.").removeprefix("mobile.")


def _path(path: str) -> str:
    return unquote(path).rstrip("/").removesuffix("/index.html")


def _address(evidence: Evidence) -> tuple[str, ...]:
    """Return the host and each part of the path of the final address, and its query."""
    parts = urlsplit(evidence.final)
    host = parts.hostname or ""
    return (f"//{host}", *(f"/{each}" for each in unquote(parts.path).lower().split("/") if each), f"?{parts.query}")


def _led_back(evidence: Evidence) -> tuple[str, ...]:
    """Return the query of an address that was redirected to, if it names the address that was asked for."""
    query, asked = unquote(unquote(urlsplit(evidence.final).query)), urlsplit(evidence.asked)
    path = unquote(asked.path)
    return (query,) if evidence.redirected and len(path) > 1 and path in query else ()


def _front(url: str) -> str:
    """Return the host of an address that is a site's front page, of one of its languages too, or ""."""
    parts = urlsplit(url)
    path = _path(parts.path)
    return _bare_host(parts.hostname) if not path or _LANGUAGE.fullmatch(path) else ""


def _for_the_front(evidence: Evidence) -> tuple[str, ...]:
    """Return the front page that answered for one thing of its site: a path of several parts, or with a number."""
    asked = urlsplit(evidence.asked)
    one_thing = _path(asked.path).count("/") > 1 or any(map(str.isdigit, asked.path))
    front = _front(evidence.final) == _bare_host(asked.hostname) and not urlsplit(evidence.final).query
    return (evidence.final,) if one_thing and front and not _front(evidence.asked) else ()


def _named_canonical(evidence: Evidence) -> tuple[str, ...]:
    """Return the parts of the path that a page gives as its own, "front" for the front page where it is not that."""
    canonical = evidence.resolved(evidence.outline.canonical) if evidence.outline.canonical else ""
    if canonical and _front(canonical) and not _front(evidence.final):
        return ("front",)
    return tuple(f"/{each}" for each in unquote(urlsplit(canonical).path).lower().split("/") if each)


def _all_ways_on(evidence: Evidence) -> tuple[str, ...]:
    """Return the ways on of a page, if all lead to a log-in, a registration, a subscription or to the front page."""
    subscription = compiled(parts("subscription name"))
    home = [each for each in evidence.ways_on if _front(evidence.resolved(each))]
    entry = [each for each in evidence.ways_on if each not in home and compiled(_ENTRY).search(each)]
    sold = [each for each in evidence.ways_on if each not in home + entry and subscription.search(each)]
    if len(home) + len(entry) + len(sold) < len(evidence.ways_on):
        return ()
    if sold:
        return ("subscription",)
    if not entry:
        return ("home",) if home else ()
    return ("log-in",) if len(entry) == 1 else ("log-in and registration",)


def leads_to_entries(evidence: Evidence) -> bool:
    """Say whether all of a few links lead to a log-in or a registration, or to the front page."""
    hrefs, entry = evidence.outline.hrefs, compiled(_ENTRY)
    entries = [bool(entry.search(href)) for href in hrefs]
    return (
        any(entries)
        and len(hrefs) <= _MOST_WAYS_ON
        and all(entered or _front(evidence.resolved(href)) for entered, href in zip(entries, hrefs, strict=True))
    )


def _picture_and_field(evidence: Evidence) -> tuple[str, ...]:
    """Return "picture" for a page that says little, and asks for one thing beside a picture, as a captcha does.

    The picture stands in the form, or the field is named after a code: others are looked at, and talked about below.
    """
    outline = evidence.outline
    if outline.fields != 1 or not 1 <= outline.shown <= _FEW or outline.posts or outline.words >= _LITTLE:
        return ()
    if evidence.dated:
        return ()
    code = compiled(parts("code field"))
    return ("picture",) if outline.pictured_forms or any(map(code.fullmatch, outline.field_names)) else ()


def _board_message(evidence: Evidence) -> tuple[str, ...]:
    """Return the part of a forum's page that holds a message in the place of what somebody posted."""
    marks, outline = evidence.outline.marks, evidence.outline
    if outline.posts or outline.words >= _TEASER or any(map(compiled(parts("board post mark")).fullmatch, marks)):
        return ()
    found = list(filter(compiled(parts("board message mark")).fullmatch, marks))
    if "section-viewtopic" in marks and "message" in marks:  # phpBB
        found.append("message")
    return tuple(found[:1])


def _is_teaser(evidence: Evidence) -> bool:
    """Say whether a page is very short, or short with a way to a log-in or a subscription: some are given whole."""
    way = compiled(rf"{_ENTRY}|{parts('subscription name')}")
    most = _TEASER if any(map(way.search, evidence.outline.hrefs)) or evidence.outline.buttons else _SHORT_TEASER
    return evidence.outline.words < most


def _paywall(evidence: Evidence) -> tuple[str, ...]:
    """Return ids and classes of a short page that leads on to a subscription or a log-in."""
    outline, way = evidence.outline, compiled(rf"{_ENTRY}|{parts('subscription name')}")
    sold = outline.passwords or any(map(way.search, outline.hrefs))
    return outline.marks if sold and outline.words < _SHORT_TEASER else ()


def _limit(evidence: Evidence) -> tuple[str, ...]:
    """Return the status of an answer that shows no captcha: one that does is to be answered, not waited for."""
    captcha = compiled(parts("captcha mark"))
    shown = any(map(captcha.fullmatch, evidence.outline.marks))
    return () if shown else (str(evidence.status),)


def _demand_for_scripts(evidence: Evidence) -> tuple[str, ...]:
    """Return what a page says to browsers without scripts, unless it only says that it works better with them."""
    said = evidence.outline.noscript
    return () if compiled(parts("scripts wished")).search(said) else (said[:_LONGEST_DEMAND],)


# Every place where a sign can stand, with what stands there.
PLACES: Mapping[str, Callable[[Evidence], tuple[str, ...]]] = {
    "status": lambda evidence: (str(evidence.status),),
    "status without captcha": _limit,
    "header": lambda evidence: tuple(f"{name}: {value[:300]}" for name, value in evidence.headers.items()),
    "address": _address,
    "redirect": lambda evidence: _address(evidence) if evidence.redirected else (),
    "led to": lambda evidence: _address(evidence)[-2:-1] if evidence.redirected else (),
    "way back": _led_back,
    "title": lambda evidence: _about(evidence.titles),
    "heading": lambda evidence: _about(evidence.outline.headings[:3]),
    "lesser heading": lambda evidence: _about(evidence.outline.lesser_headings[:5]),
    "lead": _lead,
    "teaser": lambda evidence: evidence.short_blocks if evidence.outline.words < _TEASER else (),
    "rest": lambda evidence: evidence.short_blocks if _is_teaser(evidence) else (),
    "stock": lambda evidence: evidence.stock,
    "nothing but consent": _of_consent_alone,
    "statement": lambda evidence: () if evidence.outline.posts else evidence.statements,
    "statement in a post": lambda evidence: evidence.statements if evidence.outline.posts else (),
    "statement alone": lambda evidence: evidence.statements if evidence.elsewhere < _A_FEW_WORDS else (),
    "remark": lambda evidence: evidence.remarks,
    "button": lambda evidence: evidence.outline.buttons[:30],
    "link": lambda evidence: evidence.outline.hrefs[:30],
    "form": lambda evidence: evidence.outline.forms[:20],
    "frame": lambda evidence: evidence.outline.frames[:20],
    "script": lambda evidence: (*evidence.outline.scripts[:50], *evidence.outline.inline),
    "mark": lambda evidence: evidence.outline.marks,
    "board message": _board_message,
    "mark of no form": lambda evidence: (
        () if evidence.outline.fields or evidence.outline.shown > 1 or evidence.dated else evidence.outline.marks
    ),
    "sole heading": lambda evidence: evidence.outline.headings if len(evidence.outline.headings) == 1 else (),
    "page status": lambda evidence: evidence.outline.statuses,
    "robots": lambda evidence: (evidence.outline.robots,),
    "noscript": _demand_for_scripts,
    "echo": lambda evidence: () if evidence.outline.posts else evidence.echoes,
    "notice alone": lambda evidence: evidence.outline.consents if evidence.says_nothing else (),
    "frame alone": lambda evidence: evidence.outline.frames[:20] if evidence.says_nothing else (),
    "question": lambda evidence: evidence.questions,
    "front": _for_the_front,
    "canonical": _named_canonical,
    "ways on": _all_ways_on,
    "entrance": lambda evidence: _all_ways_on(evidence) if evidence.bare and evidence.of_the_site_alone else (),
    "sole control": lambda evidence: evidence.sole_controls,
    "choice": lambda evidence: evidence.choices,
    "sole field": lambda evidence: (
        evidence.outline.marks if evidence.bare and 1 <= evidence.outline.fields <= _MOST_BIRTH_FIELDS else ()
    ),
    "field": lambda evidence: (
        evidence.outline.field_names if evidence.bare and 1 <= evidence.outline.fields <= _FEW else ()
    ),
    "way in": _ways_in,
    "app": _app,
    "for some": lambda evidence: (
        evidence.statements if evidence.bare and evidence.outline.words < _SHORT and leads_to_entries(evidence) else ()
    ),
    "picture and field": _picture_and_field,
    "ticked": lambda evidence: (
        evidence.outline.blocks
        if evidence.bare and 1 <= evidence.outline.ticks <= _FEW and not evidence.outline.fields
        else ()
    ),
    "tick": lambda evidence: evidence.sole_controls if 1 <= evidence.outline.ticks <= _FEW else (),
    "unlike its address": _unlike_its_address,
    "reload": reloads,
    "script alone": lambda evidence: (
        (*evidence.outline.scripts[:50], *evidence.outline.inline)
        if evidence.outline.words + evidence.outline.linked < _NEARLY_ALONE
        and not (evidence.outline.shown or evidence.outline.fields)
        else ()
    ),
    "not free": lambda evidence: ("not free",) if evidence.outline.paid and _is_teaser(evidence) else (),
    "paywall": _paywall,
    "notice": lambda evidence: evidence.notices,
    "few fields": lambda evidence: ("fields",) if 1 <= evidence.outline.fields <= _FEW else (),
    "empty root": lambda evidence: evidence.outline.empty_roots,
    "password": lambda evidence: ("password",) if evidence.outline.passwords else (),
}
