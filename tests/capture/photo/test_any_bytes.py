from __future__ import annotations

import tempfile
import unicodedata
from pathlib import Path

import msgspec
import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capture.photo.examine import MOST_FACTS
from capture.photo.text import kept_text
from hashing.case.facts import Fact
from hashing.printable import printable
from tests.capture.photo.making import FORMATS, WITH_EXIF, Block, camera_exif, encoded, examine, picture

_MAGIC = [
    b"\xff\xd8\xff\xe1", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\1\0\0WEBPVP8X", b"II*\0", b"MM\0*", b"II+\0",
    b"BM" + bytes(12) + b"\x28\0\0\0", b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\0\1\0\0\x16\0\0\0",
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\1\0meta", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", b"<svg ", b"",
]  # fmt: skip
_WHOLE = [
    encoded(name, picture(24, 16), **({"exif": camera_exif().tobytes()} if name in WITH_EXIF else {}))
    for name in FORMATS
]


def _check(data: bytes) -> None:
    """Examine bytes; what comes is bounded, printable and fit for a ledger."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo"
        path.write_bytes(data)
        facts = examine(path)
    assert 1 <= len(facts) <= MOST_FACTS
    for fact in facts:
        assert fact.tag
        shown = f"{fact.name}{fact.value}{fact.tag}"
        assert len(shown) < 12_000
        assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in shown)
        assert "\u202e" not in shown
        rfc8785.dumps(msgspec.to_builtins(fact))
        assert msgspec.json.decode(msgspec.json.encode(fact), type=Fact) == fact


@pytest.mark.parametrize("magic", _MAGIC, ids=range(len(_MAGIC)))
@settings(max_examples=40, deadline=None)
@given(rest=st.binary(max_size=2000))
def test_any_bytes_after_any_magic_give_facts(magic: bytes, rest: bytes) -> None:
    """Whatever follows the first bytes of a format, there are facts and no exception."""
    _check(magic + rest)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(whole=st.sampled_from(_WHOLE), at=st.integers(0, 1500), patch=st.binary(min_size=1, max_size=12))
def test_a_photo_with_any_bytes_changed_gives_facts(whole: bytes, at: int, patch: bytes) -> None:
    """Damage anywhere in a real photo gives facts and no exception."""
    at %= len(whole)
    _check(whole[:at] + patch + whole[at + len(patch) :])


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 400), patch=st.binary(min_size=1, max_size=8))
def test_an_exif_block_with_any_bytes_changed_gives_facts(at: int, patch: bytes) -> None:
    """Damage anywhere in an EXIF block gives facts and no exception."""
    block = camera_exif().tobytes().removeprefix(b"Exif\0\0")
    at %= len(block)
    _check(encoded("JPEG", picture(8, 8), exif=b"Exif\0\0" + block[:at] + patch + block[at + len(patch) :]))


@given(st.text())
def test_escaping_twice_is_escaping_once(text: str) -> None:
    """What the reader has made safe is not changed when it is checked again."""
    once = printable(text)
    assert printable(once) == once
    assert once.isprintable() or not any(
        unicodedata.category(char).startswith("C") and char not in "\u200c\u200d" for char in once
    )


@given(st.binary(max_size=9000))
def test_kept_text_is_bounded(data: bytes) -> None:
    """However long or broken a text is, what is kept of it is bounded."""
    assert len(kept_text(data, len(data))) < 11_000


def test_an_empty_block_is_no_exception() -> None:
    """A block without a single tag gives the photo's other facts."""
    _check(encoded("JPEG", picture(8, 8), exif=b"Exif\0\0" + Block().encoded()))
