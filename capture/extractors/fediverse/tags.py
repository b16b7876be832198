"""The hashtags of a post, in their author's spelling where the text shows it."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from capture.extractors.json_value import line, mapping, sequence
from capture.request.hashtag import same_for_all

if TYPE_CHECKING:
    from capture.extractors.fediverse.content import StatusContent

_WORD = re.compile(r"[#\uff03](\w{1,200})")
_MOST = 200
_LONGEST = 200


def read_tags(value: object, content: StatusContent) -> tuple[str, ...]:
    """Return the hashtags of a status's `tags`, without the sign.

    Servers list them in small letters, some without accents; a tag that is marked only in the text counts as well.
    """
    marked = {same_for_all(tag): tag for tag in content.tags}
    words = itertools.islice(_WORD.finditer(content.text), _MOST)
    spelled = {same_for_all(match[1]): match[1] for match in words} | marked
    listed = [line(mapping(each).get("name"), _LONGEST).lstrip("#") for each in sequence(value, _MOST)]
    found = {same_for_all(tag): spelled.get(same_for_all(tag), tag) for tag in listed if tag}
    return tuple({**found, **marked}.values())[:_MOST]
