"""Rich text (https://atproto.com/lexicons/app-bsky-richtext): what facets mark in a text as tag, mention or link.

A facet says what it means in its feature, and where in the text in bytes of UTF-8. Servers act on the feature; where
the text shows something else, the facet lies, and what it leads to is what counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from capture.extractors.json_value import Json, line, mapping, sequence
from capture.request.hashtag import same_for_all

_MOST = 200
_LONGEST_TAG = 640
_LONGEST_LINK = 2048
_FACET = "app.bsky.richtext.facet"


@dataclass(frozen=True, slots=True, kw_only=True)
class RichTextMarks:
    """What a post's text is marked with, each once, in the order of the record."""

    tags: tuple[str, ...]
    """Those of the text and those of the `tags` field, without the sign, in the author's spelling."""
    mentions: tuple[str, ...]
    """DIDs."""
    links: tuple[str, ...]


def read_marks(record: Json) -> RichTextMarks:
    """Return the marks of a record. Never fails: what is not of the form that it must have is passed over."""
    features = [
        mapping(feature)
        for facet in sequence(record.get("facets"), _MOST)
        for feature in sequence(mapping(facet).get("features"), _MOST)
    ][:_MOST]
    tags = [*_of(features, "tag", "tag", _LONGEST_TAG)]
    tags += [line(tag, _LONGEST_TAG) for tag in sequence(record.get("tags"), _MOST)]
    by_spelling = {same_for_all(tag): tag for tag in reversed(tags) if tag}
    return RichTextMarks(
        tags=tuple(reversed(by_spelling.values())),
        mentions=tuple(dict.fromkeys(_of(features, "mention", "did", _LONGEST_LINK))),
        links=tuple(dict.fromkeys(_of(features, "link", "uri", _LONGEST_LINK))),
    )


def _of(features: list[Json], kind: str, field: str, longest: int) -> list[str]:
    found = [line(each.get(field), longest) for each in features if each.get("$type") == f"{_FACET}#{kind}"]
    return [each for each in found if each]
