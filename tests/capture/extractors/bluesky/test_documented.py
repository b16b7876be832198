from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from exports.bundle import export_bundle
from exports.bundle.opened_bundle import open_bundle
from exports.verification import verify
from hashing.case.case import Case
from hashing.case.events import Failed
from tests.capture.conftest import jpeg
from tests.capture.extractors.bluesky.documented import REFUSED, asked, encoded
from tests.hashing.atproto.repository import COLLECTION
from tests.hashing.atproto.signer import Signer
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hashing.ledger.keys import SigningKey
    from tests.capture.extractors.bluesky.conftest import Got
    from tests.capture.extractors.bluesky.documented import Documented
    from tests.servers.seen import Seen

    Get = Callable[..., Got]

RKEY = "3n346f5x2zk2j"


def on_web(documented: Documented, got: Got) -> str:
    """Return where the failures of a capture are, without the host."""
    return " | ".join(url.replace(documented.origin, "") for url in got.failures)


# Accounts and identities


def test_an_account_of_did_web_is_proven_by_its_document(get: Get, documented: Documented) -> None:
    """A did:web is asked at its own host; that no log proves the key is said when it is verified."""
    documented.post(RKEY, "From my own host")
    got = get(documented.uri(RKEY), documented.origin)
    assert got.result.status == "complete"
    [proof] = got.proofs
    [identity] = got.items("identity")
    assert (proof.problem, proof.identity, proof.did) == ("", identity.ref, documented.did)
    assert proof.key == documented.signer.did_key
    result = verify(got.result.path)
    assert result.verdict == "ok"
    assert "proofs by a key that no log proves: 1 (the word of the host of the DID document)" in result.notes


def test_a_handle_that_the_account_does_not_claim_is_said(get: Get, documented: Documented) -> None:
    """What is captured may be another's account, so the capture does not pass in silence."""
    documented.post(RKEY, "Whose is this?")
    claimed = get(f"at://{documented.handle}/{COLLECTION}/{RKEY}", documented.origin)
    assert claimed.failures == {}
    got = get(f"at://eve.example.org/{COLLECTION}/{RKEY}", documented.origin)
    assert got.failures == {
        "at://eve.example.org": f"the handle leads to {documented.did}, whose document does not claim it: "
        "it may be another's account"
    }
    assert [post.author.handle for post in got.posts] == [documented.handle]


def test_an_account_without_a_server_is_said(get: Get, documented: Documented) -> None:
    """A document that names no server leaves nothing to ask, and that is named."""
    documented.server.files["/.well-known/did.json"] = json.dumps(documented.document() | {"service": []}).encode()
    got = get(documented.uri(RKEY), documented.origin)
    assert "its document names no server that keeps it" in " ".join(got.failures.values())
    assert got.posts == []


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"{", b"\xff", b'{"id":1}', b"null", b'{"id":"did:web:elsewhere.example"}', b'{"id":' + b"[" * 5000],
    ids=["empty", "list", "broken", "bytes", "number", "null", "another", "nested"],
)
def test_a_document_that_is_none_is_said(get: Get, documented: Documented, document: bytes) -> None:
    """Whatever a host serves in the place of a DID document ends as a failure with its reason."""
    documented.server.files["/.well-known/did.json"] = document
    got = get(documented.uri(RKEY), documented.origin)
    assert any(url.endswith("/.well-known/did.json") for url in got.failures)
    assert got.result.status in {"nothing", "partial"}


def test_an_account_at_a_private_address_is_refused(get: Get, documented: Documented) -> None:
    """A document that leads to this computer's own network leads nowhere, unless the user allows it."""
    document = documented.document()
    document["service"][0]["serviceEndpoint"] = "http://10.255.255.1"
    documented.server.files["/.well-known/did.json"] = json.dumps(document).encode()
    got = get(documented.uri(RKEY), documented.origin, allow_private=False)
    assert got.result.refused or got.result.status == "nothing"
    assert got.posts == []


# Servers that lie, or do not answer


