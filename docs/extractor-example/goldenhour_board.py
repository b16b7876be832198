"""A message board that answers with a list of posts in JSON, as an extractor of goldenhour."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import msgspec

from capture.extractors import FetchRequest, PostExcerpt, Unavailable
from capture.extractors.ask_again import ask_again
from capture.recorder.decoding import decoded_body
from hashing.case.kinds import ItemKind
from hashing.case.post import Account, Post, PostMedia
from hashing.sandbox import NotRead, handed_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capture.extractors import Fetch, Finding
    from capture.request.known import KnownPost
    from capture.request.scene import Scene


class Board:
    """Takes every address that ends in `/board.json`."""

    name = "board"
    example = "https://board.example/board.json"
    lists_posts = True

    def takes(self, scene: Scene) -> bool:
        """Say whether the address is a board's."""
        return scene.url.endswith("/board.json")

    def find(self, scene: Scene, fetch: Fetch) -> Iterator[Finding]:
        """Yield each post of the list, and its photo."""
        stored = fetch.get(FetchRequest(url=scene.url, kind=ItemKind.LISTING, found_in="scene")).stored
        if stored is None:  # the recorder has said why
            return
        coding, base = stored.item.content_encoding, scene.url.removesuffix("board.json")
        try:
            with handed_over(stored.body) as file:
                entries = fetch.readers.ask(f"{__name__}:entries_in", coding, files=[file], answer=list[Entry])
        except NotRead as error:
            yield Unavailable(url=scene.url, reason=f"the list is stored and could not be read: {error}")
            return
        for entry in entries:
            url, photo = f"{base}{entry.id}", f"{base}{entry.photo}"
            media = (PostMedia(url=photo, kind=ItemKind.PHOTO, alt="what it shows"),) if entry.photo else ()
            post = Post(
                platform="board",
                server="board.example",
                id=url,
                permalink=url,
                author=Account(handle="ann"),
                published="2026-11-24T10:15:00Z",
                text=entry.text,
                media=media,
            )
            yield PostExcerpt(of=stored, offset=entry.offset, data=entry.data, url=url, found_in="board", post=post)
            if entry.photo:
                yield FetchRequest(url=photo, kind=ItemKind.PHOTO, found_in=f"post {url}", alt="what it shows")

    def recheck(self, known: KnownPost, fetch: Fetch) -> Iterator[Finding]:
        """Ask for the post's own address."""
        return ask_again(known, fetch)


class Entry(msgspec.Struct):
    """A post as the board tells it, and where it stands in the list."""

    id: str
    text: str
    photo: str = ""
    offset: int = 0
    data: bytes = b""


def entries_in(file: BinaryIO, coding: str) -> list[Entry]:
    """Read a list. It runs in the sandbox: whatever it raises is told as the reason why the list was not read."""
    body, offset, entries = decoded_body(file, coding), 0, []
    for raw in msgspec.json.decode(body, type=list[msgspec.Raw]):
        data = bytes(raw)
        offset = body.index(data, offset)
        entry = msgspec.json.decode(data, type=Entry)
        entry.offset, entry.data = offset, data
        entries.append(entry)
        offset += len(data)
    return entries
