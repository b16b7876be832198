"""The roots that a user trusts to vouch for time-stamping authorities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hashing.errors import BadFormat
from hashing.files.storage import read_named

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


def load_roots(path: Path) -> list[Certificate]:
    """Read the certificates of a PEM file. Raises Unreadable, BadFormat where it holds none."""
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(read_named(path))
    except ValueError as error:
        raise BadFormat(f"{path}: not a certificate", hint="name a file with the root in PEM form") from error
