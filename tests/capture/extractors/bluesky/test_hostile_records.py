"""One stranger's record never costs the others, and what is shown is what the account signed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from exports.verification import verify
from tests.capture.extractors.bluesky.documented import asked
from tests.servers import Body

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.capture.extractors.bluesky.conftest import Got
    from tests.capture.extractors.bluesky.documented import Documented
    from tests.servers.seen import Seen

    Get = Callable[..., Got]

RKEY = "3n346f5x2zk2j"
RKEYS = [f"3n346f5x2zk2{letter}" for letter in "abcde"]
BAD = RKEYS[2]


def nested(depth: int) -> Any:  # noqa: ANN401 - any JSON
    """Return lists within lists."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


DEEP = {f"{depth} deep": {"x": nested(depth)} for depth in (62, 63, 64, 65, 120, 400)}
STRANGE = DEEP | {
    "old link": {"x": {"$link": "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"}},
    "many": {"x": [[]] * 5000},
}


def json_of(got: Got) -> Any:  # noqa: ANN401 - any JSON
    """Return what the getRecord answer of the capture says."""
    [entry] = [each for each in got.items("post") if each.excerpt is None]
    return json.loads(got.body(entry))


@pytest.mark.parametrize("beside", ["records", "posts", "cid"])
def test_a_forged_value_beside_the_true_record_is_not_shown_as_proven(
    get: Get, documented: Documented, beside: str
) -> None:
    """A server that answers with a forged text, and beside it a list with the true one, proves nothing by it."""
    uri = documented.post(RKEY, "What was signed")
    true = {"uri": uri, "value": documented.records[RKEY]}
    forged: dict[str, Any] = {"uri": uri, "value": documented.records[RKEY] | {"text": "Forged"}}
    documented.answer("com.atproto.repo.getRecord", forged | {beside: [true]})
    got = get(uri, documented.origin)
    texts = {entry.kind: entry.post.text for entry in got.view.items if entry.post}
    assert texts == {"post": "Forged", "proof": "What was signed"}
    assert "not the one that is signed" in got.proofs[0].problem
    result = verify(got.result.path)
    assert result.verdict == "ok"
    assert not any(note.startswith("records proven: ") for note in result.notes)


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_field_costs_no_post_its_text(get: Get, documented: Documented, name: str) -> None:
    """A record with a field that is nested deep or links in old ways is read from the bytes that were signed."""
    uri = documented.post(RKEY, "What was signed", **STRANGE[name])
    got = get(uri, documented.origin)
    assert {post.text for post in got.posts} == {"What was signed"}
    assert got.proofs[0].record_cid
    assert bool(got.proofs[0].problem) == (name in {"64 deep", "65 deep", "120 deep", "400 deep"})
    assert got.verdict == "ok"


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_post_costs_no_other_of_its_account(get: Get, documented: Documented, name: str) -> None:
    """In a list of an account's posts the others are shown and proven, and the capture verifies."""
    for rkey in RKEYS:
        documented.post(rkey, f"Post {rkey}", **(STRANGE[name] if rkey == BAD else {}))
    got = get(f"at://{documented.did}", documented.origin)
    assert {post.text for post in got.posts} == {f"Post {rkey}" for rkey in RKEYS}
    assert {proof.rkey for proof in got.proofs if not proof.problem} >= set(RKEYS) - {BAD}
    assert got.verdict == "ok"


NEIGHBOURS = {
    "deep": b"[" * 5000 + b"]" * 5000,
    "twice": b'{"uri":"at://x","uri":"at://y"}',
    "NaN": b'{"uri":NaN}',
    "bytes": b'{"uri":"\xff\xfe"}',
    "surrogate": b'{"uri":"\\ud800"}',
    "digits": b"9" * 5000,
}


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_a_neighbour_in_a_page_costs_no_proof(get: Get, documented: Documented, name: str) -> None:
    """A page is not judged whole: each post is, by the same bytes when it is captured and when it is verified."""
    elements = []
    for rkey in RKEYS:
        uri = documented.post(rkey, f"Post {rkey}")
        elements.append(json.dumps({"uri": uri, "value": documented.records[rkey]}).encode())
    page = b'{"records":[' + b",".join([elements[0], NEIGHBOURS[name], *elements[1:]]) + b"]}"
    documented.answer("com.atproto.repo.listRecords", page)
    got = get(f"at://{documented.did}", documented.origin)
    assert {proof.rkey: proof.problem for proof in got.proofs} == dict.fromkeys(RKEYS, "")
    result = verify(got.result.path)
    assert result.verdict == "ok"
    assert any(note.startswith("records proven: 5 ") for note in result.notes)


