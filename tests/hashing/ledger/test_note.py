from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from hashing.errors import BadFormat, BadSignature, HashingError
from hashing.ledger.keys import PublicKey, SigningKey
from hashing.ledger.note import LARGEST_NOTE, MOST_SIGNATURES, Note, decode_base64, parse_note, sign_note

# An example from C2SP's signed-note text, with its key.
SPEC_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
SPEC_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

# The example in the documentation of golang.org/x/mod/sumdb/note, the format's first implementation.
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

# The example of another edition of it, whose text has a blank line and letters beyond ASCII. No key stands beside it.
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)

KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(b"1" * 32))
OTHER_KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(b"2" * 32))
NAME = "goldenhour/4c1f"
LINE = "— a.example MTIzNDU=\n"
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[chr(code) for code in range(32)])).map(
    lambda text: f"{text}\n"
)


def _signature_line(name: str, key: SigningKey, text: str) -> str:
    return sign_note(text, name, key).removeprefix(f"{text}\n")


@pytest.mark.parametrize(("note", "vkey"), [(SPEC_NOTE, SPEC_KEY), (GO_NOTE, GO_KEY)])
def test_published_notes(note: str, vkey: str) -> None:
    """Published notes verify with their published keys; with one letter changed they do not."""
    name, key = vkey.partition("+")[0], PublicKey.parse(vkey)
    parse_note(note.encode()).verify(name, key)
    with pytest.raises(BadSignature, match="altered"):
        parse_note(note.replace("is", "iz", 1).encode()).verify(name, key)


def test_text_ends_at_the_last_blank_line() -> None:
    """A text may hold blank lines; the standard's own example is read in its parts."""
    note = parse_note(POEM.encode())
    assert note.text.endswith("sole:\n\ned è subito sera.\n")
    (signature,) = note.signatures
    assert (signature.name, signature.key_id.hex(), len(signature.signature)) == (
        "quasimodo.example/salvatore",
        "367ba04b",
        64,
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "blank line"),
        (b"\n", "blank line"),
        (b"\n\n", "blank line"),
        (b"text\n", "blank line"),
        (b"text\n\n", "blank line"),
        (f"text\n{LINE}".encode(), "blank line"),
        (f"text\n\n{LINE}\n".encode(), "blank line"),
        (f"text\n\n{LINE[:-1]}".encode(), "blank line"),
        (f"text\n\n{LINE}\n{LINE[:-1]}".encode(), "blank line"),
        (f"text\r\n\r\n{LINE}".encode(), "control"),
        (f"te\x00xt\n\n{LINE}".encode(), "control"),
        (f"te\txt\n\n{LINE}".encode(), "control"),
        (f"te\x1bxt\n\n{LINE}".encode(), "control"),
        (b"te\xffxt\n\n" + LINE.encode(), "UTF-8"),
        (b"te\xed\xa0\x80xt\n\n" + LINE.encode(), "UTF-8"),
        (b"te\xc0\xaext\n\n" + LINE.encode(), "UTF-8"),
        (f"text\n\n{LINE}text\n".encode(), "signature line"),
        (f"text\n\n -{LINE[1:]}".encode(), "signature line"),
        (f"text\n\n–{LINE[1:]}".encode(), "signature line"),  # noqa: RUF001 - an en dash, which is the fault
        (f"text\n\n {LINE}".encode(), "signature line"),
        ("text\n\n—  MTIzNDU=\n".encode(), "key name"),
        ("text\n\n— a+b MTIzNDU=\n".encode(), "key name"),
        ("text\n\n— a\u00a0b MTIzNDU=\n".encode(), "key name"),
        ("text\n\n— a\u2028b MTIzNDU=\n".encode(), "key name"),
        ("text\n\n— a\n".encode(), "too short"),
        ("text\n\n— a MTIzNA==\n".encode(), "too short"),
        ("text\n\n— a MTIzNDU\n".encode(), "base64"),
        ("text\n\n— a MTIzNDV=\n".encode(), "canonical"),
        ("text\n\n— a MTIzNDU=MTIzNDU=\n".encode(), "base64"),
        ("text\n\n— a MTIzNDU= \n".encode(), "base64"),
        ("text\n\n— a MTIz-_U=\n".encode(), "base64"),
        ("text\n\n— a M\u0422IzNDU=\n".encode(), "base64"),
        (f"text\n\n{LINE * (MOST_SIGNATURES + 1)}".encode(), "more than 64"),
        (b"x" * LARGEST_NOTE + f"\n\n{LINE}".encode(), "larger than"),
    ],
)
def test_malformed(data: bytes, reason: str) -> None:
    """Whatever the standard does not allow is refused with its reason."""
    with pytest.raises(BadFormat, match=reason):
        parse_note(data)


