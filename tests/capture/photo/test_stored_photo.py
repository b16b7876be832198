from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Any, cast

import pytest
from PIL import Image

from capture.photo import photo_facts
from capture.recorder.reading import capture_readers
from hashing.case.facts import Fact
from hashing.sandbox import NotRead
from tests.capture.photo.making import FORMATS, WITH_EXIF, camera_exif, encoded, examine, store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hashing.sandbox import Readers


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    """Return a capture's readers."""
    with capture_readers() as readers:
        yield readers


@pytest.mark.parametrize("name", FORMATS)
def test_the_sandbox_keeps_no_fact_back(tmp_path: Path, readers: Readers, name: str) -> None:
    """Confined, with little memory, a reader finds in every format what one finds that is not."""
    options: dict[str, Any] = {"exif": camera_exif().tobytes()} if name in WITH_EXIF else {}
    path = store(tmp_path, encoded(name, **options), "1 ü\udcff")
    facts = photo_facts(readers, path)
    assert facts == examine(path)
    assert Fact("picture data", "whole", "Pillow") in facts


@pytest.mark.timeout(600)
def test_a_jpeg_of_64_megapixels_is_decoded(tmp_path: Path, readers: Readers) -> None:
    """What cameras take fits into the memory that a reader has."""
    path = store(tmp_path, encoded("JPEG", Image.new("RGB", (8000, 8000), "red"), progressive=False))
    assert Fact("picture data", "whole", "Pillow") in photo_facts(readers, path)


@pytest.mark.timeout(600)
def test_a_picture_that_takes_more_memory_than_a_reader_has_is_said(tmp_path: Path, readers: Readers) -> None:
    """A PNG of 64 megapixels takes 256 MB: its facts are read, its picture is not decoded, the reader goes on."""
    path = store(tmp_path, encoded("PNG", Image.new("RGBA", (8000, 8000), "red"), compress_level=1))
    facts = photo_facts(readers, path)
    reason = "could not be read: it takes more memory to read than is allowed"
    assert {Fact("width", 8000, "PNG IHDR"), Fact("picture data", reason, "Pillow")} <= set(facts)
    assert photo_facts(readers, store(tmp_path, encoded("GIF"), "next"))[0].value == "GIF"


def test_what_is_no_file_is_not_opened(tmp_path: Path, readers: Readers) -> None:
    """A pipe would make its reader wait for ever, and a link may lead to a key."""
    os.mkfifo(tmp_path / "pipe")
    store(tmp_path, encoded("GIF"), "photo.gif")
    (tmp_path / "link").symlink_to(tmp_path / "photo.gif")
    for name, reason in (
        ("pipe", "it is not a regular file"),
        (".", "it is not a regular file"),
        ("link", "Too many levels of symbolic links"),
        ("none", "No such file or directory"),
    ):
        with pytest.raises(NotRead, match=f"^{reason}$"):
            photo_facts(readers, tmp_path / name)


@pytest.mark.parametrize(
    "facts",
    [
        [Fact("a" * 999, 1, "b")],
        [Fact("a", "v" * 20_000, "b")],
        [Fact("a", 1e300, "b")],
        [Fact("a", float("nan"), "b")],
        [Fact("a", 1, "b")] * 999,
    ],
)
def test_an_answer_is_trusted_no_more_than_the_photo(tmp_path: Path, facts: list[Fact]) -> None:
    """A reader that a photo took over cannot put just anything into the ledger."""

    class _TakenOver:
        def ask(self, *_: object, **__: object) -> tuple[Fact, ...]:
            return tuple(facts)

    with pytest.raises(NotRead, match="the reader's answer is out of bounds"):
        photo_facts(cast("Readers", _TakenOver()), store(tmp_path, encoded("GIF")))


def test_what_a_reader_says_is_written_out(tmp_path: Path) -> None:
    """Control characters in an answer act on nobody's terminal."""

    class _TakenOver:
        def ask(self, *_: object, **__: object) -> tuple[Fact, ...]:
            return (Fact("\x1b[2J", "\x1b]0;x\x07", "\x9b"),)

    assert photo_facts(cast("Readers", _TakenOver()), store(tmp_path, encoded("GIF"))) == (
        Fact("\\x1b[2J", "\\x1b]0;x\\x07", "\\x9b"),
    )


def test_a_block_that_asks_for_billions_of_reads_ends_in_the_sandbox_as_well(tmp_path: Path, readers: Readers) -> None:
    """What is counted ends it, and no clock."""
    entry = struct.pack("<HHII", 0x8825, 4, 1, 8)
    path = store(tmp_path, struct.pack("<4sIH", b"II*\0", 8, 65_535) + entry * 65_535 + bytes(4))
    assert photo_facts(readers, path) == examine(path)
