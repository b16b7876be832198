"""The readers of a capture: what reads pages, feeds, answers and photos in the sandbox, and how it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hashing.sandbox import Readers, handed_over

if TYPE_CHECKING:
    from pathlib import Path

_LOAD = ("capture.page.stored_page",)
"""What a scene waits for; what reads feeds and photos is loaded when the first comes, while others are on their way."""


PHOTO_READER = "capture.photo.examine:facts_in"


def capture_readers() -> Readers:
    """Return readers that have loaded, before they are confined, what a capture needs."""
    return Readers(load=_LOAD)


def plain_body(readers: Readers, path: Path, coding: str) -> bytes:
    """Return a stored body without its content coding, which the sandbox has undone. Raises NotRead."""
    with handed_over(path) as file:
        return b"".join(readers.stream("capture.recorder.decoding:decoded_pieces", coding, files=[file], answer=bytes))
