"""A hand-in on disk: what one person may send through one link, what they agreed to, and what has arrived of it.

<inbox>/7F3A91C2/
state.json      the hand-in, written anew whole at each change; the link's token stands in it as its hash alone
files/1 …       what arrived, under numbers: a name that somebody sends is no path
contact.age     how to reach the sender, encrypted to the source unit, until it is in the register of sources
sealed          the exhibit, once the case has all of it
"""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import msgspec

from hashing.errors import BadFormat, HashingError
from hashing.files import inside
from hashing.files.storage import OWNER_WRITES, make_folder, read_small, storing, sync_folder

STATE, FILES, CONTACT, SEALED = "state.json", "files", "contact.age", "sealed"
_LARGEST = 1 << 20


class Upload(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A file on its way in; its name and the time of its last change are the sender's claims."""

    number: int
    name: str
    size: int = -1  # As announced; -1 where a plain form did not say.
    changed: str = ""
    caption: str = ""
    sha256: str = ""  # Once it has arrived whole.
    removed: bool = False  # The sender took it back before handing in; its bytes are gone.


class HandInState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One link, one person, one case."""

    number: str  # It stands on the receipt and in the case; the token cannot be told from it.
    pseudonym: str
    token: str  # SHA-256 of the token in the link.
    until: str  # When the link ends, in UTC.
    most_files: int
    most_bytes: int
    session: str = ""  # SHA-256 of what the one browser holds that began.
    language: str = ""
    consent: str = ""  # The text that was agreed to, with its version.
    agreed: str = ""  # When.
    uploads: list[Upload] = []
    finished: str = ""  # When the sender handed in; "" before that.

    def kept(self) -> list[Upload]:
        """Return what was not taken back."""
        return [upload for upload in self.uploads if not upload.removed]


class HandInFolder:
    """The folder of a hand-in. One process writes its state: the one that serves its link."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def made(self, state: HandInState) -> HandInFolder:
        """Make it. Raises WouldOverwrite, Unwritable."""
        make_folder(self.path)
        make_folder(self.path / FILES)
        self.save(state)
        return self

    def state(self) -> HandInState:
        """Read the hand-in. Raises Unreadable, BadFormat."""
        try:
            return msgspec.json.decode(read_small(self.path / STATE, _LARGEST, root=self.path), type=HandInState)
        except msgspec.DecodeError as error:
            raise BadFormat(f"{self.path / STATE}: not the state of a hand-in: {error}") from error

    def save(self, state: HandInState) -> None:
        """Write the hand-in; the old state stands until the new one is on disk. Raises Unwritable, StorageFull."""
        self._write(STATE, msgspec.json.encode(state))

    def save_contact(self, data: bytes) -> None:
        """Keep an encrypted contact. Raises Unwritable, StorageFull."""
        self._write(CONTACT, data)

    def contact(self) -> bytes | None:
        """Return the encrypted contact, if one waits here. Raises Unreadable."""
        if not inside.is_file(self.path / CONTACT):
            return None
        return read_small(self.path / CONTACT, _LARGEST, root=self.path)

    def file(self, upload: Upload) -> Path:
        """Return where the bytes of a file are."""
        return self.path / FILES / f"{upload.number:d}"

    def arrived(self, upload: Upload) -> int:
        """Return how many bytes of a file are here."""
        with suppress(OSError):
            return inside.size(self.file(upload), self.path)
        return 0

    @property
    def sealed(self) -> str:
        """The exhibit that it became; "" while the case does not have it."""
        with suppress(HashingError):
            return read_small(self.path / SEALED, 100, root=self.path).decode("ascii", "replace")
        return ""

    def mark_sealed(self, exhibit: str) -> None:
        """Note that the case has all of it, and let go of its bytes. Raises Unwritable."""
        self._write(SEALED, exhibit.encode())
        shutil.rmtree(self.path / FILES, ignore_errors=True)

    def forget_contact(self) -> None:
        """Remove the encrypted contact: it is in the register of sources. Raises Unwritable."""
        with storing(self.path / CONTACT):
            inside.unlink(self.path / CONTACT, self.path, missing_ok=True)

    def forget(self) -> None:
        """Remove it all."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _write(self, name: str, data: bytes) -> None:
        path, part = self.path / name, self.path / f"{name}.part"
        with storing(path):
            inside.unlink(part, self.path, missing_ok=True)  # of a process that died
            with open(inside.create_file(part, os.O_WRONLY, OWNER_WRITES, self.path), "wb") as file:  # noqa: PTH123
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        sync_folder(self.path)


def new_number() -> str:
    """Return a number for a hand-in, to be read out on the telephone."""
    return secrets.token_hex(4).upper()


def hashed(secret: str) -> str:
    """Return what is stored of a token or session: 256 random bits need no salt."""
    return sha256(secret.encode()).hexdigest()


def hand_ins(inbox: Path) -> list[HandInFolder]:
    """Return the hand-ins of an inbox, oldest name first. Raises OSError."""
    if not inbox.is_dir():
        return []
    return [HandInFolder(path) for path in sorted(inbox.iterdir()) if inside.is_file(path / STATE)]
