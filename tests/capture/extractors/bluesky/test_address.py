from __future__ import annotations

import pytest

from capture.errors import BadScene
from capture.extractors.bluesky import Bluesky
from capture.extractors.bluesky.address import read_address, read_tag, service_of
from capture.extractors.bluesky.at_uri import POST, read_at_uri
from capture.request.scene import parse_scene

DID = "did:plc:z72i7hdynmk6r22z27h6tvur"


@pytest.mark.parametrize(
    ("url", "account", "rkey", "certain"),
    [
        (f"https://bsky.app/profile/{DID}/post/3lc3mpsphk22o", DID, "3lc3mpsphk22o", True),
        ("https://bsky.app/profile/Alice.Bsky.Social/post/3lc3mpsphk22o", "alice.bsky.social", "3lc3mpsphk22o", True),
        ("https://deck.blue/profile/alice.bsky.social/post/my-own-key", "alice.bsky.social", "my-own-key", False),
        ("https://bsky.app/profile/alice.bsky.social/", "alice.bsky.social", "", False),
        ("https://client.example:8443/profile/alice.org?x=1#y", "alice.org", "", False),
        ("https://bsky.app/profile/did%3Aplc%3Az72i7hdynmk6r22z27h6tvur", DID, "", True),
        (f"at://{DID}/{POST}/3lc3mpsphk22o", DID, "3lc3mpsphk22o", True),
        (f"at://{DID}", DID, "", True),
        ("at://alice.bsky.social/", "alice.bsky.social", "", True),
        ("at://did:web:alice.org/app.bsky.actor.profile/self", "did:web:alice.org", "self", True),
    ],
)
def test_addresses_are_told_by_their_form(url: str, account: str, rkey: str, certain: bool) -> None:
    """at:// URIs and the addresses of any client name an account or a record."""
    address = read_address(url)
    assert address is not None
    assert (address.account, address.rkey, address.certain) == (account, rkey, certain)
    assert Bluesky().takes(parse_scene(url))


@pytest.mark.parametrize(
    ("url", "tag"),
    [
        ("https://bsky.app/hashtag/FireWatch", "FireWatch"),
        ("https://bsky.app/hashtag/%E7%81%AB%E4%BA%8B?lang=ja", "火事"),
        ("https://bsky.app/hashtag/FireWatch?author=alice.bsky.social", ""),
        ("https://www.facebook.com/hashtag/firewatch", ""),
        ("https://bsky.app/hashtag/", ""),
    ],
)
def test_a_hashtag_of_the_app_is_a_hashtag(url: str, tag: str) -> None:
    """The address of a hashtag's page in Bluesky's own app is looked for as the hashtag itself is."""
    assert read_tag(url) == tag
    assert not tag or Bluesky().takes(parse_scene(url))


@pytest.mark.parametrize(
    "path",
    [
        "search?q=fire",
        "hashtag/x?author=a",
        "feeds",
        "profile/a.example/lists/1",
        "profile/a.example/feed/x",
        "starter-pack/a.example/1",
        "profile/a.example/followers",
    ],
)
def test_what_of_the_app_is_not_captured_says_what_is(path: str) -> None:
    """Pages that hold nothing without a browser are refused in one sentence, with what to type instead."""
    with pytest.raises(BadScene, match="of Bluesky is not captured as a whole") as caught:
        Bluesky().takes(parse_scene(f"https://bsky.app/{path}"))
    assert "--on bsky" in caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/fire-on-market-street.html",
        "https://bsky.app/",
        "https://bsky.app/profile/alice",
        "https://bsky.app/profile/192.168.0.1",
        "https://bsky.app/profile/alice.bsky.social/post/a/b",
        "https://bsky.app/profile/alice.bsky.social/lists/3lc3mpsphk22o",
        "https://bsky.app/profile/did:key:z6Mk/post/3lc3mpsphk22o",
        "https://bsky.app/profile/did:plc:short/post/3lc3mpsphk22o",
        f"https://bsky.app/profile/{DID}/post/..",
        f"https://bsky.app/profile/{DID}/post/%2e%2e",
        "https://bsky.app/profile/alice.local",
        "ftp://bsky.app/profile/alice.bsky.social",
        f"at://{DID}/nonsense/3lc3mpsphk22o",
        f"at://{DID}/{POST}",
        "https://[bsky.app/profile/alice.bsky.social",
    ],
)
def test_other_addresses_are_left_to_other_sources(url: str) -> None:
    """What has not the form is not asked for, so that plain pages cost nothing."""
    assert read_address(url) is None


@pytest.mark.parametrize(
    ("place", "service"),
    [
        ("bsky", "https://appview.example"),
        ("api.example", "https://api.example"),
        ("api.example:8443", "https://api.example:8443"),
        ("http://127.0.0.1:2584", "http://127.0.0.1:2584"),
        ("https://api.example/xrpc/?x#y", "https://api.example"),
        ("https://me:secret@api.example", "https://api.example"),
        ("nonsense", ""),
        ("ftp://api.example", ""),
        ("https://", ""),
        ("https://api.example:99999", ""),
    ],
)
def test_the_place_of_a_hashtag_is_a_service(place: str, service: str) -> None:
    """`bsky` is the AppView of the settings, a host or URL another one; credentials and paths are no part of it."""
    assert service_of(place, "https://appview.example") == service


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "",
        "at://",
        f"at://{DID}",
        f"at://{DID}/{POST}/a/b",
        f"at://alice.example.org/{POST}/a",
        f"at://{DID}/{POST}/.",
    ],
)
def test_a_record_is_named_by_did_collection_and_key(value: object) -> None:
    """Anything else in a server's JSON names no record."""
    assert read_at_uri(value) is None


def test_the_example_is_a_scene() -> None:
    """The source takes its own example."""
    assert Bluesky().takes(parse_scene(Bluesky.example))
