from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from hashing.ledger.trusted_time import NotValid, ask, load_roots, read_token
from tests.hashing.ledger.trusted_time.resigned import resigned
from tests.servers.time_authority import certify

if TYPE_CHECKING:
    from cryptography.x509 import ObjectIdentifier

    from tests.servers.time_authority import TimeAuthority

DATA = b"what was sealed\n"
STAMPING, SERVING = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.SERVER_AUTH


def test_another_signer_under_the_same_root_is_as_good(authority: TimeAuthority) -> None:
    """A token of a second certificate of the authority holds: what follows is refused for its own faults alone."""
    reply = ask(authority.url(), DATA).data
    token = read_token(resigned(reply, *certify(authority.folder, "Second")))
    assert token.authority == "CN=Second"
    token.demand_root(load_roots(authority.root))


@pytest.mark.parametrize(
    ("usages", "critical"), [((SERVING,), True), ((STAMPING, SERVING), True), ((STAMPING,), False)]
)
def test_a_certificate_for_other_purposes(
    authority: TimeAuthority, usages: tuple[ObjectIdentifier, ...], critical: bool
) -> None:
    """Who holds a certificate for something else under the same root cannot make times with it."""
    signer = certify(authority.folder, "Web Server", usages=usages, critical=critical)
    with pytest.raises(NotValid, match="not for time-stamping"):
        read_token(resigned(ask(authority.url(), DATA).data, *signer))


def test_a_certificate_that_had_expired(authority: TimeAuthority) -> None:
    """Nor can who holds an old certificate of the authority."""
    signer = certify(authority.folder, "Old", until=dt.datetime(2002, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(NotValid, match="not valid at the token's time"):
        read_token(resigned(ask(authority.url(), DATA).data, *signer))


def test_a_signature_that_names_another_certificate(authority: TimeAuthority) -> None:
    """The certificate that was signed for is the one in the token, whatever name and number say."""
    signer, key = certify(authority.folder, "Second")
    other, _ = certify(authority.folder, "Other")
    with pytest.raises(NotValid, match="another certificate"):
        read_token(resigned(ask(authority.url(), DATA).data, signer, key, named=other))


def test_a_signature_of_another_key(authority: TimeAuthority) -> None:
    """A signature that the certificate's key did not make does not hold."""
    signer, _ = certify(authority.folder, "Second")
    _, key = certify(authority.folder, "Other")
    with pytest.raises(NotValid, match="the signature does not hold"):
        read_token(resigned(ask(authority.url(), DATA).data, signer, key))
