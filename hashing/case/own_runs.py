"""What this user's own runs have begun and signed on this computer: small notes beside the user's other data.

They are never in a case, so that no folder of a stranger's can speak for them:

    begun/    a note a capture that is not sealed yet: only these are finished off without being asked to
    signed/   a note a case: how long its ledger was when this user changed it last, so that one set back is told
    tokens/   a note a token of trusted time that is being stored
    receipts/ a note a target that is verified again and again: its newest receipt, so that one that is gone is told

A note that cannot be written is left out: nothing is then done by itself, and the officer is asked to do it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from hashing.errors import HashingError
from hashing.files.storage import OWNER_FOLDER, OWNER_WRITES, read_small
from hashing.files.user_folders import data_folder

if TYPE_CHECKING:
    from hashing.ledger.keys import PublicKey

N = TypeVar("N", bound=msgspec.Struct)


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A capture that was begun here; `path` is the case's folder."""

    case: str
    capture: str
    path: str
    key: str


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """The newest state of a case's ledger that this user has signed here: lines, and their root in hexadecimal."""

    case: str
    path: str
    size: int
    root: str


class TokenHad(msgspec.Struct, frozen=True, kw_only=True):
    """A token that this user's run got from an authority and was about to store."""

    case: str
    checkpoint: str
    sha256: str


class ReceiptWritten(msgspec.Struct, frozen=True, kw_only=True):
    """The newest receipt of a target in a folder of receipts, by its name."""

    folder: str
    target: str
    name: str


def note_begun(case: str, capture: str, path: Path, key: PublicKey) -> None:
    """Note that a capture begins."""
    note = Begun(case=case, capture=capture, path=os.path.realpath(path), key=key.raw.hex())
    _write(_place("begun", case, capture), note)


def begun_here(case: str, capture: str, path: Path, key: PublicKey) -> bool:
    """Say whether this user began a capture on this computer, in this folder, with this key."""
    note = _read(_place("begun", case, capture), Begun)
    return note == Begun(case=case, capture=capture, path=os.path.realpath(path), key=key.raw.hex())


def forget_begun(case: str, capture: str) -> None:
    """Take the note of a capture away: it is sealed and on record."""
    _remove(_place("begun", case, capture))


def note_signed(case: str, path: Path, size: int, root: bytes) -> None:
    """Note how long a case's ledger is."""
    where = os.path.realpath(path)
    _write(_place("signed", case, where), Signed(case=case, path=where, size=size, root=root.hex()))


def signed_here(case: str, path: Path) -> tuple[Signed | None, Path]:
    """Return what is known of the case in this folder, and the file that says so."""
    where = os.path.realpath(path)
    file = _place("signed", case, where)
    note = _read(file, Signed)
    return (note if note is not None and (note.case, note.path) == (case, where) else None), file


def note_token(case: str, checkpoint: str, digest: str) -> None:
    """Note that a token is about to be stored."""
    _write(_place("tokens", case, checkpoint), TokenHad(case=case, checkpoint=checkpoint, sha256=digest))


def token_had_here(case: str, checkpoint: str, digest: str) -> bool:
    """Say whether this user's own run got this token for this checkpoint."""
    note = _read(_place("tokens", case, checkpoint), TokenHad)
    return note == TokenHad(case=case, checkpoint=checkpoint, sha256=digest)


def forget_token(case: str, checkpoint: str) -> None:
    """Take the note of a token away: it is on record."""
    _remove(_place("tokens", case, checkpoint))


def note_receipt(folder: Path, target: str, name: str) -> None:
    """Note that a receipt was written."""
    where = os.path.realpath(folder)
    _write(_place("receipts", where, target), ReceiptWritten(folder=where, target=target, name=name))


def receipt_written_here(folder: Path, target: str) -> str:
    """Return the name of the newest receipt of a target that this user has written into a folder; "" of none."""
    where = os.path.realpath(folder)
    note = _read(_place("receipts", where, target), ReceiptWritten)
    return note.name if note is not None and (note.folder, note.target) == (where, target) else ""


def named_after(*names: str) -> str:
    """Return a name for a file or folder of this user's: what a case says of itself is none to build a path of."""
    return sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()[:40]


def _place(kind: str, *names: str) -> Path:
    return data_folder() / kind / f"{named_after(*names)}.json"


def _read(file: Path, kind: type[N]) -> N | None:
    with suppress(HashingError, msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.json.decode(read_small(file), type=kind)
    return None


def _write(file: Path, note: msgspec.Struct) -> None:
    # Failures are passed over: without the note the next command leaves a capture alone and says so, which is safe.
    part = file.with_name(f"{file.name}.{os.urandom(4).hex()}.part")
    with suppress(OSError, UnicodeEncodeError):
        file.parent.mkdir(mode=OWNER_FOLDER, parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_WRITES)
        try:
            os.write(descriptor, msgspec.json.encode(note))
        finally:
            os.close(descriptor)
        part.replace(file)


def _remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink(missing_ok=True)
