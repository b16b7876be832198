"""yt-dlp, which knows the video sites as they were when it was made: its version is that date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from capture.doctor.finding import Finding, fault, ok, warning
from capture.doctor.setup import Setup

OLD_DAYS = 60
"""Sites change, and a release is seldom older than a month when the next one comes."""
_DATE = re.compile(r"([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})", re.ASCII)
_UPDATE = "update it: pipx upgrade goldenhour, or pip install --upgrade yt-dlp in its environment"


def check_yt_dlp(setup: Setup) -> Iterator[Finding]:
    """Yield how old yt-dlp is, in days, by this computer's clock."""
    try:
        found = version("yt-dlp")
    except PackageNotFoundError:
        yield fault("yt-dlp", "not installed: no video can be captured", _UPDATE)
        return
    made = release_date(found)
    if made is None:
        yield warning("yt-dlp", f"yt-dlp {found}: its version is no date, and nobody knows how old it is", _UPDATE)
        return
    days = (setup.clock() - made).days
    says = f"yt-dlp {found}, {days:,} days old"
    if days > OLD_DAYS:
        yield warning("yt-dlp", f"{says}: video sites may have changed since", _UPDATE)
    else:
        yield ok("yt-dlp", says if days >= 0 else f"yt-dlp {found}")


def release_date(text: str) -> datetime | None:
    """Return the day that a version of yt-dlp names, or None where it names none."""
    match = _DATE.match(text)
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC) if match else None
    except ValueError:
        return None
