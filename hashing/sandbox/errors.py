"""What can go wrong with a reader.

HashingError
└── NotRead     the reader hung, died, or answered what is no answer; the message is the reason
    └── Closed  there are no readers any more
"""

from __future__ import annotations

from hashing.errors import HashingError


class NotRead(HashingError):
    """A document was not read, or not to its end, although it is there."""


class Closed(NotRead):
    """The readers were closed, because the capture is being stopped."""
