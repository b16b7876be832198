"""Trusted time for seals: a token of an authority (RFC 3161) says that a checkpoint existed no later than its time.

Only the SHA-256 of the checkpoint and a random number leave the computer. A token is kept as it was received, so that
`openssl ts -verify` can judge it without us.
"""

from hashing.ledger.trusted_time.authority import ask, is_authority
from hashing.ledger.trusted_time.errors import NotHad, NotTrusted, NotValid, OfSomethingElse, TrustedTimeError
from hashing.ledger.trusted_time.roots import load_roots
from hashing.ledger.trusted_time.token import read_token

__all__ = [
    "NotHad",
    "NotTrusted",
    "NotValid",
    "OfSomethingElse",
    "TrustedTimeError",
    "ask",
    "is_authority",
    "load_roots",
    "read_token",
]
