from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.capture.extractors.bluesky.conftest import Got
    from tests.servers.bluesky import BlueskyNetwork

    Get = Callable[..., Got]


def test_a_thread_is_captured_from_each_authors_own_server(get: Get, bluesky_appview: BlueskyNetwork) -> None:
    """Posts above and below the one asked for, as the AppView shows them, and again with proof, photos included."""
    network = bluesky_appview
    names = ("reply", "photos", "reply_to_reply")
    got = get(network.posts["reply"].uri, network.appview, network.plc, thread=True)
    assert got.result.status == "complete"
    wanted = {network.posts[name].uri for name in names}
    from_view = [entry for entry in got.items("post") if entry.excerpt is not None]
    from_pds = [entry for entry in got.items("post") if entry.excerpt is None]
    for entries in (from_view, from_pds):
        assert {entry.post.id for entry in entries if entry.post} == wanted
        assert len(entries) == 3
    assert {(proof.rkey, proof.problem) for proof in got.proofs} == {(network.posts[name].rkey, "") for name in names}
    assert [got.body(photo) for photo in got.items("photo")] == list(network.photos)
    assert len(got.items("account")) == 2
    above = next(e.post for e in from_pds if e.post and e.post.id == network.posts["photos"].uri)
    assert (above.counts["replies"], above.counts["quotes"]) == (1, 1)
    assert got.verdict == "ok"


def test_a_hashtag_is_searched_and_each_post_proven(get: Get, bluesky_appview: BlueskyNetwork) -> None:
    """Every post with the hashtag is there as it was listed, and then from its author's own server with proof."""
    network = bluesky_appview
    got = get("#manyposts", network.appview, network.plc, on=("bsky",))
    wanted = sorted(post.uri for post in network.bulk)
    assert sorted(proof.rkey for proof in got.proofs) == sorted(post.rkey for post in network.bulk)
    for excerpted in (True, False):
        entries = [entry for entry in got.items("post") if (entry.excerpt is not None) == excerpted]
        assert sorted(entry.post.id for entry in entries if entry.post) == wanted
    assert got.result.status == "complete"
    assert got.verdict == "ok"


def test_a_hashtag_on_a_server_named_by_its_address_obeys_limit_and_span(
    get: Get, bluesky_appview: BlueskyNetwork
) -> None:
    """An AppView is recognised by asking it; the limit counts posts, and --since leaves older ones out."""
    network = bluesky_appview
    some = get("#manyposts", "http://127.0.0.1:1", network.plc, on=(network.appview,), limit=3)
    assert [post.id for post in some.posts[:3]] == [post.uri for post in reversed(network.bulk)][:3]
    assert len(some.proofs) == 3
    newest = datetime.fromisoformat(some.posts[0].published)
    none = get("#manyposts", network.appview, network.plc, on=("bsky",), since=newest + timedelta(seconds=1))
    assert none.posts == []
    assert "posts outside the span of --since and --until" in none.skipped.values()


def test_a_hashtag_in_other_letters_is_the_same(get: Get, bluesky_appview: BlueskyNetwork) -> None:
    """The AppView's own matching is not relied on: a post counts where it is marked with the tag, in any spelling."""
    network = bluesky_appview
    got = get("#firewatch", network.appview, network.plc, on=("bsky",))
    assert network.posts["reply"].uri in {post.id for post in got.posts}
    assert all("firewatch" in map(str.lower, post.tags) for post in got.posts)