def test_a_record_that_is_not_the_signed_one_is_said(get: Get, documented: Documented) -> None:
    """A server that shows another text than the account signed is named; both texts are kept."""
    documented.post(RKEY, "What was signed")
    documented.shown[RKEY] = documented.records[RKEY] | {"text": "What was shown"}
    got = get(documented.uri(RKEY), documented.origin)
    assert [post.text for post in got.posts] == ["What was shown", "What was signed"]
    [proof] = got.proofs
    assert proof.problem.endswith("the record that the server shows is not the one that is signed")
    [reason] = got.failures.values()
    assert reason == f"the record as served is not proven: {proof.problem}"
    result = verify(got.result.path)
    assert result.verdict == "ok"
    assert "signed proofs that did not hold when they were captured: 1 (the ledger says why)" in result.notes


def test_a_listed_record_that_is_not_the_signed_one_is_said(get: Get, documented: Documented) -> None:
    """In a list of posts, too, and the other posts of the list are proven all the same."""
    for number, rkey in enumerate(("3n346f5x2zk2a", "3n346f5x2zk2b", "3n346f5x2zk2c")):
        documented.post(rkey, f"Signed {number}")
    documented.shown["3n346f5x2zk2b"] = documented.records["3n346f5x2zk2b"] | {"text": "Shown"}
    got = get(f"at://{documented.did}", documented.origin)
    assert {proof.rkey: bool(proof.problem) for proof in got.proofs} == {
        "3n346f5x2zk2a": False,
        "3n346f5x2zk2b": True,
        "3n346f5x2zk2c": False,
    }
    assert got.verdict == "ok"


def test_a_proof_by_another_key_does_not_hold(get: Get, documented: Documented) -> None:
    """A repository that is not signed by the account's key proves nothing, and the post is kept."""
    documented.post(RKEY, "Signed by whom?")
    document = documented.document()
    documented.server.files["/.well-known/did.json"] = json.dumps(document).encode()
    documented.signer = Signer("k256", 8)
    got = get(documented.uri(RKEY), documented.origin)
    assert [post.text for post in got.posts] == ["Signed by whom?"]
    assert "not signed by the key" in got.proofs[0].problem
    assert got.result.status == "partial"
    assert got.verdict == "ok"


@pytest.mark.parametrize("car", [b"", b"\0", b"not a CAR", b"\xff" * 4000], ids=["empty", "zero", "text", "bytes"])
def test_a_proof_that_is_none_is_said(get: Get, documented: Documented, car: bytes) -> None:
    """Bytes that are no proof end as a proof that does not hold, or as none at all, never as an error."""
    documented.post(RKEY, "Here")
    documented.answer("com.atproto.sync.getRecord", Body(data=car, type="application/vnd.ipld.car"))
    got = get(documented.uri(RKEY), documented.origin)
    assert [post.text for post in got.posts] == ["Here"]
    assert all(proof.problem for proof in got.proofs)
    assert len(got.failures) == 1
    assert got.verdict == "ok"


def test_a_record_that_the_server_withholds_is_read_from_its_proof(get: Get, documented: Documented) -> None:
    """A server that says there is no such record, and proves the opposite, does not make the post disappear."""
    documented.post(RKEY, "Still here")
    documented.answer("com.atproto.repo.getRecord", Body(data=b'{"error":"RecordNotFound"}', status=400))
    got = get(documented.uri(RKEY), documented.origin)
    assert [post.text for post in got.posts] == ["Still here"]
    assert [proof.problem for proof in got.proofs] == [""]
    [reason] = got.failures.values()
    assert reason.endswith("(RecordNotFound); what it says was read from its signed proof")


