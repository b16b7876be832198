"""A source of a package that someone else installed: a message board that answers with a list of posts in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from capture.extractors import FetchRequest, PostExcerpt
from capture.extractors.ask_again import ask_again
from capture.recorder.decoding import decoded_body
from hashing.case.kinds import ItemKind
from hashing.case.post import Account, Post, PostMedia

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from capture.extractors import Fetch, Finding
    from capture.request.known import KnownPost
    from capture.request.scene import Scene


class Entry(msgspec.Struct):
    """A post as the board tells it."""

    id: str
    text: str
    photo: str = ""


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
        if stored is None:
            return
        with stored.body.open("rb") as file:
            body, offset = decoded_body(file, stored.item.content_encoding), 0
        base = scene.url.removesuffix("board.json")
        for raw in msgspec.json.decode(body, type=list[msgspec.Raw]):
            data = bytes(raw)
            offset = body.index(data, offset)
            entry = msgspec.json.decode(data, type=Entry)
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
            yield PostExcerpt(of=stored, offset=offset, data=data, url=url, found_in="board", post=post)
            if entry.photo:
                yield FetchRequest(url=photo, kind=ItemKind.PHOTO, found_in=f"post {url}", alt="what it shows")
            offset += len(data)

    def recheck(self, known: KnownPost, fetch: Fetch) -> Iterator[Finding]:
        """Ask for the post's own address."""
        return ask_again(known, fetch)


def install(site: Path) -> None:
    """Lay down what an installed package with this source leaves in `site`, a folder on `sys.path`."""
    info = site / "goldenhour_board-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: goldenhour-board\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[goldenhour.extractors]\nboard = tests.capture.board:Board\n")
