"""Python, and the libraries that touch the bytes."""

from __future__ import annotations

import re
import ssl
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from capture.doctor.finding import Finding, Setup, fault, ok, warning
from hashing.tool import tool

_OLDEST_PYTHON = (3, 11)
_MAINTAINED_OPENSSL = (3, 0)
# What photos come as, by what Pillow calls the library that reads it.
_FORMATS = {"JPEG": "jpg", "PNG": "zlib", "WebP": "webp"}
_NAME = re.compile(r"[A-Za-z0-9._-]+")
INSTALL_AGAIN = "install goldenhour again, such as with: pipx reinstall goldenhour"


def check_libraries(_: Setup) -> Iterator[Finding]:
    """Yield the versions of goldenhour, Python, OpenSSL, lxml and Pillow, and which required library is missing."""
    missing = missing_libraries()
    if missing:
        yield fault("goldenhour", f"{tool()}; not installed: {', '.join(missing)}", INSTALL_AGAIN)
    else:
        yield ok("goldenhour", f"{tool()}, with every library that it needs")
    python = f"Python {sys.version.split()[0]}, {sys.executable}"
    if sys.version_info < _OLDEST_PYTHON:
        yield fault("python", python, "install Python 3.11 or later, and goldenhour into it")
    else:
        yield ok("python", python)
    if ssl.OPENSSL_VERSION_INFO[:2] < _MAINTAINED_OPENSSL:
        yield warning("openssl", f"{ssl.OPENSSL_VERSION}, which nobody maintains any more", "update the system")
    else:
        yield ok("openssl", ssl.OPENSSL_VERSION)
    yield _lxml()
    yield _pillow()


def missing_libraries() -> list[str]:
    """Return the names of the libraries that goldenhour says it needs and that are not installed."""
    try:
        wanted = requires("goldenhour") or []
    except PackageNotFoundError:  # run from a source tree
        return []
    names = [match[0] for each in wanted if "extra ==" not in each and (match := _NAME.match(each))]
    return [name for name in names if not _is_installed(name)]


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _lxml() -> Finding:
    try:
        from lxml import etree
    except ImportError as error:
        return fault("lxml", f"cannot be loaded: {error}", INSTALL_AGAIN)
    return ok("lxml", f"lxml {etree.__version__}, libxml2 {'.'.join(map(str, etree.LIBXML_VERSION))}")


def _pillow() -> Finding:
    try:
        import PIL
        from PIL import features
    except ImportError as error:
        return fault("pillow", f"cannot be loaded: {error}", INSTALL_AGAIN)
    lacking = [name for name, feature in _FORMATS.items() if not features.check(feature)]
    says = f"Pillow {PIL.__version__}"
    if lacking:
        hint = "photos are kept all the same, but not looked into; install a Pillow from PyPI"
        return warning("pillow", f"{says}, built without {', '.join(lacking)}", hint)
    return ok("pillow", f"{says}, reads {', '.join(_FORMATS)}")
