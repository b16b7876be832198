"""A store that holds to its locks, reached as the tools of AWS reach one, and a case to keep there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.exports.store.reached import own_case

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exports.small_case import CaseMaker
    from tests.servers.object_store import ObjectStoreServer


@pytest.fixture
def place(object_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return an address of this test's own in a store; the environment leads to it."""
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    return object_store.place()


@pytest.fixture
def own(tmp_path: Path) -> CaseMaker:
    """Make a case of this user's own, with two exhibits."""
    return own_case(tmp_path)
