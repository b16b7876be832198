"""A token of a time-stamping authority (RFC 3161): these bytes existed at this time, says whoever signed it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from hashing.ledger.trusted_time.der import CONTEXT, SEQUENCE, child, elements
from hashing.ledger.trusted_time.errors import NotTrusted, NotValid, OfSomethingElse
from hashing.ledger.trusted_time.signature import SignerInfo

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client.tsp import TimeStampResponse, TimeStampTokenInfo

LARGEST = 1 << 20  # Bytes; a token with a long chain has some ten thousand.

_SHA256 = "2.16.840.1.101.3.4.2.1"
# PKIStatus (RFC 3161 section 2.4.2). "Granted with modifications" (1) is refused: it is not what was asked for.
_GRANTED = 0
_LONGEST_NAME = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token that holds by itself: well formed, and signed by a certificate in it that is for nothing else.

    That proves no time yet: anyone can be such an authority. Who is to be believed is what `demand_root` checks.
    """

    data: bytes  # The TimeStampResp in DER, as it was received.
    time: datetime
    imprint: bytes  # SHA-256 of what it was made for.
    nonce: int | None
    policy: str
    serial: int
    authority: str  # The name in the signer's certificate.

    def demand_of(self, data: bytes) -> None:
        """Raise OfSomethingElse unless the token was made for exactly these bytes."""
        if self.imprint != sha256(data).digest():
            raise OfSomethingElse("the token was made for other bytes")

    def demand_root(self, roots: Sequence[Certificate]) -> None:
        """Raise NotTrusted unless the signer's certificate led to one of `roots` at the token's time.

        Whether a certificate of the chain was revoked is not looked up: that would need a network.
        """
        # All at once, because a file of roots may hold what lies between; then one by one, because of two roots of the
        # same name (an authority that renewed its key) the library may try the wrong one only.
        if not any(self._leads_to(each) for each in (list(roots), *([root] for root in roots))):
            raise NotTrusted(f"signed by {self.authority}, which stands under none of the roots given")

    def _leads_to(self, roots: list[Certificate]) -> bool:
        from rfc3161_client import VerificationError, VerifierBuilder

        with _without_warnings():
            try:
                VerifierBuilder(roots=roots).build().verify(decoded(self.data), self.imprint)
            except (VerificationError, ValueError):
                return False
        return True


def read_token(data: bytes) -> Token:
    """Read an authority's answer and check all that can be checked without knowing whom to trust.

    Status, imprint (SHA-256), the one signature, the certificate that it was made with, that this certificate is for
    time-stamping alone (RFC 3161 section 2.3), and that it was valid at the token's time. Raises NotValid.
    """
    if len(data) > LARGEST:
        raise NotValid(f"larger than {LARGEST:,} bytes, which no token is")
    from cryptography.x509 import DuplicateExtension, InvalidVersion, UnsupportedGeneralNameType

    odd = (DuplicateExtension, InvalidVersion, UnsupportedGeneralNameType)
    with _without_warnings():
        try:
            response = decoded(data)
            if response.status != _GRANTED:
                raise NotValid(f"not a token: {refusal(response)}")
            return _token(data, response)
        # The last two are what the libraries say to a name whose parts are of a type that they do not know.
        except (*odd, ValueError, OverflowError, KeyError, TypeError) as error:
            raise NotValid(f"not a token: {error}") from error


def refusal(response: TimeStampResponse) -> str:
    """Say in the authority's own words why it gave no token."""
    return f"refused with status {response.status} {' '.join(response.status_string)[:200]}".rstrip()


def _token(data: bytes, response: TimeStampResponse) -> Token:
    info = response.tst_info
    if info.message_imprint.hash_algorithm.dotted_string != _SHA256:
        raise NotValid("made over another hash than SHA-256")
    # Who signed, that the signature holds, that the key is for time-stamping and nothing else, that it was valid then.
    signer = _signer(response)
    SignerInfo.parse(response.time_stamp_token()).verify(signer)
    _check_purpose(signer)
    if not signer.not_valid_before_utc <= info.gen_time <= signer.not_valid_after_utc:
        raise NotValid("the authority's certificate was not valid at the token's time")
    return Token(
        data=data,
        time=info.gen_time,
        imprint=info.message_imprint.message,
        nonce=_nonce(info),
        policy=info.policy.dotted_string,
        serial=info.serial_number,
        authority=signer.subject.rfc4514_string()[:_LONGEST_NAME] or "an authority without a name",
    )


def _nonce(info: TimeStampTokenInfo) -> int | None:
    return info.nonce  # none where the request had none, whatever the library's types say


def _signer(response: TimeStampResponse) -> Certificate:
    """Return the one certificate that the signature names: two of one name could not be told apart."""
    from cryptography.x509 import load_der_x509_certificate

    signed = response.signed_data
    if len(signed.signer_infos) != 1:
        raise NotValid(f"{len(signed.signer_infos)} signatures, and a token has one")
    [named] = signed.signer_infos
    certificates = [load_der_x509_certificate(each) for each in signed.certificates]
    name = (named.issuer, named.serial_number)
    fitting = [each for each in certificates if (each.issuer, each.serial_number) == name]
    if len(fitting) != 1:
        raise NotValid(f"holds {len(fitting)} certificates of its signer, and must hold one")
    return fitting[0]


def _check_purpose(certificate: Certificate) -> None:
    from cryptography.x509 import ExtendedKeyUsage, ExtensionNotFound
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        usage = certificate.extensions.get_extension_for_class(ExtendedKeyUsage)
    except ExtensionNotFound as error:
        raise NotValid("the signer's certificate is not for time-stamping") from error
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise NotValid("the signer's certificate is not for time-stamping alone")


def decoded(data: bytes) -> TimeStampResponse:
    """Read an authority's answer without judging it. Raises ValueError, NotValid.

    The library demands that certificates stand in the order of DER, and many authorities send theirs from the signer
    upwards. The signature does not cover that order, so they are put into it for reading; the answer is kept as it is.
    """
    from rfc3161_client import decode_timestamp_response

    try:
        return decode_timestamp_response(data)
    except ValueError:
        return decode_timestamp_response(_with_certificates_in_order(data))


def _with_certificates_in_order(data: bytes) -> bytes:
    token = child(child(elements(data), 0, SEQUENCE).children(), 1, SEQUENCE)
    signed = child(child(token.children(), 1, CONTEXT).children(), 0, SEQUENCE)
    certificates = child(signed.children(), 3, CONTEXT)
    ordered = b"".join(sorted(each.whole for each in certificates.children()))
    return data.replace(certificates.content, ordered, 1)


def _without_warnings() -> warnings.catch_warnings[None]:
    """Keep the parser's remarks on odd certificates, which are for programmers, from the officer's terminal."""
    return warnings.catch_warnings(action="ignore")
