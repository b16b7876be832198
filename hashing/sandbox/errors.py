"""What can go wrong with a reader.

HashingError
└── NotRead         the reader hung, died, or answered what is no answer; the message is the reason
    ├── NotStarted  no reader could be started: this says nothing of the document
    └── Closed      there are no readers any more
"""

from __future__ import annotations

from hashing.errors import HashingError


class NotRead(HashingError):
    """A document was not read, or not to its end, although it is there."""


class NotStarted(NotRead):
    """No reader could be started, for want of memory, processes or files."""


class Closed(NotRead):
    """The readers were closed, because the capture is being stopped."""
