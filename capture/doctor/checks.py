"""Every check but that of the libraries, which these stand on, in the order in which a capture needs their objects."""

from __future__ import annotations

from capture.doctor.certificates import check_certificates
from capture.doctor.clock import check_clock
from capture.doctor.confinement import check_confinement
from capture.doctor.ffmpeg import check_ffmpeg
from capture.doctor.folder import check_folder
from capture.doctor.installed_sources import check_sources
from capture.doctor.named import check_settings
from capture.doctor.network import check_network
from capture.doctor.probe import probe
from capture.doctor.signing_key import check_key
from capture.doctor.yt_dlp_age import check_yt_dlp

CHECKS = (
    check_yt_dlp,
    check_clock,
    check_key,
    check_settings,
    check_folder,
    check_ffmpeg,
    check_confinement,
    check_network,
    check_certificates,
    check_sources,
)

__all__ = ["CHECKS", "probe"]