def test_bounds_are_those_of_the_standard() -> None:
    """As many signatures as allowed are read, and more than the sixteen that every reader must take."""
    note = parse_note(f"text\n\n{LINE * MOST_SIGNATURES}".encode())
    assert len(note.signatures) == MOST_SIGNATURES >= 16


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    """Any bytes are a note or refused as none, never anything else."""
    try:
        note = parse_note(data)
    except BadFormat:
        return
    assert note.text.endswith("\n")
    assert note.signatures


@given(st.integers(0, len(SPEC_NOTE.encode()) - 1), st.integers(0, 7))
def test_any_flipped_bit(place: int, bit: int) -> None:
    """No bit of a note can be changed without notice."""
    changed = bytearray(SPEC_NOTE.encode())
    changed[place] ^= 1 << bit
    with pytest.raises(HashingError):
        parse_note(bytes(changed)).verify("example.com/foo", PublicKey.parse(SPEC_KEY))


@given(TEXTS)
def test_round_trip(text: str) -> None:
    """Any text that ends in a newline comes back as it was, and verifies."""
    note = parse_note(sign_note(text, NAME, KEY).encode())
    assert note.text == text
    note.verify(NAME, KEY.public)


def test_signature_of_another_key_is_not_ours() -> None:
    """A note that the expected key did not sign, or not under this name, is refused."""
    note = parse_note(sign_note("text\n", NAME, OTHER_KEY).encode())
    with pytest.raises(BadSignature, match="not signed by the key"):
        note.verify(NAME, KEY.public)
    with pytest.raises(BadSignature, match="not signed by the key"):
        note.verify("another/name", OTHER_KEY.public)


def test_unknown_signatures_are_ignored() -> None:
    """Signatures by other keys, under any name, with the same name or the same key id, do no harm before or after."""
    text = "text\n"
    ours = _signature_line(NAME, KEY, text)
    same_name = _signature_line(NAME, OTHER_KEY, text)
    same_id = ours.replace(NAME, "someone/else")
    for lines in (LINE + same_name + same_id + ours, ours + same_id + same_name + LINE):
        parse_note(f"{text}\n{lines}".encode()).verify(NAME, KEY.public)


def test_failing_signature_of_our_key_rejects_the_note() -> None:
    """One signature that claims our key and does not fit rejects the note, even beside one that fits."""
    text = "text\n"
    good, bad = _signature_line(NAME, KEY, text), _signature_line(NAME, KEY, "other text\n")
    for lines in (good + bad, bad + good):
        with pytest.raises(BadSignature, match="altered since"):
            parse_note(f"{text}\n{lines}".encode()).verify(NAME, KEY.public)


def test_key_id_alone_proves_nothing() -> None:
    """The right name and key id with a signature of another length is refused."""
    line = _signature_line(NAME, KEY, "text\n")
    signature = parse_note(f"text\n\n{line}".encode()).signatures[0]
    for length in (1, 63, 65):
        cut = type(signature)(NAME, signature.key_id, (signature.signature + b"\x00")[:length])
        with pytest.raises(BadSignature):
            Note("text\n", (cut,)).verify(NAME, KEY.public)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("no newline", NAME),
        ("", NAME),
        ("tab\t\n", NAME),
        ("return\r\n", NAME),
        ("escape\x1b\n", NAME),
        ("surrogate\ud800\n", NAME),
        ("text\n", ""),
        ("text\n", "two words"),
        ("text\n", "a+b"),
        ("text\n", "a\nb"),
        ("text\n", "a\u3000b"),
        ("text\n", "a\x00b"),
        ("text\n", "a\udfff"),
        ("x" * LARGEST_NOTE + "\n", NAME),
    ],
)
def test_does_not_sign_what_it_would_not_read(text: str, name: str) -> None:
    """A text or a name that a note cannot carry is refused before it is signed."""
    with pytest.raises(BadFormat):
        sign_note(text, name, KEY)


@pytest.mark.parametrize("text", ["QQ", "QR==", "QQ==\n", " QQ==", "QQ=", "QQ===", "Q Q=", "QQ==QQ==", "é"])
def test_base64_in_one_form_only(text: str) -> None:
    """Base64 that could be written in another way is refused, so that a hash has one spelling."""
    with pytest.raises(BadFormat, match="base64"):
        decode_base64(text)