def test_a_record_that_a_page_shows_twice_is_the_one_that_was_judged(get: Get, documented: Documented) -> None:
    """The first of its name counts, when it is captured as when it is verified."""
    uri = documented.post(RKEY, "Signed")
    true = {"uri": uri, "value": documented.records[RKEY]}
    forged = {"uri": uri, "value": documented.records[RKEY] | {"text": "Forged"}}
    for page, texts in (([true, forged], ["Signed"]), ([forged, true], ["Forged", "Signed"])):
        documented.answer("com.atproto.repo.listRecords", {"records": page})
        got = get(f"at://{documented.did}", documented.origin)
        assert [post.text for post in got.posts] == texts
        assert bool(got.proofs[0].problem) == (texts[0] == "Forged")
        assert got.verdict == "ok"


# Accounts that make lists fail


@pytest.mark.parametrize("fault", ["too large", "fails"])
@pytest.mark.parametrize("bad", [{BAD}, {RKEYS[0], RKEYS[3]}, set(RKEYS)], ids=["one", "two", "all"])
def test_an_account_cannot_make_itself_uncapturable(
    get: Get, documented: Documented, fault: str, bad: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Posts that make a page too large are listed in smaller ones; past one that fails, each is asked for alone."""
    for rkey in RKEYS:
        documented.post(rkey, f"Post {rkey}", **({"pad": "A" * 20_000} if rkey in bad else {}))
    if fault == "too large":
        monkeypatch.setattr("capture.recorder.decoding.LARGEST", 0)
    serve: Any = documented.server.files["/xrpc/com.atproto.repo.listRecords"]

    def _list(seen: Seen) -> Body:
        body: Body = serve(seen)
        return (
            Body(data=b"{}", type="application/json", status=500) if b"AAAA" in body.data and fault == "fails" else body
        )

    documented.answer("com.atproto.repo.listRecords", _list)
    got = get(f"at://{documented.did}", documented.origin, attempts=1)
    assert {post.text for post in got.posts} == {f"Post {rkey}" for rkey in RKEYS}
    assert {proof.rkey: proof.problem for proof in got.proofs} == dict.fromkeys(RKEYS, "")
    assert got.verdict == "ok"


def test_a_post_that_its_server_cannot_write_as_json_is_read_from_its_proof(get: Get, documented: Documented) -> None:
    """A post that makes its own server fail is in no list and in no answer, and yet in the signed repository."""
    for rkey in RKEYS:
        documented.post(rkey, f"Post {rkey}", **({"x": nested(400)} if rkey == BAD else {}))
    for method in ("com.atproto.repo.listRecords", "com.atproto.repo.getRecord"):

        def _fail(seen: Seen, serve: Any = documented.server.files[f"/xrpc/{method}"]) -> Body:  # noqa: ANN401 - an answer
            body: Body = serve(seen)
            deep = b"[" * 400 in body.data
            return Body(data=b"{}", type="application/json", status=500) if deep else body

        documented.answer(method, _fail)
    got = get(f"at://{documented.did}", documented.origin, attempts=1)
    assert {post.text for post in got.posts} == {f"Post {rkey}" for rkey in RKEYS}
    assert {proof.rkey: proof.problem for proof in got.proofs} == dict.fromkeys(RKEYS, "")
    assert any("was read from its signed proof" in reason for reason in got.failures.values())
    assert got.verdict == "ok"


# Threads


def test_one_deep_reply_costs_no_sibling(get: Get, documented: Documented) -> None:
    """A reply that no reader follows, as the AppView shows it, leaves the others of the thread to be captured."""
    for rkey in RKEYS:
        documented.post(rkey, f"Post {rkey}", **({"x": nested(400)} if rkey == BAD else {}))
    views = [json.dumps({"post": documented.view(rkey)}) for rkey in RKEYS]
    views[2] = views[2].replace('"x": ', f'"y": {"[" * 5000}{"]" * 5000}, "x": ')
    thread = f'{{"thread": {{"post": {json.dumps(documented.view(RKEYS[0]))}, "replies": [{",".join(views[1:])}]}}}}'
    documented.answer("app.bsky.feed.getPostThread", thread.encode())
    got = get(documented.uri(RKEYS[0]), documented.origin, thread=True)
    assert {post.text for post in got.posts} == {f"Post {rkey}" for rkey in RKEYS}
    assert {proof.rkey for proof in got.proofs if not proof.problem} == set(RKEYS) - {BAD}
    assert got.verdict == "ok"


def test_a_reply_that_the_appview_cannot_show_costs_its_own_branch_alone(get: Get, documented: Documented) -> None:
    """Where a whole thread is answered with an error, it is asked for level by level, and the error is told."""
    for rkey in RKEYS:
        documented.post(rkey, f"Post {rkey}")
    below = {RKEYS[0]: [RKEYS[1], BAD], RKEYS[1]: [RKEYS[3]], BAD: [RKEYS[4]]}

    def _node(rkey: str, depth: int) -> dict[str, Any]:
        if rkey == RKEYS[4]:
            raise ValueError(rkey)
        replies = [_node(each, depth - 1) for each in below.get(rkey, [])] if depth else []
        return {"post": documented.view(rkey, replyCount=len(below.get(rkey, []))), "replies": replies}

    def _thread(seen: Seen) -> Body:
        where = asked(seen)
        try:
            node = _node(where["uri"].rpartition("/")[2], int(where["depth"]))
        except ValueError:
            return Body(data=b'{"error":"InternalServerError"}', type="application/json", status=500)
        return Body(data=json.dumps({"thread": node}).encode(), type="application/json")

    documented.answer("app.bsky.feed.getPostThread", _thread)
    got = get(documented.uri(RKEYS[0]), documented.origin, thread=True, attempts=1)
    assert {post.text for post in got.posts} == {f"Post {rkey}" for rkey in RKEYS[:4]}
    [reason] = got.failures.values()
    assert reason.startswith("the replies cannot be listed")


# What posts quote


def test_what_a_post_quotes_is_captured_with_it(get: Get, documented: Documented) -> None:
    """The post that the scene's own post quotes is followed, one step and no further; a circle ends."""
    uris = [documented.uri(rkey) for rkey in RKEYS]
    for number, rkey in enumerate(RKEYS[:3]):
        record = {"uri": uris[(number + 1) % 3], "cid": "bafy"}
        documented.post(rkey, f"Post {number}", embed={"$type": "app.bsky.embed.record", "record": record})
    got = get(uris[0], documented.origin)
    assert [post.text for post in got.posts] == ["Post 0", "Post 1"]
    assert [entry.found_in for entry in got.items("post")] == ["scene", f"quoted in post {uris[0]}"]
    listed = get(f"at://{documented.did}", documented.origin)
    [said] = [each for each in listed.view.skipped if "quote" in each.reason]
    assert said.count == 3


# What the AppView shows, and what was signed


def test_a_text_that_the_appview_forges_is_a_finding(get: Get, documented: Documented) -> None:
    """What the account signed is shown beside the AppView's copy, and that the two differ is said."""
    uri = documented.post(RKEY, "Signed #x", tags=["x"])
    view = documented.view(RKEY)
    view["record"] = view["record"] | {"text": "Forged #x"}
    documented.answer("app.bsky.feed.searchPosts", {"posts": [view]})
    got = get("#x", documented.origin, on=("bsky",))
    by_pds = [entry.post for entry in got.items("post") if entry.excerpt is None]
    assert [post.text for post in by_pds if post] == ["Signed #x"]
    [(url, reason)] = got.failures.items()
    assert url.endswith(f"/post/{uri.rpartition('/')[2]}")
    assert "otherwise than the account signed it (text): " in reason
    assert got.verdict == "ok"


def test_names_that_the_appview_forges_are_said_and_not_taken_over(get: Get, documented: Documented) -> None:
    """Handle and name of a proven post are those of the account's own document and server."""
    documented.post(RKEY, "Signed #x", tags=["x"])
    view = documented.view(RKEY)
    view["author"] |= {"handle": "police.example.org", "displayName": "The Police"}
    documented.answer("app.bsky.feed.searchPosts", {"posts": [view]})
    got = get("#x", documented.origin, on=("bsky",))
    [post] = [entry.post for entry in got.items("post") if entry.excerpt is None]
    assert post is not None
    assert (post.author.handle, post.author.name) == ("ann.example.org", "Ann")
    assert got.result.status == "complete"
    said = [each.reason for each in got.view.skipped if each.url == f"at://{documented.did}"]
    assert [("police.example.org" in each, "The Police" in each) for each in said] == [(True, False), (False, True)]
    view["author"] |= {"handle": "handle.invalid", "displayName": "Ann"}
    documented.answer("app.bsky.feed.searchPosts", {"posts": [view]})
    got = get("#x", documented.origin, on=("bsky",))
    [reason] = [each.reason for each in got.view.skipped if each.url == f"at://{documented.did}"]
    assert (
        "no handle, as of one that does not lead to the account, and the account itself claims ann.example.org"
        in reason
    )
