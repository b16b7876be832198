"""A list of trusted signers of content credentials: certificates of authorities, in a file that the user names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from exports.report.words import counted
from hashing.files.digest import Digest
from hashing.files.storage import read_named
from intelligence.errors import BadTrustList

_LARGEST = 4 << 20


@dataclass(frozen=True, slots=True)
class TrustList:
    """The certificates, in PEM, and what the list is called in a finding."""

    certificates: str
    title: str


def read_trust_list(path: Path) -> TrustList:
    """Return the list in a file of PEM certificates, such as the C2PA's own. Raises BadTrustList, Unreadable."""
    from cryptography import x509

    data = read_named(path, _LARGEST)
    try:
        count = len(x509.load_pem_x509_certificates(data))
        text = data.decode()
    except ValueError as error:
        raise BadTrustList(f"{path}: no list of certificates in PEM", hint="such as the C2PA trust list") from error
    return TrustList(text, f"the trust list {path.name} ({counted(count, 'certificate')}, {Digest.of_bytes(data)})")
