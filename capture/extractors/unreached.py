"""Why a host gave no answer at all, in a sentence that names it once."""

from __future__ import annotations

from urllib.parse import urlsplit


def unreached(origin: str, reason: str) -> str:
    """Return the reason with the host in front; what failed while connecting begins with its host already."""
    parts = urlsplit(origin)
    named = reason.partition(": ")[0].strip("[]") == parts.hostname
    return reason if named else f"{parts.netloc}: {reason}"
