"""The content of a post is HTML that its author's server made: here it becomes plain text, with its links apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from capture.extractors.json_value import line, text, web_url
from capture.page.document import Attributes, Snippet, Start, parse
from capture.page.text import VisibleText

LONGEST = 150_000
"""Characters of text that are kept of one post; the post as served is kept whole."""
CUT = "\n\n[The text goes on; it was cut here.]"

_STEPS = 1 << 30
"""Steps (see `capture.page.document`) for the HTML of one post."""
_MOST = 200
_SIGNS = ("#", "\N{FULLWIDTH NUMBER SIGN}")
_LONGEST_HTML = 4 << 20


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