def test_without_its_server_a_post_is_kept_as_the_appview_shows_it(get: Get, documented: Documented) -> None:
    """When the account's server does not answer, the AppView's copy and its pictures are better than nothing."""
    image = documented.upload(jpeg())
    documented.post(RKEY, "Saved", embed={"$type": "app.bsky.embed.images", "images": [{"image": image, "alt": "x"}]})
    small = {"fullsize": documented.server.url(f"/img/{image['ref']['$link']}@jpeg"), "alt": "x"}
    view = documented.view(RKEY, likeCount=7, embed={"$type": "app.bsky.embed.images#view", "images": [small]})
    documented.server.files[f"/img/{image['ref']['$link']}@jpeg"] = jpeg(10)
    documented.answer("app.bsky.feed.getPosts", {"posts": [view]})
    for method in ("com.atproto.repo.getRecord", "com.atproto.sync.getRecord"):
        documented.answer(method, Body(data=b"down for repair", status=500))
    got = get(documented.uri(RKEY), documented.origin)
    [post] = got.posts
    assert (post.text, post.counts, post.author.name) == ("Saved", {"likes": 7}, "Ann")
    [photo] = got.items("photo")
    assert got.body(photo) == jpeg(10)
    assert [media.url for media in post.media] == [photo.url]
    assert got.proofs == []
    [reason] = got.failures.values()
    assert reason.startswith("its account's server: the server answered 500")
    assert got.result.status == "partial"


def test_a_server_that_is_down_is_said_once_for_each_post(get: Get, documented: Documented) -> None:
    """Posts of a hashtag whose server does not answer are kept as listed, and each is named as not proven."""
    documented.post(RKEY, "One #x", tags=["x"])
    document = documented.document()
    with SceneServer({}) as closed:
        gone = closed.url("").rstrip("/")
    document["service"][0]["serviceEndpoint"] = gone
    documented.server.files["/.well-known/did.json"] = json.dumps(document).encode()
    documented.answer("app.bsky.feed.searchPosts", {"posts": [documented.view(RKEY)]})
    got = get("#x", documented.origin, on=("bsky",))
    assert [post.text for post in got.posts] == ["One #x"]
    [(url, reason)] = got.failures.items()
    assert url.startswith(gone)
    assert reason.endswith("what the AppView shows of it is kept, without proof")


def test_a_post_that_was_deleted_meanwhile_is_kept_as_it_was_listed(get: Get, documented: Documented) -> None:
    """What the AppView still shows of a post that is proven to be gone is kept: text and pictures."""
    documented.post(RKEY, "Gone #x", tags=["x"])
    picture = documented.server.url("/img/small.jpg")
    embed = {"$type": "app.bsky.embed.images#view", "images": [{"fullsize": picture}]}
    view = documented.view(RKEY, embed=embed, indexedAt="2026-03-01T11:00:01.000Z")
    view["author"]["handle"] = "handle.invalid"
    documented.answer("app.bsky.feed.searchPosts", {"posts": [view]})
    documented.server.files["/img/small.jpg"] = jpeg()
    documented.records.clear()
    got = get("#x", documented.origin, on=("bsky",))
    [excerpt] = got.items("post")
    assert excerpt.post is not None
    assert (excerpt.post.text, excerpt.post.author.handle, excerpt.post.author.name) == ("Gone #x", "", "Ann")
    assert ("first seen by the AppView", "2026-03-01T11:00:01.000Z") in {(f.name, f.value) for f in excerpt.facts}
    assert [photo.url for photo in got.items("photo")] == [picture]
    assert "proves that it is absent" in got.failures[documented.uri(RKEY)]
    assert [proof.record_cid for proof in got.proofs] == [""]


# Threads


def node(view: dict[str, Any], **around: object) -> dict[str, Any]:
    """Return a node of a thread."""
    return {"$type": "app.bsky.feed.defs#threadViewPost", "post": view} | around


def test_blocked_and_missing_posts_are_named_and_sought(get: Get, documented: Documented) -> None:
    """What the AppView hides is asked for at its author's server: it is captured, or proven absent."""
    first = documented.post(RKEY, "First")
    hidden = documented.post("3n346f5x2zk2h", "Hidden by a block")
    missing = documented.uri("3n346f5x2zk2m")
    replies = [
        {"$type": "app.bsky.feed.defs#blockedPost", "uri": hidden, "blocked": True, "author": {"did": documented.did}},
        {"$type": "app.bsky.feed.defs#notFoundPost", "uri": missing, "notFound": True},
        {"$type": "app.bsky.feed.defs#notFoundPost", "uri": "at://nonsense", "notFound": True},
        7,
    ]
    documented.answer("app.bsky.feed.getPostThread", {"thread": node(documented.view(RKEY), replies=replies)})
    got = get(first, documented.origin, thread=True)
    assert {post.text for post in got.posts} == {"First", "Hidden by a block"}
    assert got.skipped[hidden].startswith("the AppView shows it as blocked")
    assert got.skipped[missing].startswith("the AppView shows it as not found")
    assert list(got.failures) == [missing]
    assert "proves that it is absent" in got.failures[missing]


