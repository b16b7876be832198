"""One browser for all tests of the report, and two bundles that it opens: an ordinary one and a hostile one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import chromium
from tests.browser.tab import Tab
from tests.exports.report.bundles import hostile_bundle, ordinary_bundle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def browser() -> Iterator[chromium.Chromium]:
    """Start the system's Chromium once."""
    program = chromium.found()
    if program is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    running = chromium.Chromium(program)
    try:
        yield running
    finally:
        running.close()


@pytest.fixture
def tab(browser: chromium.Chromium) -> Iterator[Tab]:
    """Open a tab with a profile of its own."""
    opened = Tab(browser)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture(scope="session")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a bundle with every part that a report can have."""
    return ordinary_bundle(tmp_path_factory.mktemp("ordinary"))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a bundle whose every text wants to run, to load something, or to hide."""
    return hostile_bundle(tmp_path_factory.mktemp("hostile"))
