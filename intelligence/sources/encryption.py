"""Encrypting an identity to the source unit, in age's format (https://age-encryption.org/v1, X25519), by pyrage.

Whoever encrypts needs the unit's recipients alone (`age1…`), which are public. Only the unit's key opens what was
encrypted: an officer who has added a source cannot read it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hashing.files.storage import read_named, write_exclusively
from hashing.tool import installs
from intelligence.errors import BadUnitKey, NotOpened

_LARGEST = 1 << 16


def read_recipients(path: Path) -> tuple[str, ...]:
    """Return the recipients that a file names, one a line; `#` begins a comment. Raises BadUnitKey, Unreadable."""
    lines = tuple(line for line in _lines(path) if line)
    x25519 = _pyrage().x25519
    for line in lines:
        try:
            x25519.Recipient.from_str(line)
        except Exception as error:
            raise BadUnitKey(
                f"{path}: {line[:40]!r} is no recipient of age",
                hint="one begins with age1; the unit's key names its own",
            ) from error
    if not lines:
        raise BadUnitKey(f"{path}: names no recipient", hint="make one with: goldenhour source key FILE")
    return lines


def sealed(identity: bytes, recipients: Sequence[str]) -> bytes:
    """Return an identity, encrypted to each of these recipients. Raises BadUnitKey."""
    pyrage = _pyrage()
    made: bytes = pyrage.encrypt(identity, [pyrage.x25519.Recipient.from_str(each) for each in recipients])
    return made


def opened(data: bytes, key: str, name: str) -> bytes:
    """Return what was encrypted to a unit's key. Raises NotOpened."""
    pyrage = _pyrage()
    try:
        made: bytes = pyrage.decrypt(data, [pyrage.x25519.Identity.from_str(key)])
    except pyrage.DecryptError as error:
        raise NotOpened(f"{name}: this key does not open it: {error}") from error
    return made


def make_unit_key(path: Path) -> str:
    """Write a unit's new key to a file for its owner alone; return its recipient. Raises WouldOverwrite, Unwritable."""
    key = _pyrage().x25519.Identity.generate()
    recipient = str(key.to_public())
    write_exclusively(path, f"# recipient: {recipient}\n{key}\n".encode())
    return recipient


def read_unit_key(path: Path) -> str:
    """Return the key that a file of age's holds. Raises BadUnitKey, Unreadable."""
    lines = [line for line in _lines(path) if line]
    try:
        _pyrage().x25519.Identity.from_str(lines[0] if lines else "")
    except Exception as error:
        raise BadUnitKey(f"{path}: holds no key of age", hint="one begins with AGE-SECRET-KEY-1") from error
    return lines[0]


def _lines(path: Path) -> list[str]:
    return [
        line.partition("#")[0].strip() for line in read_named(path, _LARGEST).decode("utf-8", "replace").splitlines()
    ]


def _pyrage() -> Any:  # noqa: ANN401 - a module without types
    try:
        import pyrage
    except ImportError as error:
        raise BadUnitKey(
            "identities of sources are encrypted by pyrage, which is not installed",
            hint=f"install it with: {installs('pyrage>=1.2')}",
        ) from error
    return pyrage
