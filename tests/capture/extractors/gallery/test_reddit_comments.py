from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.extractors.gallery.reddit_comments import comments_in, post_of

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                ["data", "children", "kind", "id", "replies", "created_utc", "parent_id", "media_metadata"]
            ),
            inner | st.sampled_from(["t1", "more"]),
        )
    ),
    max_leaves=30,
)


@given(ANY_JSON)
def test_any_thread(value: object) -> None:
    """Whatever stands in the place of comments is gone through; each that is told is an object of the answer."""
    body = json.dumps([{}, {"data": {"children": value}}]).encode()
    for part in comments_in(io.BytesIO(body), ""):
        assert part.data == body[part.offset : part.offset + len(part.data)]
        assert part.post is None or json.loads(part.data)["id"]


@pytest.mark.parametrize("body", [b"", b"[" * 100_000, b"<html>", b'[{}, {"data"'])
def test_no_thread(body: bytes) -> None:
    """What is no JSON says why it could not be read."""
    [part] = comments_in(io.BytesIO(body), "")
    assert part.problem


def test_which_addresses_hold_a_thread() -> None:
    """Those that Reddit's client asks for, and no listing."""
    assert post_of("https://www.reddit.com/comments/1abc/.json?limit=500") == "1abc"
    assert post_of("https://www.reddit.com/r/a/comments/.json") == ""
    assert post_of("https://www.reddit.com/r/halden/.json") == ""
    assert post_of("file:///comments/1abc/.json") == ""


@pytest.mark.parametrize(("said", "permalink"), [("/r/a/1", "https://www.reddit.com/r/a/1"), (".evil.example/", "")])
def test_where_a_comment_stands(said: str, permalink: str) -> None:
    """Its address is Reddit's, whatever the answer writes behind it."""
    comment = {"kind": "t1", "data": {"id": "c1", "permalink": said}}
    body = json.dumps([{}, {"data": {"children": [comment]}}]).encode()
    [part] = comments_in(io.BytesIO(body), "")
    assert part.post is not None
    assert part.post.permalink == permalink


def test_what_is_left_out_is_told_for_what_it_is() -> None:
    """A comment of which the answer has the name alone is one thing; one that stands there unread is another."""
    nameless = {
        "kind": "t1",
        "data": {"body": "smoke", "replies": {"data": {"children": [{"kind": "t1", "data": {}}]}}},
    }
    more = {"kind": "more", "data": {"count": 7, "children": ["c2"]}}
    body = json.dumps([{}, {"data": {"children": [nameless, more]}}]).encode()
    [part] = comments_in(io.BytesIO(body), "")
    assert (part.post, part.only_named, part.unread) == (None, 7, 2)
