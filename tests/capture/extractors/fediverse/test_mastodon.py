"""Against a real server of the API: the package mastodon_mock."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from exports.verification import verify
from tests.servers.mastodon import TOKENS
from tests.servers.material import SMOKE_ALT, WATER_ALT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.capture.extractors.fediverse.documented import Held
    from tests.servers.mastodon import MastodonServer

    Capture = Callable[..., tuple[str, Held]]


def test_a_post_with_its_photos_and_its_thread(mastodon: MastodonServer, held: Capture) -> None:
    """From a post's URL come the post, both photos as they were posted, with alt text, its replies and its author."""
    status, case = held(mastodon.posts["photos"].url, thread=True)
    assert status == "complete"
    assert case.texts == [
        "Smoke over the market, two photos #FireWatch #scene2026",
        "@alice I was there too #firewatch",
        "@bob Thanks, where?",
    ]
    photos = case.of_kind("photo")
    assert {item.sha256 for item in photos} == {hashlib.sha256(data).hexdigest() for data in mastodon.photos}
    assert {item.alt for item in photos} == {SMOKE_ALT, WATER_ALT}
    post = case.post("Smoke over")
    assert {media.url for media in post.media} == {item.url for item in photos}
    assert post.tags == ("FireWatch", "scene2026")
    assert post.author.handle == f"alice@{urlsplit(mastodon.origin).netloc}"
    assert case.post("I was there").reply_to == post.id
    assert case.post("Thanks").reply_to == case.post("I was there").id
    [account] = case.of_kind("account")
    assert case.facts[account.ref]["name"] == "Alice"
    assert verify(case.path).verdict == "ok"


def test_a_reply_is_a_post_as_it_was_served(mastodon: MastodonServer, held: Capture) -> None:
    """A post out of a list is an item of its own: the very bytes that stand in the list, at the offset that is said."""
    _, case = held(mastodon.posts["photos"].url, thread=True)
    item = case.item_of("I was there")
    assert item.excerpt is not None
    [listing] = [each for each in case.items if each.ref == item.excerpt.of]
    served, data = case.bytes_of(listing), case.bytes_of(item)
    assert served[item.excerpt.offset :].startswith(data)
    assert json.loads(data)["id"] == mastodon.posts["reply"].id
    assert (listing.kind, item.kind) == ("listing", "post")


def test_an_edited_post_says_what_it_said_before(mastodon: MastodonServer, held: Capture) -> None:
    """The first wording of an edited post is read from its history, which is an item, as is the source of the last."""
    status, case = held(mastodon.posts["edited"].url)
    assert status == "complete"
    post = case.post("Second wording")
    assert [edit.text for edit in post.edits] == ["First wording #scene2026"]
    assert len(case.of_kind("history")) == 1
    assert any(item.url.endswith("/source") for item in case.of_kind("data"))


def test_a_warning_stands_before_the_text(mastodon: MastodonServer, held: Capture) -> None:
    """The content warning of a post is kept apart from its text, and that it is sensitive is a fact."""
    _, case = held(mastodon.posts["content_warning"].url)
    post = case.post("Graphic")
    assert (post.warning, post.text) == ("Injuries", "Graphic #FireWatch")
    assert case.facts[case.item_of("Graphic").ref]["sensitive"] is True


def test_a_post_for_followers_needs_a_token(mastodon: MastodonServer, held: Capture) -> None:
    """What a careless server shows to anyone is not read as a post without a token, and is one, marked, with it."""
    scene = mastodon.posts["followers_only"].url
    status, without = held(scene)
    assert (status, without.posts) == ("partial", {})
    assert "without login" in without.reasons
    host = urlsplit(mastodon.origin).netloc
    status, with_token = held(scene, tokens={f"http://{host}": TOKENS["bob"]})
    assert status == "complete"
    assert with_token.post("For friends").visibility == "private"


def test_an_account_is_paged_through(mastodon: MastodonServer, held: Capture) -> None:
    """All posts of an account arrive, over several pages, replies included, each once; and its own page's facts."""
    status, case = held(mastodon.url("/@bob"), media="none")
    assert status == "complete"
    assert len([text for text in case.texts if text.endswith("of many #manyposts")]) == 45
    assert len(case.texts) == len(set(case.texts))
    assert "@alice I was there too #firewatch" in case.texts
    assert len(case.of_kind("listing")) >= 2
    [account] = case.of_kind("account")
    assert case.facts[account.ref]["handle"] == f"bob@{urlsplit(mastodon.origin).netloc}"


def test_a_limit_counts_posts(mastodon: MastodonServer, held: Capture) -> None:
    """`--limit` takes the newest posts, asks for no further page, and says what it left out."""
    status, case = held("#manyposts", on=(mastodon.origin,), limit=5)
    assert status == "complete"
    assert case.texts == [f"Number {number} of many #manyposts" for number in (44, 43, 42, 41, 40)]
    assert len(case.of_kind("listing")) == 1
    assert "over the limit (--limit 5)" in case.reasons


def test_a_hashtag_is_found_in_any_spelling(mastodon: MastodonServer, held: Capture) -> None:
    """A hashtag in capitals finds posts that spell it otherwise, with their photos and videos."""
    status, case = held("#FIREWATCH", on=(mastodon.origin,))
    assert status == "complete"
    assert {"Graphic #FireWatch", "@alice I was there too #firewatch"} <= set(case.texts)
    assert "For friends #FireWatch" not in case.texts
    assert {item.kind for item in case.items} >= {"photo", "video"}


def test_a_hashtag_by_its_address(mastodon: MastodonServer, held: Capture) -> None:
    """The address of a hashtag's page is that hashtag on that server."""
    _, case = held(mastodon.url("/tags/scene2026"), media="none")
    assert sorted(case.texts) == [
        "Second wording #scene2026",
        "Smoke over the market, two photos #FireWatch #scene2026",
    ]


def test_the_token_is_in_no_file(mastodon: MastodonServer, held: Capture) -> None:
    """The token stands in no file of the capture; that a credential was left out does."""
    host = urlsplit(mastodon.origin).netloc
    _, case = held(mastodon.posts["photos"].url, thread=True, tokens={f"http://{host}": TOKENS["alice"]})
    files = [path for path in case.path.rglob("*") if path.is_file()]
    assert not [path for path in files if TOKENS["alice"].encode() in _plain(path.name, path.read_bytes())]
    assert b'"replaced":["authorization"]' in (case.path / "ledger.jsonl").read_bytes()


def _plain(name: str, data: bytes) -> bytes:
    import gzip

    return gzip.decompress(data) if name.endswith(".gz") else data