def test_where_an_appview_stops_the_thread_is_asked_for_again(get: Get, documented: Documented) -> None:
    """Servers give fewer levels than they are asked for and do not say so; both ends are followed to the end."""
    rkeys = [f"3n346f5x2zk2{letter}" for letter in "abcdefg"]
    for number, rkey in enumerate(rkeys):
        parent = {"reply": {"parent": {"uri": documented.uri(rkeys[number - 1])}}} if number else {}
        documented.post(rkey, f"Level {number}", **parent)

    def _two_levels(seen: Seen) -> Body:
        at = [documented.uri(rkey) for rkey in rkeys].index(asked(seen)["uri"])
        views = [documented.view(rkey, replyCount=int(rkey != rkeys[-1])) for rkey in rkeys]
        found = node(views[at])
        if at and int(asked(seen)["parentHeight"]):
            found["parent"] = node(views[at - 1])
        if at + 1 < len(rkeys) and int(asked(seen)["depth"]):
            found["replies"] = [node(views[at + 1], replies=[])]
        return Body(data=json.dumps({"thread": found}).encode(), type="application/json")

    documented.answer("app.bsky.feed.getPostThread", _two_levels)
    got = get(documented.uri(rkeys[3]), documented.origin, thread=True)
    assert {post.text for post in got.posts} == {f"Level {number}" for number in range(7)}
    assert len(got.proofs) == 7
    assert got.result.status == "complete"
    assert len(documented.asked("app.bsky.feed.getPostThread")) <= 7


def test_a_thread_deeper_than_a_reader_goes_is_read(get: Get, documented: Documented) -> None:
    """A chain of a thousand replies is one answer, nested two thousand deep; its posts are fifty, again and again."""
    documented.post(RKEY, "Deep")
    text = json.dumps(documented.view(RKEY))
    keys = [f"3n346f5x2{number // 20:04d}" for number in range(1000)]
    deep = "".join(f'{{"post":{text.replace(RKEY, each)},"replies":[' for each in keys)
    documented.answer("app.bsky.feed.getPostThread", f'{{"thread":{deep}{"]}" * 1000}}}'.encode())
    documented.answer("com.atproto.sync.getRecord", Body(data=b"", status=404))  # which is not asked for again
    got = get(documented.uri(RKEY), documented.origin, thread=True)
    assert len({post.id for post in got.posts}) == 51


def test_a_thread_that_breaks_off_gives_what_came_before(get: Get, documented: Documented) -> None:
    """What can be read of a broken answer is read, and that it is broken is said."""
    documented.post(RKEY, "First")
    documented.post("3n346f5x2zk2r", "Reply")
    whole = json.dumps({"thread": node(documented.view(RKEY), replies=[node(documented.view("3n346f5x2zk2r"))])})
    documented.answer("app.bsky.feed.getPostThread", whole[:-20].encode())
    got = get(documented.uri(RKEY), documented.origin, thread=True)
    assert {post.text for post in got.posts} >= {"First"}
    assert "the thread is stored, but could not be read to its end" in got.failures.values()


# Hashtags


@pytest.mark.parametrize("status", [401, 403])
def test_a_search_that_wants_a_login_says_what_to_do(get: Get, documented: Documented, status: int) -> None:
    """The public AppView may answer a search only to those who log in: that is a failure in words."""
    documented.answer("app.bsky.feed.searchPosts", Body(data=REFUSED.data, status=status))
    got = get("#x", documented.origin, on=("bsky",))
    [reason] = got.failures.values()
    assert "--token" in reason
    assert "--on" in reason
    assert got.result.status == "nothing"


