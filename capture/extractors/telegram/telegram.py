"""Telegram as an extractor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from capture.extractors.telegram.address import read_address
from capture.request.extractor import Fetch, Finding
from capture.request.known import KnownPost
from capture.request.scene import Scene


class Telegram:
    """Public channels, by the preview that needs no account."""

    name = "telegram"
    example = "https://t.me/s/durov"
    lists_posts = True

    def takes(self, scene: Scene) -> bool:
        """Say whether the address has the form of a channel or post; a hashtag is looked for in one channel."""
        return read_address(scene.url) is not None

    def find(self, scene: Scene, fetch: Fetch) -> Iterator[Finding]:
        """Yield the posts of the channel, those of it that have the hashtag, or the one post."""
        from capture.extractors.telegram.preview import ChannelPosts, find_post

        address = read_address(scene.url)
        assert address is not None  # noqa: S101 - tells the type: `takes` has said so
        if scene.tag:
            yield from ChannelPosts(replace(address, number="", query=f"#{scene.tag}"), fetch, scene.tag).find()
        elif address.number:
            yield from find_post(address, fetch)
        else:
            yield from ChannelPosts(address, fetch).find()

    def recheck(self, known: KnownPost, fetch: Fetch) -> Iterator[Finding]:
        """Ask for the post alone."""
        from capture.extractors.telegram.preview import ask_after

        return ask_after(known, fetch)
