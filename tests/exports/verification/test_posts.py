from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.errors import NotWhole
from exports.verification import verify
from exports.verification.posts import _shown_as
from hashing.case.events import PostRead
from hashing.case.post import Account, Post
from hashing.times import system_clock, timestamp
from tests.exports.bundles import bundle_of
from tests.exports.small_case import Thing, make_case

if TYPE_CHECKING:
    from pathlib import Path

DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
URI = f"at://{DID}/app.bsky.feed.post/3k"
POST = Post(platform="bluesky", server="bsky.example", id=URI, author=Account(id=DID, name="Ann"), text="Smoke \ufffd")


def problems(folder: Path, served: bytes, post: Post) -> list[str]:
    """Return what verification says of a bundle with a post that was read from these bytes."""
    maker = make_case(folder)
    capture = maker.begin("https://bsky.example/")
    item = capture.add(Thing("record.json", served, "post", "application/json"))
    capture.events.append(PostRead(time=timestamp(system_clock()), ref=item.ref, post=post))
    capture.seal()
    return [each.reason for each in verify(bundle_of(maker, folder / "bundle")).problems]


def record(**words: object) -> bytes:
    """Return the answer of a server."""
    return json.dumps({"uri": URI, "cid": "c", "value": {"text": "Smoke \u202e"}, **words}).encode()


def test_a_post_as_it_stands_in_its_item(tmp_path: Path) -> None:
    """A text that is shown as it stands in the record is no fault; what would move a cursor may be replaced."""
    assert problems(tmp_path, record(), POST) == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"text": "Fire \ufffd"}, "MP/1-0001: the post's text is not what stands in the item"),
        ({"text": "Smoke"}, "MP/1-0001: the post's text is not what stands in the item"),
        ({"author": Account(id="did:plc:another")}, "MP/1-0001: the post's author is not the one in the item"),
    ],
)
def test_a_post_that_says_something_else(tmp_path: Path, words: dict[str, object], reason: str) -> None:
    """A sealed line that gives a record another text or author than the item holds is found out."""
    with pytest.raises(NotWhole, match=reason):
        problems(tmp_path, record(), msgspec.structs.replace(POST, **words))


@pytest.mark.parametrize(
    "served",
    [b"", b"{", b"[]", b"\xff", b"[" * 9_000, record(value=[]), record(uri="at://x/y/z"), b'{"uri":1,"uri":2}'],
    ids=["nothing", "cut", "a list", "no text", "deep", "no record", "another", "twice"],
)
def test_what_cannot_be_read_again(tmp_path: Path, served: bytes) -> None:
    """An item of another form, or one that two readers could take differently, is compared with nothing."""
    assert problems(tmp_path, served, POST) == []


@given(st.text(), st.text())
def test_a_text_is_shown_as_it_is_or_not(said: str, other: str) -> None:
    """A text is shown as itself, and as no other that has no replaced characters."""
    assert _shown_as(said, said)
    assert _shown_as(said, other) == (said == other) or "\ufffd" in other
