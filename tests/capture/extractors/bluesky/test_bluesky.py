from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from capture.request.options import BlueskyServices
from exports.verification import verify
from hashing.atproto import blob_cid
from hashing.case.capture_folder import capture_events
from hashing.case.events import PostChanged
from tests.servers.material import SMOKE_ALT, WATER_ALT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capture.run.watch import WatchRound
    from tests.capture.extractors.bluesky.conftest import Got
    from tests.servers.bluesky import BlueskyNetwork

    Get = Callable[..., Got]
    Rounds = Callable[..., Iterator[WatchRound]]


def test_a_post_is_captured_with_its_proof_and_its_original_photos(get: Get, bluesky: BlueskyNetwork) -> None:
    """The record as served, the proof of it, who the account is, and the photos byte for byte as uploaded."""
    post = bluesky.posts["photos"]
    got = get(post.uri, bluesky.pds, bluesky.plc)
    assert got.result.status == "complete"
    [record] = got.items("post")
    assert record.post is not None
    assert json.loads(got.body(record))["cid"] == post.cid
    assert (record.post.id, record.post.text) == (post.uri, "Smoke over the market, two photos #FireWatch #scene2026")
    author = record.post.author
    assert (author.handle, author.name, author.id) == ("alice.test", "Alice", post.did)
    assert record.post.permalink == f"https://bsky.app/profile/{post.did}/post/{post.rkey}"
    assert record.post.tags == ("FireWatch", "scene2026")
    assert record.post.published.endswith("Z")
    assert [media.alt for media in record.post.media] == [SMOKE_ALT, WATER_ALT]
    photos = got.items("photo")
    assert [got.body(photo) for photo in photos] == list(bluesky.photos)
    assert [photo.url for photo in photos] == [media.url for media in record.post.media]
    assert [blob_cid(photo.sha256) for photo in photos] == [media.cid for media in record.post.media]
    [proof] = got.proofs
    log = next(entry.ref for entry in got.items("identity") if entry.url.endswith("/log/audit"))
    assert (proof.problem, proof.record_cid, proof.post, proof.identity) == ("", post.cid, record.ref, log)
    assert [entry.kind for entry in got.view.items] == [
        *("identity", "identity", "account", "post", "proof", "photo", "photo")
    ]


def test_a_handle_in_the_address_of_any_client_leads_to_the_post(get: Get, bluesky: BlueskyNetwork) -> None:
    """What people paste is the address of a client with a handle in it, which is resolved."""
    post = bluesky.posts["video"]
    got = get(f"https://client.example/profile/Alice.test/post/{post.rkey}", bluesky.pds, bluesky.plc)
    assert got.result.status == "complete"
    [video] = got.items("video")
    assert got.body(video) == bluesky.clip
    assert video.alt == "A test picture"


def test_a_deleted_post_is_proven_absent(get: Get, bluesky: BlueskyNetwork) -> None:
    """Of a post that is gone the capture keeps the server's word, and the signed proof that it is not there."""
    post = bluesky.posts["deleted"]
    got = get(post.uri, bluesky.pds, bluesky.plc)
    [proof] = got.proofs
    assert (proof.record_cid, proof.post, proof.problem) == ("", "", "")
    assert proof.key.startswith("did:key:")
    assert got.failures == {
        post.uri: "there is no such record: it was deleted, or never there. "
        f"{proof.ref} proves that it is absent from the repository that the account's key signed, revision {proof.rev}"
    }
    assert b"RecordNotFound" in got.body(got.items("error page")[0])
    assert got.result.status == "partial"
    result = verify(got.result.path)
    assert result.verdict == "ok"
    assert any("records proven absent: 1" in note for note in result.notes)


def test_an_edited_post_has_another_record(get: Get, bluesky: BlueskyNetwork) -> None:
    """A post that was put in the place of another has the same address, another CID, and a proof that says so."""
    user = bluesky.user("alice")
    post = user.post("First wording")
    edited = user.edit(post, text="Second wording")
    before = get(edited.uri, bluesky.pds, bluesky.plc)
    assert [each.text for each in before.posts] == ["Second wording"]
    assert before.proofs[0].record_cid == edited.cid != post.cid
    user.delete(post)


def test_an_account_is_listed_first_and_proven_then(get: Get, bluesky: BlueskyNetwork) -> None:
    """Each post is the excerpt of its server's list, newest first; all texts come before any proof."""
    got = get("https://bsky.app/profile/bob.test", bluesky.pds, bluesky.plc, limit=5)
    wanted = [post.uri for post in reversed(bluesky.bulk)][:5]
    assert [post.id for post in got.posts] == wanted
    [listing] = got.items("listing")
    page = json.loads(got.body(listing))
    for entry in got.items("post"):
        assert json.loads(got.body(entry)) in page["records"]
    assert {(proof.post, proof.problem) for proof in got.proofs} == {(listing.ref, "")}
    assert [f"at://{proof.did}/{proof.collection}/{proof.rkey}" for proof in got.proofs] == wanted
    stored = {kind: [entry.time for entry in got.items(kind)] for kind in ("post", "proof")}
    assert max(stored["post"]) <= max(stored["proof"])
    assert "not followed further: there are as many posts as asked for (--limit 5)" in got.skipped.values()
    result = verify(got.result.path)
    assert result.verdict == "ok"
    assert any(note.startswith("records proven: 5 ") for note in result.notes)