def test_a_token_is_sent_to_its_own_host_alone(get: Get, documented: Documented) -> None:
    """With a token the search is answered; the account's other host never sees it, nor does any file."""
    documented.post(RKEY, "One #x", tags=["x"])

    def _search(seen: Seen) -> Body:
        if seen.header("Authorization") != "Bearer s3cret-token":
            return REFUSED
        return Body(data=json.dumps({"posts": [documented.view(RKEY)]}).encode(), type="application/json")

    documented.answer("app.bsky.feed.searchPosts", _search)
    port = documented.server.port
    got = get("#x", documented.origin, on=(documented.origin,), tokens={f"http://127.0.0.1:{port}": "s3cret-token"})
    assert [post.text for post in got.posts] == ["One #x"] * 2
    to_localhost = [seen for seen in documented.server.requests if seen.header("Host").startswith("localhost")]
    assert to_localhost
    assert not any(seen.header("Authorization") for seen in to_localhost)
    for path in got.result.path.parent.parent.rglob("*"):
        assert not path.is_file() or b"s3cret-token" not in path.read_bytes()


def test_a_host_of_another_protocol_is_none_of_ours(get: Get) -> None:
    """A server that does not answer as one of the AT Protocol is left to the other sources."""
    with SceneServer({"/xrpc/_health": b"<p>nothing"}) as server:
        got = get("#x", "http://127.0.0.1:1", on=(server.url("").rstrip("/"),))
    assert "does not speak the AT Protocol" in " ".join(got.failures.values())


def test_posts_that_are_not_marked_with_the_tag_are_passed_over(get: Get, documented: Documented) -> None:
    """A search finds what it likes; facets and the tags field count, in any spelling, and the claimed time."""
    facet = {"index": {"byteStart": 0, "byteEnd": 99999}, "features": [{"$type": "app.bsky.richtext.facet#tag"}]}
    documented.post("3n346f5x2zk2a", "Wide", tags=["".join(chr(ord(letter) + 0xFEE0) for letter in "FireWatch")])
    documented.post("3n346f5x2zk2b", "#firewatch in the text alone")
    documented.post("3n346f5x2zk2c", "a facet without a tag", facets=[facet, 7, {"features": "x"}, None])
    documented.post("3n346f5x2zk2d", "too old", tags=["firewatch"], createdAt="2020-01-01T00:00:00Z")
    views = [documented.view(rkey) for rkey in documented.records]
    documented.answer("app.bsky.feed.searchPosts", {"posts": [*views, 7, {"uri": 1}, None]})
    since = datetime.fromisoformat("2026-01-01T00:00:00Z")
    got = get("#FireWatch", documented.origin, on=("bsky",), since=since, until=since.replace(year=2027))
    assert {post.text for post in got.posts} == {"Wide"}
    counts = {skipped.reason: skipped.count for skipped in got.view.skipped}
    assert counts["posts that are not marked with #FireWatch, or cannot be read"] == 5
    assert counts["posts outside the span of --since and --until"] == 1
    [search] = documented.asked("app.bsky.feed.searchPosts")
    assert search["since"] == "2026-01-01T00:00:00.000Z"
    assert search["until"] == "2027-01-01T00:00:01.000Z"


@pytest.mark.parametrize("cursor", ["same", "new"])
@pytest.mark.parametrize("posts", ["same", "none"])
def test_a_list_that_never_ends_is_ended(get: Get, documented: Documented, cursor: str, posts: str) -> None:
    """The same page for ever, and pages without posts for ever, are followed a little and then named."""
    documented.post(RKEY, "One #x", tags=["x"])
    count = 0

    def _search(_: Seen) -> Body:
        nonlocal count
        count += 1
        page = {
            "posts": [documented.view(RKEY)] if posts == "same" else [],
            "cursor": "c" if cursor == "same" else f"c{count}",
        }
        return Body(data=json.dumps(page).encode(), type="application/json")

    documented.answer("app.bsky.feed.searchPosts", _search)
    got = get("#x", documented.origin, on=("bsky",))
    assert count <= 4
    assert "the list goes on, but brings nothing new any more: it was not followed further" in got.failures.values()


