"""What can go wrong with a trusted time.

TrustedTimeError
├── NotHad              no authority gave a token
├── NotValid            bytes are no token, or one that does not hold by itself
├── OfSomethingElse     a sound token that was not made for this checkpoint, or not for this request
└── NotTrusted          a sound token whose authority stands under none of the roots given
"""

from hashing.errors import HashingError


class TrustedTimeError(HashingError):
    """Root of every error that `hashing.ledger.trusted_time` raises."""


class NotHad(TrustedTimeError):
    """An authority could not be reached, answered something else, or refused."""


class NotValid(TrustedTimeError):
    """Bytes are not a token, or its signature or its signer's certificate does not hold."""


class OfSomethingElse(TrustedTimeError):
    """A token was made for other bytes, for another request, or under another policy than demanded."""


class NotTrusted(TrustedTimeError):
    """The authority's certificate does not lead to a root that was given."""
