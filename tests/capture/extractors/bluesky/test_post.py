from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.extractors.bluesky.at_uri import POST, AtUri
from capture.extractors.bluesky.post import read_blobs, read_marks, read_post, record_facts
from capture.extractors.bluesky.said import MOST_BLOBS
from capture.extractors.bluesky.view import read_view
from hashing.atproto import blob_cid
from hashing.case.post import Post
from hashing.ledger.canonical import canonical_json

URI = AtUri(did="did:plc:z72i7hdynmk6r22z27h6tvur", collection=POST, rkey="3lc3mpsphk22o")
CIDS = [blob_cid(f"{number:064x}") for number in range(150)]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text(st.characters(categories=["Cs"])),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=8), below, max_size=4),
    max_leaves=20,
)
FIELDS = [
    *("text", "createdAt", "langs", "tags", "facets", "features", "embed", "reply", "parent", "root", "uri", "labels"),
    *("values", "val", "external", "record", "media", "images", "image", "alt", "ref", "$link", "$type", "mimeType"),
    *("author", "handle", "displayName", "likeCount", "fullsize", "cid", "tag", "did", "index"),
]
RECORDS = st.recursive(
    JSON | st.sampled_from([*CIDS[:3], "blob", "app.bsky.embed.record", "app.bsky.richtext.facet#tag", str(URI)]),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), below, max_size=6),
    max_leaves=40,
)


def read(record: object) -> Post:
    """Read a record as a post."""
    return read_post(record, URI)


def blob(number: int, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a blob
    """Return a reference to a blob."""
    return {"$type": "blob", "ref": {"$link": CIDS[number]}, "mimeType": "image/jpeg", "size": 1} | fields


@given(RECORDS)
def test_any_record_is_a_post_that_the_ledger_can_hold(record: object) -> None:
    """Whatever a server makes of a record, it is read without an error, and canonical JSON carries it."""
    post = read(record)
    assert json.loads(canonical_json(post))["id"] == str(URI)
    for fact in record_facts(record, ""):
        canonical_json(fact)


@given(RECORDS)
def test_any_view_is_a_post_or_none(value: object) -> None:
    """Whatever an AppView shows is a post that the ledger can hold, or none."""
    shown = value | {"uri": str(URI), "record": value} if isinstance(value, dict) else value
    view = read_view(shown)
    if view is None:
        assert not isinstance(value, dict)
    else:
        canonical_json(view[1])
        canonical_json(view[2])


def test_a_post_says_what_its_record_says() -> None:
    """Text, time with its zone as claimed, languages, warnings, reply, quote, card and media."""
    post = read(
        {
            "text": "Später",
            "createdAt": "2026-03-01T12:00:00.123+01:00",
            "langs": ["de", "en"],
            "labels": {"values": [{"val": "graphic-media"}, {"val": 7}, None]},
            "reply": {"parent": {"uri": "at://parent"}, "root": {"uri": "at://root"}},
            "embed": {
                "$type": "app.bsky.embed.recordWithMedia",
                "record": {"$type": "app.bsky.embed.record", "record": {"uri": "at://quoted"}},
                "media": {
                    "$type": "app.bsky.embed.external",
                    "external": {"uri": "https://news.example/", "title": "News", "thumb": blob(0)},
                },
            },
        }
    )
    assert (post.text, post.published) == ("Später", "2026-03-01T12:00:00.123+01:00")
    assert (post.language, post.warning) == ("de, en", "graphic-media")
    assert (post.reply_to, post.quotes) == ("at://parent", "at://quoted")
    assert post.links == ("https://news.example/",)
    assert [(media.kind, media.cid) for media in post.media] == [("photo", CIDS[0])]


@pytest.mark.parametrize("created", ["yesterday", "2026-03-01", "2026-03-01T12:00:00", "2026-13-01T12:00:00Z", 7])
def test_a_time_without_a_zone_is_not_taken_for_one_with(created: object) -> None:
    """Such a time is told as it is written, as a fact, and the post claims none."""
    assert read({"createdAt": created}).published == ""
    facts = {fact.name: fact.value for fact in record_facts({"createdAt": created}, "")}
    assert "published as written" in facts


def test_facets_count_by_their_features() -> None:
    """Offsets that lie, overlap or lead out of the text change nothing; what is not of the form is passed over."""
    record = {
        "text": "ü #Fire",
        "facets": [
            {"index": {"byteStart": -5, "byteEnd": 1 << 70}, "features": [_tag("Fire"), _tag(7), _tag("")]},
            {"index": "nowhere", "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://a.example/"}]},
            {"features": [{"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:x"}, {"$type": "unknown"}]},
            None,
            {"features": None},
        ],
        "tags": ["fire", "Water", 7, None],
    }
    marks = read_marks(record)
    assert (marks.tags, marks.links, marks.mentions) == (("Fire", "Water"), ("https://a.example/",), ("did:plc:x",))


def _tag(tag: object) -> dict[str, object]:
    return {"$type": "app.bsky.richtext.facet#tag", "tag": tag}


def test_blobs_are_found_wherever_they_stand() -> None:
    """Photos, a video with captions, the old form of a blob and embeds that nobody knows yet, each once, in order."""
    found = read_blobs(
        {
            "embed": {
                "images": [{"alt": "one", "image": blob(1)}, {"image": blob(2), "alt": "two"}, {"image": blob(1)}],
                "video": blob(3, mimeType="video/mp4"),
                "alt": "three",
                "captions": [{"lang": "en", "file": blob(4, mimeType="text/vtt")}],
            },
            "later": [[{"sound": blob(5, mimeType="audio/ogg")}], {"cid": CIDS[6], "mimeType": "image/png"}],
            "file": blob(7, mimeType="application/pdf"),
            "odd": [blob(8, mimeType=7), {"$type": "blob", "ref": {"$link": "nonsense"}}, {"$type": "blob", "ref": 7}],
        }
    )
    assert [(CIDS.index(each.cid), each.kind, each.alt) for each in found] == [
        (1, "photo", "one"),
        (2, "photo", "two"),
        (3, "video", "three"),
        (4, "subtitles", ""),
        (5, "audio", ""),
        (6, "photo", ""),
        (7, "document", ""),
        (8, "document", ""),
    ]


def test_blobs_beyond_all_reason_are_not_followed() -> None:
    """A record that names a flood of blobs has its first hundred sought; one nested without end has none."""
    assert len(read_blobs([blob(number) for number in range(150)])) == MOST_BLOBS
    nested: object = blob(0)
    for _ in range(100_000):
        nested = [nested]
    assert [each.cid for each in read_blobs(nested)] == [CIDS[0]]


def test_counts_stay_within_what_canonical_json_carries() -> None:
    """A like count of a million digits, a negative one and a text are no reason to fail."""
    said = {"likeCount": 10**100, "replyCount": -5, "repostCount": "many", "quoteCount": True, "bookmarkCount": 3}
    view = read_view({"uri": str(URI), "record": {}} | said)
    assert view is not None
    assert view[2].counts == {"likes": 2**53 - 1, "replies": 0, "bookmarks": 3}
