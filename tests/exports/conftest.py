"""A case for tests that do not care what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.exports.small_case import CaseMaker, Thing, make_case, photo

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case with two exhibits."""
    maker = make_case(tmp_path)
    maker.capture([Thing("p.jpg", photo())])
    maker.capture([Thing("q.jpg", photo(2))])
    return maker
