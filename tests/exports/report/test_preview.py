from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from exports.format.bundle_files import BundleFiles
from exports.report.preview import Preview, preview, preview_readers
from exports.report.small_copy import EDGE
from tests.exports.listed import an_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hashing.sandbox import Readers


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    """Return what decodes photos."""
    with preview_readers() as readers:
        yield readers


def previewed(readers: Readers, data: bytes, size: int | None = None) -> Preview:
    """Return the preview of these bytes."""
    item = an_item(size=len(data) if size is None else size)
    return preview(item, BundleFiles({"data/x"}, lambda _name: io.BytesIO(data)), readers)


def encoded(picture: Image.Image, form: str, **how: Image.Exif) -> bytes:
    """Return a picture as a file."""
    out = io.BytesIO()
    picture.save(out, form, **how)
    return out.getvalue()


def opened(found: Preview) -> Image.Image:
    """Return a preview as a picture."""
    assert found.data, found.reason
    return Image.open(io.BytesIO(found.data))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
def test_small_plain_and_anew(form: str, readers: Readers) -> None:
    """Whatever the format, a preview is a small JPEG that carries nothing over from the original but its picture."""
    found = previewed(readers, encoded(Image.effect_noise((1600, 900), 80).convert("RGB"), form) + b"<script>")
    small = opened(found)
    assert (small.format, small.size) == ("JPEG", (EDGE, EDGE * 900 // 1600))
    assert b"script" not in found.data
    assert not small.getexif()


def test_upright(readers: Readers) -> None:
    """A photo that its EXIF turns is turned as browsers turn it."""
    picture = Image.new("RGB", (80, 40), "red")
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "secret description"
    picture.info["comment"] = b"secret comment"
    found = previewed(readers, encoded(picture, "JPEG", exif=exif))
    assert opened(found).size == (40, 80)
    assert b"secret" not in found.data


def test_what_is_transparent_stands_on_white(readers: Readers) -> None:
    """A transparent picture is shown on white, not on whatever its hidden colour is."""
    found = previewed(readers, encoded(Image.new("RGBA", (20, 20), (255, 0, 0, 0)), "PNG"))
    assert opened(found).getpixel((10, 10)) == (255, 255, 255)


def bomb() -> bytes:
    """Return a PNG that declares a picture of 400 megapixels."""
    return encoded(Image.new("1", (20_000, 20_000)), "PNG")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: encoded(Image.new("RGB", (400, 400), "blue"), "JPEG")[:300], "could not be decoded"),
        (lambda: b"", "could not be decoded"),
        (lambda: b"<svg onload='1'/>", "could not be decoded"),
        (bomb, "could not be decoded|megapixels"),
        (lambda: encoded(Image.new("RGB", (20, 20)), "TIFF"), "could not be decoded"),
    ],
)
def test_why_there_is_none(make: Callable[[], bytes], reason: str, readers: Readers) -> None:
    """A photo that is cut off, no photo at all, or too large to decode, has no preview and says why."""
    found = previewed(readers, make())
    assert found.data == b""
    assert any(each in found.reason for each in reason.split("|"))


def test_a_very_large_file_is_not_decoded(readers: Readers) -> None:
    """A file beyond the limit is not even opened."""
    assert previewed(readers, b"", size=300 << 20).reason == "a file of 314,572,800 bytes is not decoded here"


@given(noise=st.binary(max_size=200), place=st.integers(0, 600))
def test_damaged_files_are_harmless(readers: Readers, noise: bytes, place: int) -> None:
    """Whatever is written over a photo, there is a preview or a reason, and never an error."""
    whole = encoded(Image.new("RGB", (64, 64), "green"), "JPEG")
    found = previewed(readers, whole[:place] + noise + whole[place + len(noise) :])
    assert bool(found.data) != bool(found.reason)


def test_a_decoder_that_dies_costs_one_preview(
    readers: Readers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault in a decoder's native code is a reason, and the next photo has its preview."""
    (tmp_path / "photo.jpg").write_bytes(encoded(Image.new("RGB", (20, 20)), "JPEG"))
    item = an_item(size=1)
    files = BundleFiles({"data/x"}, lambda _name: (tmp_path / "photo.jpg").open("rb"))
    ask = type(readers).ask
    with monkeypatch.context() as broken:
        broken.setattr(type(readers), "ask", lambda self, _, answer, **__: ask(self, "os:abort", answer=answer))
        assert preview(item, files, readers).reason == "the reader stopped: killed by SIGABRT"
    assert preview(item, files, readers).data
