from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.extractors.bluesky.thread_nodes import ThreadNodes

POSTS = st.dictionaries(st.sampled_from(["uri", "text", "replies", "parent", "ü"]), st.text(), max_size=3)
NODES = st.recursive(
    st.fixed_dictionaries({"post": POSTS}) | st.fixed_dictionaries({"uri": st.text(), "blocked": st.just(value=True)}),
    lambda below: st.fixed_dictionaries(
        {"post": POSTS, "parent": below, "replies": st.lists(below | st.integers() | st.text(), max_size=3)}
    ),
    max_leaves=8,
)


def count(node: Any) -> int:  # noqa: ANN401 - any JSON
    """Count the nodes of a thread by recursion."""
    if not isinstance(node, dict):
        return 0
    return 1 + count(node.get("parent")) + sum(map(count, node.get("replies", [])))


@given(NODES, st.sampled_from([None, 2]), st.booleans())
def test_every_node_is_found_with_its_bytes(thread: dict[str, Any], indent: int | None, escaped: bool) -> None:
    """Each post of a thread is there, at the offset that is named, byte for byte as it was served."""
    body = json.dumps({"thread": thread, "more": [1]}, indent=indent, ensure_ascii=escaped).encode()
    read = ThreadNodes(body)
    assert read.whole
    assert len(read.nodes) == 1 + count(thread)
    for node in read.nodes:
        for piece in node.members.values():
            offset, data = read.json.served(piece)
            assert body[offset : offset + len(data)] == data
            assert json.loads(data) == piece.value


@given(NODES, st.data())
def test_a_thread_that_breaks_off_gives_what_stands_before(thread: dict[str, Any], data: st.DataObject) -> None:
    """Cut anywhere, an answer is read to the cut and called not whole."""
    body = json.dumps({"thread": thread}).encode()
    cut = data.draw(st.integers(0, len(body) - 1))
    read = ThreadNodes(body[:cut])
    assert not read.whole
    assert len(read.nodes) <= 1 + count(thread)


@given(st.binary() | st.text().map(str.encode) | st.text(alphabet='{}[]",:parentlis0 ').map(str.encode))
def test_any_bytes_are_read_or_called_broken(body: bytes) -> None:
    """No bytes raise an error."""
    read = ThreadNodes(body)
    assert read.whole in {True, False}
    assert len(read.nodes) <= body.count(b"{")


def test_whose_parent_a_node_is_and_how_many_replies_it_has() -> None:
    """Posts that are replied to are told from replies, and replies that are shown are counted."""
    thread = {"post": {}, "parent": {"post": {}, "parent": {"uri": "x"}}, "replies": [{"post": {}}, {"post": {}}, 7]}
    _, first, parent, top, *replies = ThreadNodes(json.dumps({"thread": thread}).encode()).nodes
    assert (first.is_above, first.has_parent, first.replies) == (False, True, 2)
    assert (parent.is_above, parent.has_parent, parent.replies) == (True, True, 0)
    assert (top.is_above, top.has_parent, top.value("uri")) == (True, False, "x")
    assert [reply.is_above for reply in replies] == [False, False]


@pytest.mark.parametrize("deep", ["[" * 50_000 + "]" * 50_000, '{"a":' * 5000 + "1" + "}" * 5000])
@pytest.mark.parametrize("place", ["record", "post", "node", "list"])
def test_one_deep_reply_costs_no_other(deep: str, place: str) -> None:
    """What is nested too deeply, in a record, beside it or in the place of a reply, costs no sibling."""
    bad = {
        "record": f'{{"post": {{"uri": "bad", "record": {{"text": "said", "x": {deep}}}}}}}',
        "post": f'{{"post": {{"uri": "bad", "record": {{"text": "said"}}, "x": {deep}}}}}',
        "node": f'{{"x": {deep}, "post": {{"uri": "bad", "record": {{"text": "said"}}}}}}',
        "list": f'{deep}, {{"post": {{"uri": "bad", "record": {{"text": "said"}}}}}}',
    }[place]
    good = '{"post": {"uri": "good"}}'
    body = f'{{"thread": {{"post": {{}}, "replies": [{good}, {bad}, {good}]}}}}'
    read = ThreadNodes(body.encode())
    posts: list[Any] = [node.value("post") for node in read.nodes if isinstance(node.value("post"), dict)]
    assert read.whole
    assert [post["uri"] for post in posts if post].count("good") == 2
    [found] = [post for post in posts if post.get("uri") == "bad"]
    assert found["record"]["text"] == "said"