def test_one_broken_post_does_not_cost_the_others(get: Get, documented: Documented) -> None:
    """A post with an unpaired surrogate, a huge number or deep nesting stands beside others that are read."""
    documented.post("3n346f5x2zk2a", "Good before", tags=["x"])
    documented.post("3n346f5x2zk2b", "Good after", tags=["x"])
    good = [json.dumps(documented.view(rkey), ensure_ascii=False) for rkey in documented.records]
    other = f'"uri":"{documented.uri(RKEY)}","author":{{"handle":"\\ud800"}},"likeCount":{"9" * 5000}'
    bad = [
        f'{{{other},"record":{{"text":"\\ud800","tags":["x"],"createdAt":1e999}}}}',
        f'{{"uri":"{documented.uri("3n346f5x2zk2c")}","record":{{"tags":["x"],"text":{"[" * 3000}{"]" * 3000}}}}}',
    ]
    page = f'{{"posts":[{good[0]},{bad[0]},{bad[1]},{good[1]}]}}'
    documented.answer("app.bsky.feed.searchPosts", page.encode())
    got = get("#x", documented.origin, on=("bsky",))
    texts = [post.text for post in got.posts]
    assert {"Good before", "Good after", "\N{REPLACEMENT CHARACTER}"} <= set(texts)
    surrogate = next(post for post in got.posts if post.text == "\N{REPLACEMENT CHARACTER}")
    assert surrogate.counts == {"likes": 2**53 - 1}
    assert got.verdict == "ok"


# Lists and blobs


def test_an_account_is_listed_to_its_last_page(get: Get, documented: Documented) -> None:
    """A cursor leads on to every page, and each post is there once, with its proof."""
    for number in range(130):
        documented.post(f"3n346f5x2{number:04d}", f"Number {number}")
    got = get(f"at://{documented.did}", documented.origin)
    assert [post.text for post in got.posts] == [f"Number {number}" for number in reversed(range(130))]
    assert len({proof.rkey for proof in got.proofs}) == 130
    assert {proof.problem for proof in got.proofs} == {""}
    assert len(got.items("listing")) == 3
    assert got.verdict == "ok"


def test_another_accounts_records_in_a_list_are_not_its_own(get: Get, documented: Documented) -> None:
    """A server that slips in what belongs to others is not believed."""
    other = {"uri": f"at://did:web:other.example.org/{COLLECTION}/{RKEY}", "value": {"text": "Not mine"}}
    like = {"uri": f"at://{documented.did}/app.bsky.feed.like/{RKEY}", "value": {"text": "A like"}}
    documented.answer("com.atproto.repo.listRecords", {"records": [other, like, {"value": 1}]})
    got = get(f"at://{documented.did}", documented.origin)
    assert got.posts == []
    counts = {skipped.reason: skipped.count for skipped in got.view.skipped}
    assert counts == {"records that are not posts of this account": 2, "posts that cannot be read": 1}


@pytest.mark.parametrize("coding", ["", "gzip", "br"])
def test_a_blob_that_is_not_what_the_record_names_is_not_the_posts(
    get: Get, documented: Documented, coding: str, tmp_path: Path, key: SigningKey
) -> None:
    """A server that gives another photo than is signed is found out: it is kept, marked, and not taken for the post's.

    What the server did is no fault of the capture, which verifies; so no server can spoil a bundle.
    """
    image = documented.upload(jpeg())
    documented.post(RKEY, "Photo", embed={"$type": "app.bsky.embed.images", "images": [{"image": image, "alt": ""}]})
    false = Body(data=jpeg(1), type="image/jpeg", gzip=coding == "gzip")
    if coding == "br":
        false = Body(data=jpeg(1), type="image/jpeg", headers=(("Content-Encoding", "br"),))
    documented.answer("com.atproto.sync.getBlob", false)
    got = get(documented.uri(RKEY), documented.origin)
    assert got.result.status == "partial"
    [reason] = got.failures.values()
    [photo] = [entry for entry in got.view.items if "getBlob" in entry.url]
    assert "the signed record names" in reason
    assert photo.error_page == reason
    assert got.verdict == "ok"
    bundle = export_bundle(Case.open(tmp_path / "OP-ALDER"), key=key, officer="M", output=tmp_path / "bundle")
    with open_bundle(bundle.path, verified=True) as opened:
        [capture] = opened.captures()
    [post] = [item.post for item in capture.items if item.post is not None]
    assert [capture.holder(media) for media in post.media] == [""]


