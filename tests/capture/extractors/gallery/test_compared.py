from __future__ import annotations

import io
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.extractors.gallery.compared import ClaimedPost, claims_of, not_served
from hashing.case.facts import Fact
from hashing.case.post import Account, Post

SERVED = {
    "id": "9", "user": {"id": 7, "name": "amira"}, "full_text": "Smoke &amp; fire <b>near</b> #FireWatch https://t.co/x",
    "created_at": "Sun Nov 29 10:00:00 +0000 2026", "likes": 4, "parent": "t3_8",
}  # fmt: skip
POST = Post(
    platform="x",
    server="x.com",
    id="x:9",
    author=Account(handle="amira", id="7"),
    published="2026-11-29T10:00:00Z",
    text="Smoke & fire near #FireWatch",
    tags=("FireWatch",),
    reply_to="x:8",
    counts={"likes": 4},
)


def _missing(served: Any, post: Post, around: str = "") -> list[str]:  # noqa: ANN401 - any JSON
    body = json.dumps(served).encode()
    file = io.BytesIO(body + around.encode())
    return not_served(file, "", msgspec.json.encode([ClaimedPost(3, 0, len(body), claims_of(post))]))[3]


def test_what_was_served() -> None:
    """Markup, entities, a link that was left out, and the form of a time make no difference."""
    assert _missing(SERVED, POST) == []


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"text": "Smoke & fire near #FireWatch https://example.org/written-out"}, "text"),
        ({"published": "2026-11-29T10:00:02Z"}, "published"),
        ({"counts": {"likes": 4, "views": 0}}, "count of views"),
        ({"reply_to": "x:5"}, "in answer to"),
        ({"tags": ("FireWatch", "smoke2")}, "tags"),
        ({"author": Account(handle="mallory", id="7")}, "author's handle"),
    ],
)
def test_what_was_not(changed: dict[str, Any], name: str) -> None:
    """A field that is not in the served post is named, and no other."""
    assert _missing(SERVED, msgspec.structs.replace(POST, **changed)) == [name]


def test_other_facts_are_compared_as_fields_are() -> None:
    """A word and a number by value, what is true or false by its name, a link wherever it stands in a text."""
    served = SERVED | {"subreddit": "halden", "pinned": False, "html": '<a href="https://a.example/?b=1&amp;c=2">'}
    facts: dict[str, str | bool] = {"subreddit": "halden", "pinned": False, "leads to": "https://a.example/?b=1&c=2"}
    for told, missing in (
        (facts, []),
        (facts | {"pinned": True}, ["pinned"]),
        (facts | {"sensitive": True}, ["sensitive"]),
        (facts | {"subreddit": "other", "leads to": "https://evil.example/"}, ["subreddit", "leads to"]),
    ):
        body = json.dumps(served).encode()
        said = claims_of(POST, [Fact(name, value, "gallery-dl: x") for name, value in told.items()])
        assert not_served(io.BytesIO(body), "", msgspec.json.encode([ClaimedPost(3, 0, len(body), said)]))[3] == missing


def test_an_author_may_stand_elsewhere_in_the_answer() -> None:
    """A list may name its author once; text and time are the post's own."""
    other = msgspec.structs.replace(POST, author=Account(handle="ben", id="31"), text="not here")
    assert _missing(SERVED, other, ' {"name": "ben", "id": 31, "t": "not here"}') == ["text"]


@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    """Of what is no JSON every field is named; nothing is raised."""
    names = list(claims_of(POST))
    [found] = not_served(
        io.BytesIO(body), "", msgspec.json.encode([ClaimedPost(3, 0, len(body), claims_of(POST))])
    ).values()
    assert set(found) <= set(names)
