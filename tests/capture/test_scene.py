from __future__ import annotations

import pytest

from capture.errors import BadScene
from capture.options import CaptureOptions
from capture.scene import parse_scene
from capture.sources import SOURCES, legs

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
    ],
)
def test_what_a_scene_can_be(given: str, url: str, tag: str) -> None:
    """A web address, a hashtag with either number sign, an at:// URI."""
    scene = parse_scene(given)
    assert (scene.url, scene.tag) == (url, tag)


@pytest.mark.parametrize("given", ["#", "#two words", "##x", "#a\x1b[31m", "at://", "at:///x", "at://a b"])
def test_what_is_no_scene(given: str) -> None:
    """A sign alone, several words and control characters are refused with a hint."""
    with pytest.raises(BadScene) as caught:
        parse_scene(given)
    assert caught.value.hint


def test_every_source_takes_its_own_example() -> None:
    """Each source's example finds that source among those that are asked, and no network is touched."""
    names = set()
    for source in SOURCES:
        names.add(source.name)
        [leg, *_] = legs(parse_scene(source.example), OPTIONS)
        assert source.name in {each.name for each in leg.sources}
    assert len(names) == len(SOURCES)


def test_a_hashtag_is_looked_for_in_every_place() -> None:
    """One capture has a leg for each server named with --on."""
    assert [leg.scene.url for leg in legs(parse_scene("#FireWatch"), OPTIONS)] == ["mastodon.example", "bsky"]


def test_a_hashtag_without_a_place_says_what_to_do() -> None:
    """Without --on and without a config file the hint names the option."""
    with pytest.raises(BadScene) as caught:
        legs(parse_scene("#FireWatch"), CaptureOptions(officer="M", initials="MP"))
    assert "--on" in caught.value.hint
