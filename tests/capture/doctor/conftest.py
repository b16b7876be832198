"""A computer on which nothing is at fault, and its parts to be broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from capture.doctor import Setup
from capture.recorder.address_guard import AddressGuard
from hashing.ledger.keys import default_key_path, load_or_create_signing_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

from capture.doctor import Finding


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """Return what the doctor is told of a computer with a key, an empty folder, and no config file."""
    load_or_create_signing_key(default_key_path())
    folder = tmp_path / "cases"
    folder.mkdir()
    return Setup(
        folder=folder, key=default_key_path(), key_named=False, guard=AddressGuard(allow_private=True), timeout=60.0
    )


def one(check: Callable[[Setup], Iterator[Finding]], setup: Setup, name: str = "") -> Finding:
    """Return the only finding of a check, or the only one of this name."""
    [finding] = [each for each in check(setup) if name in {"", each.check}]
    assert finding.hint or finding.state == "ok"  # what is not well says what to do
    return finding
