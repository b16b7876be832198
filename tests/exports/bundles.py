"""Bundles for the tests of what is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exports.bundle import export_bundle
from tests.exports.small_case import OFFICER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exports.small_case import CaseMaker


def bundle_of(maker: CaseMaker, path: Path) -> Path:
    """Export a case: as a zip where the name ends so, else as a folder."""
    zipped = path.suffix == ".zip"
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=path, zipped=zipped).path
