"""Checkpoints (https://c2sp.org/tlog-checkpoint): a signed statement of a ledger's length and root hash."""

from __future__ import annotations

import re
from hashlib import sha256

import msgspec

from hashing.errors import BadFormat
from hashing.ledger.fingerprint import fingerprint
from hashing.ledger.keys import PublicKey, SigningKey, check_key_name, encode_base64
from hashing.ledger.note import Note, decode_base64, parse_note, sign_note

_ROOT_BYTES = 32
_LARGEST_SIZE = 1 << 63
_LINES = 3


class Checkpoint(msgspec.Struct, frozen=True):
    """What a checkpoint states: the ledger's name, its number of lines, and its Merkle root of 32 bytes.

    `origin` has no spaces and no plus, so that it can be the name in the signature line as well.
    Raises BadFormat for values that cannot be stated.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        check_key_name(self.origin)
        if not 0 <= self.size < _LARGEST_SIZE:
            raise BadFormat(f"{self.origin}: a ledger cannot have {self.size} lines")
        if len(self.root) != _ROOT_BYTES:
            raise BadFormat(f"{self.origin}: a root hash has {_ROOT_BYTES} bytes, not {len(self.root)}")

    def text(self) -> str:
        """Write the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read those three lines.

        Raises BadFormat for any other way to write them, and for extension lines: nobody could check what they say.
        """
        lines = text.split("\n")
        if len(lines) != _LINES + 1 or lines[-1]:
            raise BadFormat(f"not a checkpoint: it must have exactly {_LINES} lines")
        origin, size, root, _ = lines
        if not re.fullmatch(r"0|[1-9][0-9]{0,18}", size):
            raise BadFormat(f"not a checkpoint: {size[:140]!r} is not a number of lines")
        return cls(origin, int(size), decode_base64(root))

    def fingerprint(self) -> str:
        """Return what to write down: the same digits that `head -n 3 checkpoint | sha256sum` begins with.

        It stands for name, length and root. The signatures are no part of it, so one can be added later.
        """
        return fingerprint(sha256(self.text().encode()).digest())


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> str:
    """Return the signed note that carries a checkpoint; the key's name in it is the ledger's."""
    return sign_note(checkpoint.text(), checkpoint.origin, key)


def parse_checkpoint(data: bytes) -> tuple[Checkpoint, Note]:
    """Read a checkpoint and the note around it without checking any signature.

    Raises BadFormat, also where more than one line is signed to it: whose signature a further line is, and what for,
    nothing here could say. A trusted time stands beside the checkpoint, not in it.
    """
    note = parse_note(data)
    if len(note.signatures) != 1:
        raise BadFormat(f"a checkpoint with {len(note.signatures)} signature lines, where goldenhour writes one")
    return Checkpoint.parse(note.text), note


def open_checkpoint(data: bytes, key: PublicKey) -> Checkpoint:
    """Read a checkpoint that `key` signed under the ledger's name. Raises BadFormat, BadSignature."""
    checkpoint, note = parse_checkpoint(data)
    note.verify(checkpoint.origin, key)
    return checkpoint
