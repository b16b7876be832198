"""What a post says: its HTML as plain text with its links, its hashtags, the options of its poll, its place.

The HTML is its author's server's. Polls are as in https://docs.joinmastodon.org/entities/Poll/.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from capture.extractors.json_value import Json, count, line, mapping, sequence, text, time, web_url
from capture.page.document import Attributes, Snippet, Start, parse
from capture.page.text import VisibleText
from capture.request.hashtag import same_for_all
from hashing.case.facts import Fact

LONGEST = 150_000  # Characters of text that are kept of one post; the post as served is kept whole.
CUT = "\n\n[The text goes on; it was cut here.]"

_STEPS = 1 << 30  # Steps (see `capture.page.document`) for the HTML of one post.
_MOST = 200
_SIGNS = ("#", "\N{FULLWIDTH NUMBER SIGN}")
_LONGEST_HTML = 4 << 20

_WORD = re.compile(r"[#\uff03](\w{1,200})")
_MOST_TAGS = 200
_LONGEST_TAG = 200

_MOST_OPTIONS = 50
_LONGEST_OPTION = 300

_AXES = 2


class StatusContent(NamedTuple):
    """What a post says; `tags` are the hashtags in it as their author spelled them, without the sign."""

    text: str
    tags: tuple[str, ...]
    links: tuple[str, ...]


def read_content(html: object) -> StatusContent:
    """Read the HTML of a post. Never fails: what is no HTML is text."""
    visible, links = VisibleText(), _Links()
    source = text(html, _LONGEST_HTML)
    parse(source, visible, [links], steps=_STEPS)
    said = visible.text()
    if len(said) > LONGEST:
        said = said[: LONGEST - len(CUT)] + CUT
    return StatusContent(text(said, LONGEST), tuple(links.tags), tuple(links.links))


class _Links:
    """Reads the anchors: hashtags and mentions are marked by their class (FEP-9098 and Mastodon's own HTML)."""

    def __init__(self) -> None:
        self.tags: dict[str, None] = {}
        self.links: dict[str, None] = {}

    @property
    def starts(self) -> Mapping[str, Start]:
        return {"a": self._anchor}

    @property
    def attributes(self) -> Mapping[str, Start]:
        return {}

    @property
    def ends(self) -> Mapping[str, Callable[[], None]]:
        return {}

    def _anchor(self, _: str, attributes: Attributes) -> Snippet | None:
        marks = {*attributes.get("class", "").split(), *attributes.get("rel", "").split()}
        if marks & {"hashtag", "tag"}:
            return Snippet(_MOST, self._hashtag)
        link = web_url(attributes.get("href"))
        if link and "mention" not in marks and len(self.links) < _MOST:
            self.links[link] = None
        return None

    def _hashtag(self, said: str) -> None:
        word = line(said, _MOST)
        if word.startswith(_SIGNS) and len(word) > 1 and len(self.tags) < _MOST:
            self.tags[word[1:]] = None


def read_tags(value: object, content: StatusContent) -> tuple[str, ...]:
    """Return the hashtags of a status's `tags`, without the sign.

    Servers list them in small letters, some without accents; a tag that is marked only in the text counts as well.
    """
    marked = {same_for_all(tag): tag for tag in content.tags}
    words = itertools.islice(_WORD.finditer(content.text), _MOST_TAGS)
    spelled = {same_for_all(match[1]): match[1] for match in words} | marked
    listed = [line(mapping(each).get("name"), _LONGEST_TAG).lstrip("#") for each in sequence(value, _MOST_TAGS)]
    found = {same_for_all(tag): spelled.get(same_for_all(tag), tag) for tag in listed if tag}
    return tuple({**found, **marked}.values())[:_MOST_TAGS]


def poll_text(text: str, poll: object) -> str:
    """Return a post's text with the options of its poll below it, without the votes, which change by the minute."""
    options = "\n".join(f"( ) {title}" for title, _ in _options(poll))
    return "\n\n".join(filter(None, (text, options)))


def poll_counts(poll: object) -> dict[str, int]:
    """Return the votes for each option at the time of capture."""
    counts = {f"votes for {title}": votes for title, votes in _options(poll) if votes is not None}
    total = count(mapping(poll).get("votes_count"))
    return counts if total is None else {"votes": total, **counts}


def poll_facts(poll: object) -> tuple[Fact, ...]:
    """Return what else a poll says."""
    said = mapping(poll)
    facts = [Fact("poll ends", time(said.get("expires_at")), "poll")]
    if isinstance(multiple := said.get("multiple"), bool):
        facts.append(Fact("poll allows several answers", multiple, "poll"))
    return tuple(fact for fact in facts if fact.value != "")


def _options(poll: object) -> Iterator[tuple[str, int | None]]:
    for option in sequence(mapping(poll).get("options"), _MOST_OPTIONS):
        if title := line(mapping(option).get("title"), _LONGEST_OPTION):
            yield title, count(mapping(option).get("votes_count"))


def read_place(said: Json) -> str:
    """Return the place that a post names, with its coordinates if it gives them; "" where it names none."""
    for key in ("place", "location", "geo"):
        place = said.get(key)
        if isinstance(place, str) and line(place):
            return line(place)
        named = mapping(place)
        # Of an object (Pixelfed's `place`, ActivityStreams' `location`), each word once: a city is often the name of
        # the place too.
        words = [line(named.get(name), 300) for name in ("name", "city", "country")]
        found = ", ".join(dict.fromkeys(filter(None, [*words, _coordinates(named)])))
        if found:
            return found
    return ""


def _coordinates(place: Json) -> str:
    """Return `latitude, longitude` in degrees."""
    # By the names of ActivityStreams, of Pixelfed, and the bare pair; a pair counts whole or not at all, for half a
    # position is none.
    pairs = (
        (place.get("latitude"), place.get("longitude")),
        (place.get("lat"), place.get("long")),
        tuple(sequence(place.get("coordinates"), _AXES)),
    )
    for pair in pairs:
        degrees = [_degrees(each) for each in pair]
        if len(degrees) == _AXES and all(degrees):
            return ", ".join(degrees)
    return ""


def _degrees(value: object) -> str:
    if isinstance(value, str):
        return line(value, 30) if value.strip().lstrip("+-").replace(".", "", 1).isdecimal() else ""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -180 <= value <= 180:  # noqa: PLR2004
        return ""
    return f"{value:.7f}".rstrip("0").rstrip(".")
