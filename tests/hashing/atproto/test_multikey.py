from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.atproto import Malformed, NotProven
from hashing.atproto.base58 import decode_base58, encode_base58
from hashing.atproto.did_document import stated_key
from hashing.atproto.multikey import AtprotoKey, Curve
from tests.hashing.atproto.signer import Signer

# One key in both forms, and one of each curve, from the specifications of DIDs and cryptography.
LEGACY = "zQYEBzXeuTM9UR3rfvNag6L3RNAs5pQZyYPsomTsgQhsxLdEgCrPTLgFna8yqCnxPpNT7DBk6Ym3dgPKNu86vt9GR"
MULTIKEY = "zQ3shXjHeiBuRCKmM36cuYnm7YEMzhGnCmCyW92sRJ9pribSF"
P256_KEY = "zDnaembgSGUhZULN2Caob4HLJPaxBh92N7rtH21TErzqf8HQo"
K256_KEY = "zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc"
POINT = Signer("p256", 7).point


@pytest.mark.parametrize(("text", "curve"), [(MULTIKEY, "k256"), (K256_KEY, "k256"), (P256_KEY, "p256")])
def test_published_keys(text: str, curve: Curve) -> None:
    """The keys of the specification are read, and written again as they stand there."""
    for form in (text, f"did:key:{text}"):
        key = AtprotoKey.parse(form)
        assert (key.curve, key.did_key) == (curve, f"did:key:{text}")


def test_both_forms_are_one_key() -> None:
    """The older form of a key in a DID document is read as the same key as its Multikey."""
    legacy = stated_key("EcdsaSecp256k1VerificationKey2019", LEGACY)
    assert legacy == stated_key("Multikey", MULTIKEY) == AtprotoKey.parse(MULTIKEY)
    p256 = stated_key("EcdsaSecp256r1VerificationKey2019", f"z{encode_base58(POINT)}")
    assert p256.did_key == Signer("p256", 7).did_key


@pytest.mark.parametrize(
    ("type_", "key"),
    [
        ("JsonWebKey2020", MULTIKEY),
        ("Multikey", LEGACY),
        ("EcdsaSecp256k1VerificationKey2019", MULTIKEY),
        ("EcdsaSecp256r1VerificationKey2019", LEGACY),
        ("EcdsaSecp256k1VerificationKey2019", f"z{encode_base58(POINT)}"),
        ("EcdsaSecp256k1VerificationKey2019", f"z{encode_base58(AtprotoKey.parse(MULTIKEY).point)}"),
    ],
)
def test_key_under_a_wrong_type(type_: str, key: str) -> None:
    """A key that is not of the type it is said to be is refused."""
    with pytest.raises(Malformed):
        stated_key(type_, key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        "did:key:",
        "did:key:did:key:" + MULTIKEY,
        MULTIKEY[1:],
        "z0OIl",
        "m" + MULTIKEY[1:],
        MULTIKEY + "1",
        "z" * 1_000_000,
        "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        "z" + encode_base58(b"\xe7\x01\x02" + b"\xff" * 32),
        "z" + encode_base58(b"\xe7\x01" + Signer("k256", 7).point),
        "z" + encode_base58(b"\x80\x24\x00"),
        "z" + encode_base58(b"\x80\x24" + bytes(33)),
    ],
)
def test_no_key(text: str) -> None:
    """What is no compressed point of one of the two curves in base58 is refused."""
    with pytest.raises(Malformed):
        AtprotoKey.parse(text)


@given(data=st.binary(max_size=80))
def test_base58(data: bytes) -> None:
    """Any bytes read back from base58."""
    assert decode_base58(encode_base58(data)) == data


@given(text=st.text("123456789ABCabc0OIl", max_size=60))
def test_base58_has_one_form(text: str) -> None:
    """Any text is refused, or is the one way to write its bytes."""
    try:
        assert encode_base58(decode_base58(text)) == text
    except Malformed:
        assert set(text) & set("0OIl")


@pytest.mark.parametrize("curve", ["k256", "p256"])
@given(message=st.binary(max_size=100), bit=st.integers(0, 511))
def test_signature(curve: Curve, message: bytes, bit: int) -> None:
    """A signature verifies for its message; altered, cut off, made high or for another message it does not."""
    signer = Signer(curve, 11)
    key = AtprotoKey.parse(signer.did_key)
    signature = signer.sign(message)
    key.verify(signature, message, "it")
    altered = bytearray(signature)
    altered[bit // 8] ^= 1 << bit % 8
    for wrong in (bytes(altered), signature[:-1], signature + b"\0", b"", signer.sign(message, high_s=True)):
        with pytest.raises(NotProven, match=r"^it: "):
            key.verify(wrong, message, "it")
    with pytest.raises(NotProven, match="altered since"):
        key.verify(signature, message + b"\0", "it")
