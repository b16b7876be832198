from __future__ import annotations

import subprocess
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.errors import BadFormat
from hashing.ledger.fingerprint import fingerprint

if TYPE_CHECKING:
    from pathlib import Path

VALUES = st.binary(min_size=32, max_size=32)
OF_NOTHING = "e3b0 c442 98fc 1c14 9afb f4c8 996f b924 27ae 41e4"


@pytest.mark.parametrize("length", [0, 20, 31, 33])
def test_refuses_another_length(length: int) -> None:
    """What does not have the length of a SHA-256 value gets no fingerprint."""
    with pytest.raises(BadFormat, match="32 bytes"):
        fingerprint(bytes(length))


def test_known_value() -> None:
    """The fingerprint of the empty file is the beginning of its well-known SHA-256."""
    assert fingerprint(sha256(b"").digest()) == OF_NOTHING


def test_agrees_with_sha256sum(tmp_path: Path) -> None:
    """Without its spaces it is what `sha256sum` prints first for the same bytes."""
    file = tmp_path / "file"
    file.write_bytes(b"golden hour")
    printed = subprocess.run(["sha256sum", file], capture_output=True, text=True, check=True).stdout
    assert printed.startswith(fingerprint(sha256(b"golden hour").digest()).replace(" ", ""))


@given(VALUES)
def test_shape(value: bytes) -> None:
    """Ten groups of four lower-case digits, which give the first twenty bytes."""
    text = fingerprint(value)
    assert [len(group) for group in text.split(" ")] == [4] * 10
    assert bytes.fromhex(text) == value[:20]
