"""A bundle of whatever case a test has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exports.bundle import export_bundle
from tests.exports.small_case import OFFICER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exports.small_case import CaseMaker


@pytest.fixture
def bundle(maker: CaseMaker, tmp_path: Path) -> Path:
    """Return a bundle of the case."""
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "bundle").path
