"""The end of a key: a statement, signed with the key itself, that it signs nothing from a time on.

It is a signed note (https://c2sp.org/signed-note) whose text is one JSON object. Statements stand in the user's data
folder, where `goldenhour verify` looks, and are handed to whoever has the public key. A key that is lost can state
nothing; whoever has a stolen key can only make others doubt it, not make them trust it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from hashing.errors import BadFormat, HashingError
from hashing.files import inside
from hashing.files.storage import read_small, storing, write_new
from hashing.files.user_folders import data_folder
from hashing.ledger.canonical import canonical_json
from hashing.ledger.keys import PublicKey, SigningKey
from hashing.ledger.note import LARGEST_NOTE, parse_note, sign_note
from hashing.times import Clock, system_clock, time_text

FORMAT = "goldenhour-key-retired/1"  # Also the name under which the note is signed.
_LONGEST_REASON = 1000


class Retirement(msgspec.Struct, frozen=True, kw_only=True):
    """What the holder of a key states of its end; `stolen` says that somebody else may sign with it."""

    format: str
    key: str  # The public key, in hexadecimal.
    time: str
    reason: str
    stolen: bool

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the key. Raises BadKey."""
        return PublicKey.parse(self.key).fingerprint()


def retire(key: SigningKey, *, reason: str = "", stolen: bool = False, clock: Clock = system_clock) -> Path:
    """State that a key is retired, in the user's data folder; return the file.

    Raises WouldOverwrite where it is retired already, BadFormat for a reason that a note cannot carry, Unwritable.
    """
    if len(reason) > _LONGEST_REASON:
        raise BadFormat(f"a reason of {len(reason):,} characters, and {_LONGEST_REASON:,} are enough")
    moment = time_text(clock())
    stated = Retirement(format=FORMAT, key=key.public.raw.hex(), time=moment, reason=reason, stolen=stolen)
    note = sign_note(canonical_json(stated).decode() + "\n", FORMAT, key)
    path = _place(key.public)
    with storing(path.parent):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_new(path, note.encode())
    return path


def retirement_of(key: PublicKey) -> Retirement | None:
    """Return what the user's data folder has of a key's end; None where it has none that holds."""
    try:
        return read_retirement(read_small(_place(key), LARGEST_NOTE))
    except HashingError:
        return None


def known_retirements() -> list[Retirement]:
    """Return every statement in the user's data folder that holds."""
    found = []
    try:
        names = inside.names(_folder())
    except OSError:
        return []
    for name in names:
        try:
            # What is none, or was signed by another key, retires nobody: anyone could write such a file about anyone.
            found.append(read_retirement(read_small(_folder() / name, LARGEST_NOTE)))
        except HashingError:
            continue
    return found


def read_retirement(data: bytes) -> Retirement:
    """Read a statement and check that the key that it speaks of signed it. Raises BadFormat, BadSignature, BadKey."""
    note = parse_note(data)
    try:
        stated = msgspec.json.decode(note.text, type=Retirement)
    except msgspec.DecodeError as error:
        raise BadFormat(f"not the statement that a key is retired: {error}") from error
    if stated.format != FORMAT:
        raise BadFormat("not the statement that a key is retired")
    note.verify(FORMAT, PublicKey.parse(stated.key))
    return stated


def keep(data: bytes) -> tuple[Retirement, Path]:
    """Keep a statement that somebody handed over, where `goldenhour verify` looks; return it and its file.

    Raises BadFormat, BadSignature, BadKey, WouldOverwrite, Unwritable.
    """
    stated = read_retirement(data)
    path = _place(PublicKey.parse(stated.key))
    with storing(path.parent):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_new(path, data)
    return stated, path


def _folder() -> Path:
    return data_folder() / "retired-keys"


def _place(key: PublicKey) -> Path:
    return _folder() / f"{key.raw.hex()}.note"
