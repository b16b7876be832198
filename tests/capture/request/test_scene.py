from __future__ import annotations

import pytest

from capture.errors import BadScene, BadSettings
from capture.extractors import EXTRACTORS, search_targets
from capture.request.options import BlueskyServices, CaptureOptions
from capture.request.scene import parse_scene

OPTIONS = CaptureOptions(officer="M", initials="MP", on=("mastodon.example", "bsky"))


@pytest.mark.parametrize(
    ("given", "url", "tag"),
    [
        ("https://example.org/a", "https://example.org/a", ""),
        ("example.org/a", "https://example.org/a", ""),
        ("HTTP://example.org", "http://example.org", ""),
        ("#FireWatch", "", "FireWatch"),
        ("\N{FULLWIDTH NUMBER SIGN}火事", "", "火事"),
        ("at://did:plc:abc/app.bsky.feed.post/1", "at://did:plc:abc/app.bsky.feed.post/1", ""),
        ("at://alice.example/", "at://alice.example", ""),
        ("did:plc:z72i7hdynmk6r22z27h6tvur", "at://did:plc:z72i7hdynmk6r22z27h6tvur", ""),
        ("did:web:alice.example", "at://did:web:alice.example", ""),
        ("@alice.bsky.social", "at://alice.bsky.social", ""),
        ("@alice@mastodon.example", "https://mastodon.example/@alice", ""),
    ],
)
def test_what_a_scene_can_be(given: str, url: str, tag: str) -> None:
    """A web address, a hashtag with either number sign, an at:// URI, an account as people name it."""
    scene = parse_scene(given)
    assert (scene.url, scene.tag) == (url, tag)


@pytest.mark.parametrize("given", ["#", "#two words", "##x", "#a\x1b[31m", "at://", "at:///x", "at://a b"])
def test_what_is_no_scene(given: str) -> None:
    """A sign alone, several words and control characters are refused with a hint."""
    with pytest.raises(BadScene) as caught:
        parse_scene(given)
    assert caught.value.hint


def test_a_bare_word_is_most_likely_a_hashtag_that_lost_its_sign() -> None:
    """It is refused with what to type instead, and a host of one's own network can be asked by its address."""
    with pytest.raises(BadScene) as caught:
        parse_scene("FireWatch")
    assert "'#FireWatch' --on" in caught.value.hint
    assert [parse_scene(each).url for each in ("http://intranet/", "localhost")] == [
        "http://intranet/",
        "https://localhost",
    ]


def test_every_source_takes_its_own_example() -> None:
    """Each source's example finds that source among those that are asked, and no network is touched."""
    names = set()
    for source in EXTRACTORS:
        names.add(source.name)
        [target, *_] = search_targets(parse_scene(source.example), OPTIONS)
        assert source.name in {each.name for each in target.extractors}
    assert len(names) == len(EXTRACTORS)


def test_a_hashtag_is_looked_for_in_every_place() -> None:
    """One capture has a search target for each server named with --on."""
    assert [target.scene.url for target in search_targets(parse_scene("#FireWatch"), OPTIONS)] == [
        "mastodon.example",
        "bsky",
    ]


def test_a_hashtag_without_a_place_says_what_to_do() -> None:
    """Without --on and without a config file the hint names the option."""
    with pytest.raises(BadScene) as caught:
        search_targets(parse_scene("#FireWatch"), CaptureOptions(officer="M", initials="MP"))
    assert "--on" in caught.value.hint


@pytest.mark.parametrize("given", ["ftp://mary:s3cret@example.org/", "https://mary:s3cret@[::", "https://mary:s3cret@"])
def test_a_complaint_does_not_repeat_a_login(given: str) -> None:
    """Messages end in logs: of an address that cannot be used, the password is left out."""
    with pytest.raises(BadScene) as caught:
        parse_scene(given)
    assert "s3cret" not in str(caught.value)


def test_a_place_with_a_login_is_refused() -> None:
    """The places of --on and the services of Bluesky are written down in the ledger, so none may hold a password."""
    for options in (
        lambda: CaptureOptions(officer="M", initials="MP", on=("https://mary:s3cret@mastodon.example",)),
        lambda: BlueskyServices(appview="https://mary:s3cret@appview.example"),
        lambda: BlueskyServices(plc="https://mary:s3cret@plc.example"),
    ):
        with pytest.raises(BadSettings, match="a login in its address is not used") as caught:
            options()
        assert "s3cret" not in str(caught.value)


def test_a_mail_address_is_told() -> None:
    """A mailto: link is no page; the address is named, and what a mail can be done with."""
    with pytest.raises(BadScene, match=r"jo@example.org is a mail address") as refused:
        parse_scene("mailto:jo@example.org?subject=x")
    assert "goldenhour intake" in refused.value.hint


@pytest.mark.parametrize("given", ["xmpp:jo@example.org", "tel:+49301234", "TEL:110", "tg://resolve?domain=jo"])
def test_an_address_that_opens_a_program_is_told(given: str) -> None:
    """Links to people that are no pages are named as such."""
    with pytest.raises(BadScene, match="opens a program, and no page"):
        parse_scene(given)


@pytest.mark.parametrize("given", ["not a scene", "see example.org/post", "example.org and example.net"])
def test_words_are_no_address(given: str) -> None:
    """Words with blanks between them are no address of anything, and a hint says what a scene is."""
    with pytest.raises(BadScene, match="not a web address") as refused:
        parse_scene(given)
    assert "#hashtag" in refused.value.hint
