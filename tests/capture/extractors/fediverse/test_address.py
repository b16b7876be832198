from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.extractors.fediverse import Fediverse
from capture.extractors.fediverse.address import place_of, read_address
from capture.request.scene import Scene, parse_scene

UUID = "0190b0b4-6b1e-7c2d-9a3e-1f2a3b4c5d6e"


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("/@alice/110000000000000001", "post", "110000000000000001"),
        ("/@alice@other.example/110000000000000001", "post", "110000000000000001"),
        ("/@alice/110000000000000001/", "post", "110000000000000001"),
        ("/web/@alice/110000000000000001", "post", "110000000000000001"),
        ("/web/statuses/110000000000000001", "post", "110000000000000001"),
        ("/deck/@alice/110000000000000001", "post", "110000000000000001"),
        ("/users/alice/statuses/110000000000000001", "post", "110000000000000001"),
        ("/ap/users/115/statuses/116", "post", "116"),
        ("/@alice/statuses/01HZX8Q6Y0J6M3K5N7P9R1T2V4", "post", "01HZX8Q6Y0J6M3K5N7P9R1T2V4"),
        ("/@alice/posts/88991122/", "post", "88991122"),
        ("/notice/AbCd1EfGh2", "post", "AbCd1EfGh2"),
        (f"/objects/{UUID}", "post", UUID),
        (f"/display/{UUID}", "post", UUID),
        (f"/@alice/{UUID}", "post", UUID),
        ("/notes/9abcdef012", "post", "9abcdef012"),
        ("/p/alice/700000000000000001", "post", "700000000000000001"),
        ("/alice/p/1700000000.123456", "post", "1700000000.123456"),
        ("/@alice", "account", ""),
        ("/@alice@other.example", "account", ""),
        ("/@alice/with_replies", "account", ""),
        ("/users/alice", "account", ""),
        ("/web/accounts/77", "account", "77"),
        ("/tags/FireWatch", "tag", ""),
        ("/tags/%C3%A9clair", "tag", ""),
    ],
)
def test_the_forms_of_many_servers_are_told(path: str, kind: str, name: str) -> None:
    """Paths of posts, accounts and hashtags on Mastodon, GoToSocial, Pleroma, Pixelfed, Friendica and others."""
    address = read_address(f"https://host.example:8443{path}?x=1#y")
    assert address is not None
    assert (address.kind, address.number, address.origin) == (kind, name, "https://host.example:8443")
    assert Fediverse().takes(parse_scene(f"https://host.example{path}"))


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/",
        "https://news.example/2026/03/01/fire-on-market-street",
        "https://news.example/posts/1234",
        "https://news.example/tag/fire",
        "https://news.example/p/fire-on-market-street",
        "https://news.example/notes/about-us",
        "https://news.example/users",
        "https://photos.example/p/CxYz12345/",
        "https://bsky.app/profile/alice.example.org/post/3k2abc",
        "https://video.example/watch?v=1",
        "at://did:plc:abc/app.bsky.feed.post/1",
    ],
)
def test_other_pages_are_left_alone(url: str) -> None:
    """A news page, an album or another network's post costs no question to its host."""
    assert not Fediverse().takes(parse_scene(url))


@pytest.mark.parametrize(
    ("place", "origin"),
    [
        ("mastodon.example", "https://mastodon.example"),
        ("mastodon.example:8443", "https://mastodon.example:8443"),
        ("http://127.0.0.1:8600", "http://127.0.0.1:8600"),
        ("https://mastodon.example/tags/x", "https://mastodon.example"),
        ("https://me:secret@mastodon.example", "https://mastodon.example"),
        ("bsky", ""),
        ("", ""),
        ("ftp://mastodon.example", ""),
        ("http://[::1", ""),
        ("mastodon.example:99999", ""),
    ],
)
def test_a_place_for_a_hashtag_is_a_host_or_a_url(place: str, origin: str) -> None:
    """A bare host means https; a full URL is taken as it is; `bsky` is another source's."""
    assert place_of(place) == origin
    assert Fediverse().takes(Scene("#fire", place, tag="fire")) == bool(origin)


@given(st.text())
def test_any_address_is_told_or_left(text: str) -> None:
    """Whatever stands behind a host gives an address on that host, or none; never an error."""
    address = read_address(f"https://host.example/{text}")
    assert address is None or urlsplit(address.origin).netloc == "host.example"
    assert isinstance(place_of(text), str)
