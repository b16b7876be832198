"""Authenticating what is not sealed yet: HMAC-SHA-256 (RFC 2104) under a secret that only the owner of a key has.

A process that dies leaves files behind that nobody has signed. Before they are sealed, whoever finishes off the capture
must know that the key's owner wrote them, and not somebody else who can write to the folder.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass, field

# As many as SHA-256 gives: a longer key of an HMAC gains nothing (RFC 2104, section 3).
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Mac:
    """The secret for one ledger; `SigningKey.mac` derives it."""

    secret: bytes = field(repr=False)

    @classmethod
    def that_nobody_checks(cls) -> Mac:
        """Return one with a secret that is forgotten: for a recorder whose files nobody will finish off."""
        return cls(os.urandom(_SECRET_BYTES))

    def of(self, *parts: bytes) -> str:
        """Return the tag of these parts, 64 hexadecimal digits; where one part ends and the next begins counts."""
        message = b"".join([piece for part in parts for piece in (len(part).to_bytes(8), part)])
        return hmac.digest(self.secret, message, "sha256").hex()

    def holds(self, tag: str | bytes, *parts: bytes) -> bool:
        """Say whether a tag is that of these parts."""
        given = tag.encode("utf-8", "replace") if isinstance(tag, str) else tag
        return hmac.compare_digest(given, self.of(*parts).encode())
