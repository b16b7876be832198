from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.errors import BadScene
from capture.request.scene import parse_scene, scene_meant

URL = "https://example.org/post/1"


@pytest.mark.parametrize(
    "pasted",
    [
        f"<{URL}>.",
        f"“{URL}”",
        f"\N{LEFT SINGLE QUOTATION MARK}{URL}\N{RIGHT SINGLE QUOTATION MARK},",
        f"«{URL}»",
        f"({URL})",
        f"  {URL} ;",
        f"\ufeff{URL}\u200b",
        f"{URL}\u2060…",
        f"[{URL}].",
        f"[the post]({URL})",
        f"![a]({URL} 'its title').",
        "https//example.org/post/1",
        "https:/example.org/post/1",
        "HTTPS:///example.org/post/1",
        "https://example.org/\u200bpost/1",
        "https://https://example.org/post/1",
        "http//:example.org/post/1".replace("http", "https"),
        "https\uff1a//example.org/post/1",
        "//example.org/post/1",
        "hxxps[:]//example[.]org/post/1",
        f"**{URL}**",
        f"_{URL}_.",
        f"\uff08{URL}\uff09\u3001",
        f"\u300c{URL}\u300d",
        f"&lt;{URL}&gt;",
        f"<a class=x href='{URL}' target=_blank>the post</a>",
        f"see {URL}, seen at noon",
    ],
)
def test_an_address_is_found_in_what_was_pasted(pasted: str) -> None:
    """Quotes, brackets, full stops, invisible characters and a broken scheme do not make another address."""
    assert parse_scene(pasted).url == URL


@pytest.mark.parametrize(
    "pasted",
    [
        "@alice@social.example", "alice@social.example", "acct:alice@social.example.", "acct:@alice@social.example",
        "alice@social.example/", "\uff20alice\uff20social.example",
    ],
)  # fmt: skip
def test_a_handle_is_the_address_of_its_account(pasted: str) -> None:
    """An account of the fediverse is named by its handle as people write it."""
    assert parse_scene(pasted).url == "https://social.example/@alice"


@pytest.mark.parametrize(
    "address",
    [
        "https://en.example.org/wiki/Fire_(disambiguation)",
        "https://example.org/a?list=[1]",
        "https://example.org/@alice@social.example/109",
        "https://example.org/mail/alice@example.org",
        "http://[::1]/",
        "https://example.org/?",
        "at://did:plc:abc/app.bsky.feed.post/1",
        "#FireWatch",
        "#\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    ],
)
def test_what_belongs_to_an_address_stays(address: str) -> None:
    """A bracket that the address opened, an at sign in its path and an empty query are its own."""
    assert scene_meant(address) == address


def test_a_handle_keeps_its_port_and_needs_a_server() -> None:
    """The port is the server's; an account without a server is asked after, and no page is captured in its place."""
    assert parse_scene("@alice@social.example:8443").url == "https://social.example:8443/@alice"
    with pytest.raises(BadScene, match="on which server"):
        parse_scene("@alice")


@pytest.mark.parametrize("between", [" ", "\n", ", "])
def test_two_addresses_are_no_scene(between: str) -> None:
    """They are never glued into one address that nobody meant."""
    with pytest.raises(BadScene, match="2 addresses in one scene"):
        parse_scene(f"{URL}{between}https://example.org/post/2")


@pytest.mark.parametrize(
    "address", ["https://example.org/a[.]b", "https://example.org/?u=hxxps[:]//x", "http://[::1]/[.]"]
)
def test_only_the_host_of_an_address_is_made_whole(address: str) -> None:
    """What stands behind the host is the address's own, and stays."""
    assert scene_meant(address) == address


def test_a_login_is_no_handle() -> None:
    """A password before an at sign is lent to the host, and stands in no address."""
    scene = parse_scene("mary:s3cret@example.org/")
    assert scene.url == "https://example.org/"
    assert scene.login == ("example.org:443", ("mary", "s3cret"))


@given(st.text())
def test_what_was_meant_is_meant_again(text: str) -> None:
    """Reading once more what was read changes nothing."""
    meant = scene_meant(text)
    assert scene_meant(meant) == meant


@pytest.mark.parametrize("piece", ["&lt;", ")", "<a href=http://"])
def test_what_is_too_long_for_an_address_is_not_looked_through(piece: str) -> None:
    """A list of scenes may be a stranger's: a row that costs more than it is long would hold up all others."""
    text = piece * 1_000_000
    assert scene_meant(text) is text
