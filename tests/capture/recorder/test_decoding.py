from __future__ import annotations

import gzip
import hashlib
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest

from capture.recorder.decoding import NotDecoded, decoded_body, decoded_sha256
from exports.format.unpacked import unpacked
from hashing.warc.content_coding import PIECE

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = b"what it says " * 100_000


def test_a_body_is_read_without_its_coding(tmp_path: Path) -> None:
    """Whatever the coding, the same bytes come out, and the same digest of them."""
    path = tmp_path / "body"
    for coding, body in (("", PLAIN), ("gzip", gzip.compress(PLAIN)), ("deflate", zlib.compress(PLAIN))):
        path.write_bytes(body)
        with path.open("rb") as file:
            assert decoded_body(file, coding) == PLAIN
            assert decoded_sha256(file, coding) == (hashlib.sha256(PLAIN).hexdigest(), "")
            assert decoded_sha256(file, "br") == ("", "coded as br, which goldenhour does not decode")


def test_a_bomb_is_not_read_further_than_allowed(tmp_path: Path) -> None:
    """A body that is small on the wire and large behind it ends at the bound."""
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(bytes(8 << 20)))
    with path.open("rb") as file, pytest.raises(NotDecoded, match="larger than 1 MiB"):
        decoded_body(file, "gzip", 1 << 20)


def test_what_follows_the_coded_data_is_not_kept(tmp_path: Path) -> None:
    """Gigabytes behind the end of a small coded body cost no memory, at capture and in verification."""
    path = tmp_path / "long"
    path.write_bytes(gzip.compress(b"small"))
    with path.open("ab") as file:
        file.truncate(256 << 20)
    tracemalloc.start()
    with path.open("rb") as file:
        assert decoded_body(file, "gzip") == b"small"
        file.seek(0)
        assert b"".join(unpacked(iter(lambda: file.read(PIECE), b""), "gzip")) == b"small"
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 16 << 20