def test_a_whole_account_is_every_post_and_nothing_else(get: Get, bluesky: BlueskyNetwork) -> None:
    """All posts of an account are there, with the photos and the video, and no repost, like or profile among them."""
    got = get(f"at://{bluesky.accounts['alice'].did}", bluesky.pds, bluesky.plc)
    wanted = {post.uri for post in bluesky.posts.values() if post.did == bluesky.accounts["alice"].did}
    assert {post.id for post in got.posts} == wanted
    assert len(got.proofs) == len(got.posts)
    assert {entry.kind for entry in got.view.items} == {
        *("identity", "account", "listing", "post", "proof", "photo", "video")
    }
    assert got.result.status == "complete"


def test_without_an_appview_a_thread_is_followed_upwards(get: Get, bluesky: BlueskyNetwork) -> None:
    """A PDS alone knows no replies, and that is said; what the post answers is found by what each says of the other."""
    posts = bluesky.posts
    got = get(posts["reply_to_reply"].uri, bluesky.pds, bluesky.plc, thread=True)
    assert [post.id for post in got.posts] == [posts[name].uri for name in ("reply_to_reply", "reply", "photos")]
    assert [post.reply_to for post in got.posts] == [posts["reply"].uri, posts["photos"].uri, ""]
    assert len(got.proofs) == 3
    assert len(got.items("account")) == 2
    [reason] = got.failures.values()
    assert reason.startswith("the replies cannot be listed without an AppView, and ")
    assert reason.endswith("; give an access token for it with --token")
    assert got.result.status == "partial"


def test_quotes_links_and_mentions_are_named(get: Get, bluesky: BlueskyNetwork) -> None:
    """What a post quotes, links to and mentions stands in it by its lasting name."""
    posts = bluesky.posts
    assert get(posts["quote"].uri, bluesky.pds, bluesky.plc).posts[0].quotes == posts["photos"].uri
    [post] = get(posts["link_and_mention"].uri, bluesky.pds, bluesky.plc).posts
    assert post.links == ("https://news.example/report?id=1",)
    assert post.mentions == (bluesky.accounts["alice"].did,)
    assert get(posts["tag_outside_text"].uri, bluesky.pds, bluesky.plc).posts[0].tags == ("FireWatch",)


def test_a_record_of_another_collection_is_captured_too(get: Get, bluesky: BlueskyNetwork) -> None:
    """Any record has an at:// URI, and is captured and proven by it."""
    did = bluesky.accounts["alice"].did
    got = get(f"at://{did}/app.bsky.actor.profile/self", bluesky.pds, bluesky.plc)
    assert got.result.status == "complete"
    assert got.proofs[0].problem == ""
    assert got.proofs[0].record_cid


def test_a_handle_that_nobody_has_is_said(get: Get, bluesky: BlueskyNetwork) -> None:
    """Where the address is certainly a post's, the handle's failure is named; elsewhere the web takes the page."""
    got = get("at://nobody.test/app.bsky.feed.post/3n346f5x2zk2j", bluesky.pds, bluesky.plc)
    assert got.result.status == "nothing"
    [reason] = got.failures.values()
    assert reason.startswith("nothing leads from the handle nobody.test to an account")
    page = get(f"{bluesky.pds}/profile/nobody.test", bluesky.pds, bluesky.plc)
    assert [failed.found_in for failed in page.view.failed] == ["scene"]
    assert list(page.failures) == [f"{bluesky.pds}/profile/nobody.test"]


@pytest.mark.parametrize("kind", ["edited", "gone"])
def test_a_watch_sees_a_post_change(rounds: Rounds, bluesky: BlueskyNetwork, kind: str) -> None:
    """A post that was edited or deleted between two rounds is named, the deletion with the proof of it."""
    user = bluesky.user("alice")
    post = user.post("Watched")
    watched = rounds(post.uri, bluesky=BlueskyServices(appview=bluesky.pds, plc=bluesky.plc))
    assert next(watched).posts == 1
    if kind == "edited":
        user.edit(post, text="Watched, and edited")
    else:
        user.delete(post)
    second = next(watched)
    [changed] = [event for event in capture_events(second.path) if isinstance(event, PostChanged)]
    assert (changed.id, changed.change) == (post.uri, kind)
    if kind == "gone":
        assert "proves that it is absent" in changed.reason
        assert changed.after in changed.reason


def test_no_address_of_the_services_is_built_from_what_a_server_says(get: Get, bluesky: BlueskyNetwork) -> None:
    """Every blob is asked for at the account's own server, by the account's DID."""
    post = bluesky.posts["photos"]
    got = get(post.uri, bluesky.pds, bluesky.plc)
    for photo in got.items("photo"):
        parts = urlsplit(photo.url)
        assert f"{parts.scheme}://{parts.netloc}" == bluesky.pds
        assert parse_qs(parts.query)["did"] == [post.did]
