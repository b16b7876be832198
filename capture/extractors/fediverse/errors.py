"""What can go wrong while reading what a server of the fediverse says.

CaptureError
└── FediverseError
    ├── NoServer    the host, when asked, does not speak Mastodon's API
    └── Unreadable  a value is JSON, but not the post or account that it should be
"""

from __future__ import annotations

from capture.errors import CaptureError


class FediverseError(CaptureError):
    """Root of every error that `capture.extractors.fediverse` raises."""


class NoServer(FediverseError):
    """The host does not speak Mastodon's API; `reached` says whether it gave any answer."""

    def __init__(self, message: str, *, reached: bool) -> None:
        super().__init__(message)
        self.reached = reached


class UnreadableAnswer(FediverseError):
    """A value is JSON, but not the post or account that it should be."""
