"""One stranger's post never costs the others, whatever stands at whatever place of it, in every kind of list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.capture.extractors.bluesky.documented import asked
from tests.capture.extractors.hostile import among, elements
from tests.hashing.atproto.repository import COLLECTION
from tests.servers import Body

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.capture.extractors.bluesky.conftest import Got
    from tests.capture.extractors.bluesky.documented import Documented
    from tests.sampling import Sample
    from tests.servers.seen import Seen

    Get = Callable[..., Got]

HONEST = [f"3n346f5x2zk2{letter}" for letter in "abcde"]
EVE = "did:web:localhost%3A1"
"""Whose own server does not answer, so that what an AppView shows of the posts is all there is."""
_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_PAGE = 100


def rkey(number: int) -> str:
    """Return the key of a hostile post."""
    return "3n346f5x3" + "".join(_LETTERS[number >> shift & 31] for shift in (15, 10, 5, 0))


def record(documented: Documented) -> dict[str, Any]:
    """Return a record that has something of everything."""
    image = {"$type": "blob", "ref": {"$link": "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"}}
    feature = {"$type": "app.bsky.richtext.facet#tag", "tag": "x"}
    at = {"uri": documented.uri(HONEST[0]), "cid": "bafy"}
    media = {"$type": "app.bsky.embed.images", "images": [{"image": image | {"mimeType": "image/jpeg"}, "alt": "a"}]}
    return {
        "$type": COLLECTION,
        "text": "Hostile #x",
        "createdAt": "2026-03-01T12:00:00Z",
        "langs": ["en"],
        "tags": ["x"],
        "labels": {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "graphic"}]},
        "facets": [{"index": {"byteStart": 0, "byteEnd": 1}, "features": [feature]}],
        "reply": {"root": at, "parent": at},
        "embed": {"$type": "app.bsky.embed.recordWithMedia", "record": {"record": at}, "media": media},
    }


def view(documented: Documented, number: int) -> dict[str, Any]:
    """Return a post as an AppView shows it."""
    author = {"did": EVE, "handle": "eve.example.org", "displayName": "Eve", "labels": [{"val": "x"}]}
    counts = {"replyCount": 0, "likeCount": 1}
    picture = {"fullsize": documented.server.url("/none.jpg"), "thumb": "x", "alt": "a"}
    return {
        "uri": f"at://{EVE}/{COLLECTION}/{rkey(number)}",
        "cid": "bafy",
        "author": author,
        "record": record(documented),
        "embed": {"$type": "app.bsky.embed.images#view", "images": [picture]},
        "indexedAt": "2026-03-01T12:00:00Z",
        "labels": [{"val": "x"}],
        **counts,
    }


def put(documented: Documented) -> None:
    """Put the honest posts there, and let the hostile ones' own server give nothing but what is signed."""
    for each in HONEST:
        documented.post(each, f"Honest {each}", tags=["x"])
    for method, honest in (
        ("com.atproto.sync.getRecord", documented.server.files["/xrpc/com.atproto.sync.getRecord"]),
        ("com.atproto.repo.getRecord", documented.server.files["/xrpc/com.atproto.repo.getRecord"]),
    ):

        def _answer(seen: Seen, honest: Any = honest) -> Body:  # noqa: ANN401 - an answer
            known = asked(seen)["rkey"] in {*HONEST, "self"}
            return honest(seen) if known else Body(data=b'{"error":"InternalServerError"}', status=501)

        documented.answer(method, _answer)


def check(got: Got) -> None:
    """Check that the honest posts are all there, proven, and that the capture verifies."""
    assert {f"Honest {each}" for each in HONEST} <= {post.text for post in got.posts}
    assert {proof.rkey: proof.problem for proof in got.proofs if proof.rkey in HONEST} == dict.fromkeys(HONEST, "")
    assert got.result.status in {"complete", "partial"}
    assert got.verdict == "ok"


def in_pages(name: str, everything: list[bytes]) -> Callable[[Seen], Body]:
    """Return what serves a list page by page."""

    def _serve(seen: Seen) -> Body:
        at = int(asked(seen).get("cursor", "0"))
        cursor = b',"cursor":"%d"' % (at + _PAGE) if at + _PAGE < len(everything) else b""
        page = b'{"%b":[%b]%b}' % (name.encode(), b",".join(everything[at : at + _PAGE]), cursor)
        return Body(data=page, type="application/json")

    return _serve


def test_no_value_at_any_place_of_a_listed_record_costs_another(
    get: Get, documented: Documented, sample: Sample
) -> None:
    """An account's list holds every hostile value at every place of a record."""
    put(documented)

    def _element(number: int) -> dict[str, Any]:
        return {"uri": documented.uri(rkey(number)), "cid": "bafy", "value": record(documented)}

    honest = [json.dumps({"uri": documented.uri(each), "value": documented.records[each]}).encode() for each in HONEST]
    everything = among(elements(_element, sample), honest)
    documented.answer("com.atproto.repo.listRecords", in_pages("records", everything))
    check(get(f"at://{documented.did}", documented.origin, attempts=1, media="none"))


def test_no_value_at_any_place_of_a_found_post_costs_another(get: Get, documented: Documented, sample: Sample) -> None:
    """The AppView's answer to a search holds every hostile value at every place of a post as it is shown."""
    put(documented)
    honest = [json.dumps(documented.view(each)).encode() for each in HONEST]
    everything = among(elements(lambda number: view(documented, number), sample), honest)
    documented.answer("app.bsky.feed.searchPosts", in_pages("posts", everything))
    check(get("#x", documented.origin, on=("bsky",), attempts=1, media="none"))


@pytest.mark.parametrize("part", ["replies", "parent"])
def test_no_value_at_any_place_of_a_thread_costs_another(
    get: Get, documented: Documented, part: str, sample: Sample
) -> None:
    """A thread holds every hostile value at every place of a node among its replies, or above the post."""
    put(documented)

    def _element(number: int) -> dict[str, Any]:
        node: dict[str, Any] = {"$type": "app.bsky.feed.defs#threadViewPost", "post": {"uri": "x"}, "replies": []}
        if part == "replies":
            return node | {"post": view(documented, number)}
        return node | {"parent": {"uri": documented.uri(rkey(number)), "notFound": True}, "blocked": True}

    honest = [json.dumps({"post": documented.view(each), "replies": []}).encode() for each in HONEST[1:]]
    replies = b",".join(among(elements(_element, sample), honest))
    first = json.dumps(documented.view(HONEST[0])).encode()
    documented.answer("app.bsky.feed.getPostThread", b'{"thread":{"post":%b,"replies":[%b]}}' % (first, replies))
    check(get(documented.uri(HONEST[0]), documented.origin, thread=True, attempts=1, media="none"))
