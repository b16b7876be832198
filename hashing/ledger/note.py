"""Signed notes (https://c2sp.org/signed-note): a text, a blank line, and a line for each signature.

Only Ed25519 signatures (type 0x01) are made and checked; others in the same note are carried and ignored.
"""

from __future__ import annotations

import base64
import binascii
import re

import msgspec

from hashing.errors import BadFormat, BadSignature
from hashing.ledger.keys import PublicKey, SigningKey, check_key_name, encode_base64

LARGEST_NOTE = 1 << 20  # Bytes.
MOST_SIGNATURES = 64  # The standard asks for 16 at the least.

# C2SP signed-note: the first bytes of SHA-256(name, newline, type, public key); a hint which key to try, no proof.
_KEY_ID_BYTES = 4
# U+2014, which begins each line of a signature; no line of the text is taken for one, since a blank line parts them.
_DASH = "—"


def decode_base64(text: str) -> bytes:
    """Read standard base64 in its one canonical form. Raises BadFormat for any other way to write the same bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadFormat(f"{text[:140]!r} is not base64") from error
    if encode_base64(data) != text:
        raise BadFormat(f"{text[:140]!r} is not base64 in its canonical form")
    return data


class NoteSignature(msgspec.Struct, frozen=True):
    """One signature line: the signer's name, the four bytes that stand for the key, and the signature itself."""

    name: str
    key_id: bytes
    signature: bytes


class Note(msgspec.Struct, frozen=True):
    """A note as read. Nothing in it can be trusted before `verify` has returned."""

    text: str  # Ends in a newline, which is signed too.
    signatures: tuple[NoteSignature, ...]

    def verify(self, name: str, key: PublicKey) -> None:
        """Check that `key` signed the text under `name`; signatures by other keys are ignored.

        Raises BadSignature where there is none by this key, and where any that claims to be by it does not fit.
        """
        ours = [item for item in self.signatures if (item.name, item.key_id) == (name, key.key_id(name))]
        if not ours:
            raise BadSignature(
                f"{name}: not signed by the key {key.fingerprint()}", hint="check that this is the signer's public key"
            )
        for item in ours:
            try:
                key.verify(item.signature, self.text.encode())
            except BadSignature as error:
                raise BadSignature(f"{name}: {error}") from error


def sign_note(text: str, name: str, key: SigningKey) -> str:
    """Return the whole note: the text, which ends in a newline, and its signature by `key` under `name`.

    Raises BadFormat for a text or a name that a note cannot carry.
    """
    _check_characters(text)
    if not text.endswith("\n"):
        raise BadFormat("the text of a note must end in a newline")
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise BadFormat("the text of a note cannot be written in UTF-8") from error
    note = f"{text}\n{_DASH} {name} {encode_base64(key.public.key_id(name) + key.sign(data))}\n"
    if len(note.encode()) > LARGEST_NOTE:
        raise BadFormat(f"the note would be larger than {LARGEST_NOTE} bytes")
    return note


def parse_note(data: bytes) -> Note:
    """Read a note without trusting it. Raises BadFormat for whatever the standard does not allow."""
    if len(data) > LARGEST_NOTE:
        raise BadFormat(f"not a signed note: larger than {LARGEST_NOTE} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise BadFormat("not a signed note: not valid UTF-8") from error
    _check_characters(whole)
    text, blank, lines = whole.rpartition("\n\n")  # the text may hold blank lines, the signatures none
    if not blank or not lines.endswith("\n"):
        raise BadFormat("not a signed note: it does not end in a blank line and signature lines")
    signatures = lines[:-1].split("\n", MOST_SIGNATURES)
    if len(signatures) > MOST_SIGNATURES:
        raise BadFormat(f"not a signed note: more than {MOST_SIGNATURES} signatures")
    return Note(f"{text}\n", tuple(map(_parse_signature, signatures)))


def _check_characters(text: str) -> None:
    if re.search(r"[\x00-\x09\x0b-\x1f]", text):
        raise BadFormat("a signed note must not hold control characters")


def _parse_signature(line: str) -> NoteSignature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != _DASH:
        raise BadFormat(f"not a signature line: {line[:140]!r}")
    check_key_name(name)
    data = decode_base64(encoded)
    if len(data) <= _KEY_ID_BYTES:
        raise BadFormat(f"not a signature line, it is too short: {line[:140]!r}")
    return NoteSignature(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])
