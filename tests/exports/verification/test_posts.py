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
from hashing.times import system_clock, time_text
from tests.exports.bundles import bundle_of
from tests.exports.small_case import Thing, make_case

if TYPE_CHECKING:
    from pathlib import Path

DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
URI = f"at://{DID}/app.bsky.feed.post/3k"
POST = Post(platform="bluesky", server="bsky.example", id=URI, author=Account(id=DID, name="Ann"), text="Smoke \ufffd")


def problems(folder: Path, served: bytes, post: Post, url: str = "") -> list[str]:
    """Return what verification says of a bundle with a post that was read from these bytes."""
    maker = make_case(folder)
    capture = maker.begin("https://bsky.example/")
    item = capture.add(Thing("record.json", served, "post", "application/json", url))
    capture.events.append(PostRead(time=time_text(system_clock()), ref=item.ref, post=post))
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


STATUS = {
    "id": "11",
    "uri": "https://social.example/users/ann/statuses/11",
    "url": "https://social.example/@ann/11",
    "created_at": "2026-11-24T10:15:02.000Z",
    "account": {"acct": "ann", "uri": "https://social.example/users/ann", "display_name": "Ann"},
    "content": '<p>Smoke over <a href="https://x.example/">the <b>bridge</b></a> &amp; river</p><p>Two fires</p>',
}
NOTE = {
    "type": "Note",
    "id": STATUS["uri"],
    "attributedTo": "https://social.example/users/ann",
    "published": STATUS["created_at"],
    "content": STATUS["content"],
}
ENTRY = {"id": STATUS["uri"], "content_html": STATUS["content"]}
SHOWN = Post(
    platform="fediverse",
    server="social.example",
    id="https://social.example/users/ann/statuses/11",
    permalink="https://social.example/@ann/11",
    author=Account(handle="ann@social.example", name="Ann", id="https://social.example/users/ann"),
    published="2026-11-24T10:15:02.000Z",
    text="Smoke over the bridge & river\n\nTwo fires",
)
FORMS = {
    "a status": (STATUS, SHOWN),
    "a note": (NOTE, SHOWN),
    "an activity": ({"type": "Create", "attributedTo": 1, "object": NOTE}, SHOWN),
    "an entry": (ENTRY, msgspec.structs.replace(SHOWN, platform="feed")),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_post_in_json_as_it_stands_in_its_item(form: str, tmp_path: Path) -> None:
    """What says what its item says is no fault, in a case and in its bundle, and is counted."""
    said, post = FORMS[form]
    assert problems(tmp_path, json.dumps(said).encode(), post) == []
    for place in ("OP-ALDER", "bundle"):
        [note] = [each for each in verify(tmp_path / place).notes if "posts" in each]
        assert note == "posts compared with what stands in their items: 1"


TOLD = {"a status": {"text", "id", "author", "handle", "time", "address"}, "an entry": {"text", "id"}}
"""What is compared of each form; of the others all but a handle and an address."""


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("text", {"text": "I confess"}),
        ("text", {"text": f"I confess. {SHOWN.text}"}),
        ("id", {"id": "https://social.example/users/eve/statuses/11"}),
        ("author", {"author": Account(handle="ann@social.example", id="https://social.example/users/eve")}),
        ("handle", {"author": Account(handle="eve@social.example", id=SHOWN.author.id)}),
        ("time", {"published": "2026-11-25T10:15:02.000Z"}),
        ("address", {"permalink": "https://evil.example/"}),
    ],
)
def test_a_line_that_says_something_else_of_a_post(
    form: str, what: str, words: dict[str, object], tmp_path: Path
) -> None:
    """A sealed line that gives a post another text, author, time or address than its item does not match."""
    said, post = FORMS[form]
    maker = make_case(tmp_path)
    capture = maker.begin("https://social.example/")
    item = capture.add(Thing("post.json", json.dumps(said).encode(), "post", "application/json"))
    lie = msgspec.structs.replace(post, **words)
    capture.events.append(PostRead(time=time_text(system_clock()), ref=item.ref, post=lie))
    capture.seal()
    found = verify(maker.path)
    if what in TOLD.get(form, {"text", "id", "author", "time"}):
        name = "author is not the one" if what in {"author", "handle"} else f"{what} is not what stands"
        assert [each.reason for each in found.problems] == [f"MP/1-0001: the post's {name} in the item"]
    else:
        assert found.verdict == "ok"


@pytest.mark.parametrize(
    "content",
    [
        *(
            "<p>a<script>b</script>",
            "<p>a<!-- <p> -->b",
            "&notit;",
            "<b>" * 600,
            "a\0b",
            "\ud800",
            "<p title='>'>x",
            "<x>y",
        ),
        '<p title="a>b</p>',
        "<p title='a>b</p>",
        '<a href="&quot;>b</a>',
        "<p a='\"'>b</p><p c='\">d</p>",
        "<br hidden=>b",
    ],
)
def test_html_that_two_readers_could_take_differently_is_compared_with_nothing(content: str, tmp_path: Path) -> None:
    """A stranger's odd HTML never makes an untouched capture one that does not match."""
    post = msgspec.structs.replace(SHOWN, text="as some reader has it")
    assert problems(tmp_path, json.dumps({**STATUS, "content": content}).encode(), post) == []


API = "https://social.example/api/v1/statuses/11"


def test_a_boost_says_what_it_shares(tmp_path: Path) -> None:
    """The item of a boost is compared with the post that it shares, which is what a capture reads in it."""
    boost = {**STATUS, "id": "12", "uri": "https://social.example/users/bob/12", "content": "", "reblog": STATUS}
    assert problems(tmp_path, json.dumps(boost).encode(), SHOWN, API) == []
    lie = msgspec.structs.replace(SHOWN, text="I confess")
    with pytest.raises(NotWhole, match="the post's text is not what stands in the item"):
        problems(tmp_path / "lie", json.dumps(boost).encode(), lie, API)


EVIL = "https://social.example/users/eve/statuses/99"


@pytest.mark.parametrize(
    ("said", "post", "url"),
    [
        ({**STATUS, "type": "Note", "id": EVIL, "attributedTo": EVIL, "published": "2020-01-01T00:00:00Z"}, SHOWN, API),
        ({**STATUS, "content": None, "type": "Note", "id": EVIL}, SHOWN, API),
        ({**STATUS, "type": "Create", "object": {**NOTE, "id": EVIL}}, SHOWN, API),
        ({**NOTE, "account": {"uri": EVIL}, "uri": EVIL, "created_at": "2020-01-01T00:00:00Z"}, SHOWN, ""),
        ({**NOTE, "type": ["Note"], "account": {"uri": EVIL}, "uri": EVIL}, SHOWN, ""),
        ({**NOTE, "reblog": {**STATUS, "content": "something else"}}, SHOWN, ""),
        ({"object": NOTE, "account": {}, "content": "something else"}, SHOWN, ""),
        ({"type": "Create", "object": NOTE, "account": {}, "content": "something else"}, SHOWN, ""),
        ({"uri": URI, "record": {"text": "Smoke"}, "value": {"text": "something else"}}, POST, ""),
    ],
)
def test_names_of_another_form_in_a_post(said: dict[str, object], post: Post, url: str, tmp_path: Path) -> None:
    """A stranger who puts the names of one form of posts into another never makes a capture one that does not match."""
    assert problems(tmp_path, json.dumps(said).encode(), post, url) == []
