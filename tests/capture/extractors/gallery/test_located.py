from __future__ import annotations

import io
import json

from hypothesis import given
from hypothesis import strategies as st

from capture.extractors.gallery.located import objects_in

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "pk", "x", "code"]) | st.text(), inner),
    max_leaves=30,
)


def test_the_largest_object_of_a_name() -> None:
    """A post is found by its own member, not by one of what it holds, and as large as it was served."""
    body = b'[{"id": 7, "user": {"id": "u7"}, "legacy": {"id_str": "7"}}, {"x": {"id": "7\\u0041"}, "ids": ["7"]}]'
    found = {each.name: body[each.start : each.end] for each in objects_in(io.BytesIO(body), "")}
    assert found["7"] == b'{"id": 7, "user": {"id": "u7"}, "legacy": {"id_str": "7"}}'
    assert found["u7"] == b'{"id": "u7"}'
    assert found["7A"] == b'{"id": "7\\u0041"}'


def test_scripts_of_a_page() -> None:
    """JSON in a page's scripts is gone through as well; brackets and quotes in the page are not."""
    body = b'<p title="{">don\'t</p><script type=\'application/json\'> {"a": {"id": "9"}}</script><script>{\'</script>'
    [found] = objects_in(io.BytesIO(body), "")
    assert body[found.start : found.end] == b'{"id": "9"}'


@given(st.binary() | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes(body: bytes) -> None:
    """Whatever comes is gone through to its end, and what is found begins and ends with a brace."""
    for each in objects_in(io.BytesIO(body), ""):
        part = body[each.start : each.end]
        assert part.startswith(b"{")
        assert part.endswith((b"}", b"]"))


@given(ANY_JSON)
def test_every_named_object_is_whole(value: object) -> None:
    """In a JSON body each object that is found is JSON by itself, and has the name among its own members."""
    body = json.dumps(value).encode()
    for each in objects_in(io.BytesIO(body), ""):
        said = json.loads(body[each.start : each.end])
        assert any(str(member) == each.name or member == each.name for member in said.values())


def test_hostile_depth_and_width() -> None:
    """A body of brackets, and one of endless quotes, take neither recursion nor going back."""
    for body in (b"[" * 500_000, b'{"id":' * 200_000, b'{"a":"' + b"\\" * 500_000, b'"' * 500_001):
        assert objects_in(io.BytesIO(body), "") == []
