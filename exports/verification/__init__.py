"""Is it as it was sealed? Nothing altered, nothing missing, nothing added: or the name of every file that is."""

from exports.format.result import MISMATCH, OK, UNCHECKED, Verification
from exports.verification.verify import verify

__all__ = ["MISMATCH", "OK", "UNCHECKED", "Verification", "verify"]
