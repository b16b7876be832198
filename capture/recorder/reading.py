"""The readers of a capture: what reads pages, feeds, answers and photos in the sandbox, and how it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hashing.sandbox import NotRead, Readers

if TYPE_CHECKING:
    from pathlib import Path

    from capture.recorder.exchange import EndedExchange

# What a scene waits for; what reads feeds and photos is loaded when the first comes, while others are on their way.
_LOAD = ("capture.page.read_page",)

PHOTO_READER = "capture.photo.examine:facts_in"
SAMPLE_READER = "hashing.warc.content_coding:unpacked_sample"


def capture_readers() -> Readers:
    """Return readers that have loaded, before they are confined, what a capture needs."""
    return Readers(load=_LOAD)


def plain_body(readers: Readers, path: Path, coding: str) -> bytes:
    """Return a stored body without its content coding, which the sandbox has undone. Raises NotRead."""
    return b"".join(readers.gather("capture.recorder.decoding:decoded_pieces", coding, files=[path], answer=bytes))


def plain_sample(readers: Readers, exchange: EndedExchange) -> bytes:
    """Return what a body begins with, without its content coding; b"" where that cannot be undone.

    Then it is what the server says, and whoever reads the whole says why he cannot.
    """
    coding = exchange.header("content-encoding").strip()
    if not coding or not exchange.sample:
        return exchange.sample
    try:
        return readers.ask(SAMPLE_READER, exchange.sample, coding, answer=bytes)
    except NotRead:
        return b""


def plain_sha256(readers: Readers, path: Path, coding: str) -> str:
    """Return the SHA-256 in hexadecimal of a stored body without its content coding. Raises NotRead."""
    named = "capture.recorder.decoding:decoded_sha256"
    digest, reason = readers.ask(named, coding, files=[path], answer=tuple[str, str])
    if reason:
        raise NotRead(reason)
    return digest
