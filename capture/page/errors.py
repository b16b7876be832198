"""What can go wrong while reading a page.

CaptureError
└── PageError
    ├── PageUnreadable  there is nothing in it to read
    └── BadAddress      an address in it that no browser could fetch; becomes one of the page's notes
"""

from __future__ import annotations

from capture.errors import CaptureError


class PageError(CaptureError):
    """Root of every error that `capture.page` raises."""


class PageUnreadable(PageError):
    """There is nothing in the page to read."""


class BadAddress(PageError):
    """An address that no browser could fetch."""
