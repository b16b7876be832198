"""Every check there is, in the order in which a capture needs what it looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.doctor.certificates import check_certificates
from capture.doctor.clock import check_clock
from capture.doctor.ffmpeg import check_ffmpeg
from capture.doctor.folder import check_folder
from capture.doctor.installed_sources import check_sources
from capture.doctor.javascript import check_javascript
from capture.doctor.libraries import check_libraries
from capture.doctor.named import check_settings
from capture.doctor.network import check_network
from capture.doctor.probe import probe
from capture.doctor.signing_key import check_key
from capture.doctor.yt_dlp_age import check_yt_dlp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capture.doctor.finding import Finding
    from capture.doctor.setup import Setup

CHECKS = (
    check_libraries,
    check_yt_dlp,
    check_clock,
    check_key,
    check_settings,
    check_folder,
    check_ffmpeg,
    check_javascript,
    check_network,
    check_certificates,
    check_sources,
)


def examine(setup: Setup) -> Iterator[Finding]:
    """Yield what each check finds, as soon as it is over; last, where it is asked for, what services answer."""
    for check in CHECKS:
        yield from check(setup)
    if setup.probe:
        yield from probe(setup)
