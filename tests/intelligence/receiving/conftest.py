from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import chromium
from tests.browser.tab import Tab

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def browser() -> Iterator[chromium.Chromium]:
    """Start the system's Chromium once; it reaches the page, and nothing else."""
    program = chromium.found()
    if program is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    running = chromium.Chromium(program, loopback=True)
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
