"""What can go wrong while reading a feed.

CaptureError
└── FeedUnreadable  there is nothing in it that could be read as a feed
"""

from __future__ import annotations

from capture.errors import CaptureError


class FeedUnreadable(CaptureError):
    """There is nothing in it that could be read as a feed."""
