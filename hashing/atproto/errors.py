"""What can go wrong with a proof of the AT Protocol.

AtprotoError            a proof could not be judged
├── Malformed           bytes are not what their format demands
└── NotProven           well formed, but a signature, a hash or a path does not match
    └── Ended           the owner of a did:plc has ended it
"""

from hashing.errors import HashingError


class AtprotoError(HashingError):
    """Root of every error that `hashing.atproto` raises; raised itself where this computer lacks the means to judge."""


class Malformed(AtprotoError):
    """Bytes are not what their format demands."""


class NotProven(AtprotoError):
    """Well formed, but a signature, a hash or a path does not match what was to be proven."""


class AccountEnded(NotProven):
    """The owner of a did:plc has ended it, as its log proves: it has no key any more."""
