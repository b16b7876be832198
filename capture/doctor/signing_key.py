"""The officer's signing key: there, the owner's alone, and whole. The doctor never makes one."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from capture.doctor.finding import Finding, fault, ok, warning
from capture.doctor.setup import Setup
from hashing.errors import BadKey, EncryptedKey
from hashing.ledger.keys import load_signing_key

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def check_key(setup: Setup) -> Iterator[Finding]:
    """Yield the key's fingerprint, or what is wrong with it."""
    path = setup.key
    if not os.path.lexists(path) and not setup.key_named:
        yield ok("signing key", f"{path}: none yet; the first command that signs makes it (or: goldenhour key)")
        return
    try:
        key = load_signing_key(path)
    except EncryptedKey:
        yield ok("signing key", f"{path}: encrypted; its passphrase is asked for when you sign")
        return
    except BadKey as error:
        yield fault("signing key", str(error), error.hint or "check the key file")
        return
    if _others_may_replace(path):
        hint = f"run: chmod go-w {shlex.quote(str(path.parent))}"
        yield warning("signing key", f"{path}: others may write to its folder, and put another key there", hint)
    else:
        yield ok("signing key", f"{path}: fingerprint {key.public.fingerprint()}")


def _others_may_replace(path: Path) -> bool:
    try:
        mode = path.parent.stat().st_mode
    except OSError:
        return False
    return bool(mode & _OTHERS_WRITE) and not mode & stat.S_ISVTX