def test_an_address_that_promises_a_file_is_held_to_it(get: Get, documented: Documented) -> None:
    """A picture that an AppView names by somebody's blob and that is another one does not spoil the verification."""
    image, false = documented.upload(jpeg()), jpeg(1)
    url = documented.server.url(f"/xrpc/com.atproto.sync.getBlob?did=x&cid={image['ref']['$link']}&shown")
    documented.answer("com.atproto.sync.getBlob", Body(data=false, type="image/jpeg"))
    documented.post(RKEY, "Other #x", tags=["x"])
    shown = {"images": [{"fullsize": url}]}
    documented.answer("app.bsky.feed.searchPosts", {"posts": [documented.view(RKEY, embed=shown)]})
    documented.answer("com.atproto.repo.getRecord", REFUSED)
    documented.answer("com.atproto.sync.getRecord", REFUSED)
    got = get("#x", documented.origin, on=("bsky",), attempts=1)
    assert "the server sent other bytes than those that the signed record names" in got.failures.values()
    assert got.verdict == "ok"


@pytest.mark.parametrize(
    ("body", "texts", "words"),
    [
        (b'{"records":[%b,{"uri":', ["The first"], "not JSON at character"),
        (b'{"records":[' + b"%b," * 1000 + b"%b]}", ["The first"], "it has more than 1,000 elements"),
    ],
    ids=["broken off", "too long"],
)
def test_a_list_that_is_not_read_to_its_end_is_not_complete(
    get: Get, documented: Documented, body: bytes, texts: list[str], words: str
) -> None:
    """A list that breaks off, or is too long, is stored, and the capture says so; its posts are asked for alone."""
    documented.post(RKEY, "The first")
    element = json.dumps({"uri": documented.uri(RKEY), "value": documented.records[RKEY]}).encode()
    documented.answer("com.atproto.repo.listRecords", body.replace(b"%b", element))
    got = get(f"at://{documented.did}", documented.origin)
    assert [post.text for post in got.posts] == texts
    assert got.result.status == ("partial" if texts else "nothing")
    assert words in " ".join(got.failures.values())


def test_what_comes_compressed_is_read_and_verified(get: Get, documented: Documented) -> None:
    """A server that compresses although nobody asked it to is understood, at capture and in verification."""
    image = documented.upload(jpeg())
    documented.post(RKEY, "Packed", embed={"$type": "app.bsky.embed.images", "images": [{"image": image, "alt": ""}]})
    car = documented.repository().proof(f"{COLLECTION}/{RKEY}".encode())
    documented.answer("com.atproto.sync.getRecord", Body(data=car, gzip=True))
    documented.answer("com.atproto.sync.getBlob", Body(data=jpeg(), type="image/jpeg", gzip=True))
    document = json.dumps(documented.document()).encode()
    documented.server.files["/.well-known/did.json"] = Body(data=document, gzip=True)
    got = get(documented.uri(RKEY), documented.origin)
    assert [proof.problem for proof in got.proofs] == [""]
    result = verify(got.result.path)
    assert result.verdict == "ok"
    assert any(note.startswith("photos and videos proven: 1 ") for note in result.notes)


def test_the_record_is_compared_as_data_and_not_as_text(get: Get, documented: Documented) -> None:
    """Order of fields, spaces and escapes are free in JSON; the proof holds for the same data in other letters."""
    documented.post(RKEY, "Ümlaut / slash", langs=["de"], extra={"numbers": [1, -1, True, None]})
    value = documented.records[RKEY]
    turned = json.dumps(dict(reversed(value.items())), indent=2).replace("/", "\\/")
    assert encoded(json.loads(turned)) == encoded(value)
    body = f'{{"value": {turned}, "uri": "{documented.uri(RKEY)}"}}'
    documented.answer("com.atproto.repo.getRecord", body.encode())
    got = get(documented.uri(RKEY), documented.origin)
    assert [proof.problem for proof in got.proofs] == [""]
    assert not any(isinstance(failed, Failed) for failed in got.view.failed)
