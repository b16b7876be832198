"""The versions of the libraries that make the report: other ones may make other bytes of the same bundle."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

_LIBRARIES = ("jinja2", "pillow")  # Of templates and of the small copies of photos.


def report_versions() -> dict[str, str]:
    """Return the versions by name; of a library that is not installed as a package, "unknown"."""
    return {name: _version(name) for name in _LIBRARIES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
