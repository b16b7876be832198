from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.format.bundle_listing import BundleListing
from exports.report.threads import Threads
from hashing.case.post import Post
from tests.exports.listed import an_item

BLANK = "0" * 64


def listing_of(*posts: Post) -> BundleListing:
    """Return a listing of one capture with these posts."""
    items = [an_item(ref=f"MP/1-{number:04d}", kind="post", post=each) for number, each in enumerate(posts, start=1)]
    started = {
        "event": "capture-started", "time": "", "format": "", "case": "i", "capture": "c", "exhibit": "MP/1",
        "scene": "s", "officer": "M", "initials": "MP", "signer": BLANK, "tool": "t", "versions": {}, "settings": {},
    }  # fmt: skip
    finished = {
        "event": "capture-finished", "time": "", "status": "complete", "items": 1, "failed": 0, "skipped": 0,
        "bytes": 1,
    }  # fmt: skip
    seal = {"size": 1, "root": BLANK, "fingerprint": "", "public_key": BLANK, "signer": ""}
    capture = {"started": started, "finished": finished, "seal": seal, "lines": len(items), "items": items}
    return msgspec.convert(
        {
            "case": {"id": "i", "title": "t", "officer": "M", "created": ""},
            "exported": {"time": "", "officer": "M", "tool": "t"},
            "captures": [capture],
        },
        BundleListing,
    )


def post(name: str, reply_to: str = "", minute: int = 0, permalink: str = "") -> Post:
    """Return a post."""
    published = f"2026-11-24T10:{minute:02d}:00Z"
    return Post(platform="fediverse", server="s", id=name, reply_to=reply_to, published=published, permalink=permalink)


def shape(*posts: Post) -> list[list[tuple[str, int]]]:
    """Return the threads as names and depths."""
    found: list[list[tuple[str, int]]] = []
    for said, size in Threads(listing_of(*posts)):
        if said.depth == 0:
            found.append([])
        found[-1].append((said.post.id, said.depth))
        assert len(found[-1]) <= size
    return found


def test_answers_stand_under_what_they_answer_in_order_of_time() -> None:
    """A conversation comes first, each answer under its post, siblings by claimed time; what is alone follows."""
    found = shape(post("alone"), post("a", minute=1), post("c", "a", 9), post("b", "a", 5), post("d", "b", 8))
    assert found == [[("a", 0), ("b", 1), ("d", 2), ("c", 1)], [("alone", 0)]]


def test_an_answer_to_a_page_or_a_number() -> None:
    """An answer that names the post's page, or only the server's number, finds it."""
    first = post("tag:1", permalink="https://s/@a/117")
    assert shape(first, post("x", "117")) == [[("tag:1", 0), ("x", 1)]]
    assert shape(first, post("x", "https://s/@a/117")) == [[("tag:1", 0), ("x", 1)]]


def test_a_later_version_stands_for_the_earlier_ones() -> None:
    """A post that was captured twice stands once, in its last version, and names the other item."""
    [(said, _)] = Threads(listing_of(post("a"), msgspec.structs.replace(post("a"), text="edited")))
    assert (said.post.text, said.item.ref, said.others) == ("edited", "MP/1-0002", ("MP/1-0001",))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_posts_that_answer_each_other_in_a_ring(size: int) -> None:
    """A ring of answers, which only a forger makes, is shown once and ends."""
    ring = [post(str(number), str((number + 1) % size)) for number in range(size)]
    assert sorted(name for thread in shape(*ring) for name, _ in thread) == [str(number) for number in range(size)]


def test_a_very_long_chain() -> None:
    """Ten thousand answers, each to the one before, are one conversation."""
    chain = [post(str(number), str(number - 1) if number else "") for number in range(10_000)]
    [thread] = shape(*chain)
    assert thread[-1] == ("9999", 9_999)


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh ")), max_size=12))
def test_every_post_stands_once(pairs: list[tuple[str, str]]) -> None:
    """Whatever answers whatever, each post stands in one thread, once."""
    found = shape(*(post(name, reply_to.strip()) for name, reply_to in pairs))
    assert sorted(name for thread in found for name, _ in thread) == sorted({name for name, _ in pairs})
