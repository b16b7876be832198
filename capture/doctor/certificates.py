"""The certificate store: whom TLS connections of a capture trust, and from where that is."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

from capture.doctor.finding import Finding, Setup, fault, ok
from capture.recorder.tls import client_context

_FOLDERS = "SSL_CERT_DIR"
_NAMED = ("SSL_CERT_FILE", _FOLDERS)
_INSTALL = "install the system's certificates (on Debian: apt-get install ca-certificates)"


def check_certificates(_: Setup) -> Iterator[Finding]:
    """Yield how many roots are trusted and where they stand; a bundle that is broken is named."""
    paths = ssl.get_default_verify_paths()
    problem = _named_problem() or _file_problem(paths.cafile)
    if problem:
        named = [name for name in _NAMED if os.environ.get(name)]
        yield fault("certificates", problem, f"mend it, or unset {' and '.join(named)}" if named else _INSTALL)
        return
    try:
        context = client_context(insecure=False)
    except (ssl.SSLError, OSError) as error:
        yield fault("certificates", f"the certificate store cannot be loaded: {error}", _INSTALL)
        return
    # OpenSSL loads a folder's certificates only when one is needed, so none counted there is no fault: the files are
    # counted.
    roots, folder = context.cert_store_stats()["x509_ca"], paths.capath
    where = paths.cafile or folder or _certifis()
    in_folder = _count(folder) if folder and not roots else 0
    if not roots and not in_folder:
        yield fault("certificates", f"{where}: holds no root; no https server can be trusted", _INSTALL)
        return
    whose = "the system's" if paths.cafile or folder else "certifi's: this system has none"
    yield ok("certificates", f"{roots or in_folder:,} roots from {where} ({whose})")


def _named_problem() -> str:
    """Say where the environment names a file or folder of certificates that is not there."""
    for name in _NAMED:
        value = os.environ.get(name, "")
        parts = value.split(os.pathsep) if name == _FOLDERS else [value]
        there = [os.path.exists(part) for part in parts]  # noqa: PTH110 - Path raises where it may not look
        if value and not all(there):
            return f"{name} names {value}, which is not there"
    return ""


def _file_problem(path: str | None) -> str:
    if path is None:
        return ""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).lower().replace("_", " ")
        return f"{path}: not a file of certificates, or broken ({reason})"
    except OSError as error:
        return f"{path}: {(error.strerror or str(error)).lower()}"
    return ""


def _count(folder: str) -> int:
    try:
        return sum(1 for each in Path(folder).iterdir() if each.suffix[1:].isdigit())  # named by OpenSSL: hash.0
    except OSError:
        return 0


def _certifis() -> str:
    import certifi

    return certifi.where()
