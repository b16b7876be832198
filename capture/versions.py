"""The versions of everything that touches the bytes."""

from __future__ import annotations

import os
import platform
import ssl
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError

from hashing.tool import installed

_MISSING = "not installed"
_IF_INSTALLED = ("gallery-dl",)
DISTRIBUTIONS = ("requests", "urllib3", "lxml", "pillow", "exifread", "cryptography", "yt-dlp")


@cache
def versions_record() -> dict[str, str]:
    """Return the versions of Python, OpenSSL, the system and the libraries."""
    found = {name: installed(name) for name in DISTRIBUTIONS}
    found |= {name: said for name in _IF_INSTALLED if (said := _version(name)) != _MISSING}
    return {"python": sys.version.split()[0], "openssl": ssl.OPENSSL_VERSION, "system": _system(), **found}


def _system() -> str:
    """Return what `platform.platform()` does, which starts a program to ask after a processor that it does not name."""
    if not sys.platform.startswith("linux"):
        return platform.platform()
    kernel, libc = os.uname(), "".join(platform.libc_ver())
    return f"{kernel.sysname}-{kernel.release}-{kernel.machine}{libc and f'-with-{libc}'}"


def versions_shown() -> dict[str, str]:
    """Return those of OpenSSL and the libraries for people; of a library that is not there, that it is not."""
    return {"openssl": ssl.OPENSSL_VERSION, **{name: _version(name) for name in DISTRIBUTIONS}}


def _version(name: str) -> str:
    try:
        return installed(name)
    except PackageNotFoundError:
        return _MISSING
