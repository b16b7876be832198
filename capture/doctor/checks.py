"""The checks in their order, and three short ones: ffmpeg, sandbox, extractors. That of the libraries stands apart."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points

from capture.doctor.certificates import check_certificates
from capture.doctor.clock import check_clock
from capture.doctor.finding import Finding, fault, ok, warning
from capture.doctor.folder import check_folder
from capture.doctor.named import check_settings
from capture.doctor.network import check_network
from capture.doctor.probe import probe
from capture.doctor.setup import Setup
from capture.doctor.signing_key import check_key
from capture.doctor.yt_dlp_age import check_yt_dlp
from capture.extractors import ENTRY_POINTS, EXTRACTORS
from capture.extractors.video.ffmpeg import ffmpeg_version, find_ffmpeg
from hashing.sandbox import NotRead, Readers

_FAILS_WITH = (ImportError, AttributeError, TypeError, ValueError, NameError, SyntaxError, OSError, RuntimeError)
"""What the loading of a stranger's module usually ends in; anything else is a traceback in its own name."""


def check_ffmpeg(_: Setup) -> Iterator[Finding]:
    """Yield the version and place of ffmpeg, which joins the streams of a video into a working copy."""
    if path := find_ffmpeg():
        yield ok("ffmpeg", f"{ffmpeg_version(path)}, {path}")
    else:
        hint = "install ffmpeg; without it every stream is kept as it was served, and none is joined"
        yield warning("ffmpeg", "not found on PATH", hint)


def check_confinement(_: Setup) -> Iterator[Finding]:
    """Yield which confinement is in force, as a reader on this computer tells."""
    try:
        with Readers() as readers:
            confinement = readers.confinement()
    except NotRead as error:
        hint = "nothing that a server sends can be read here; install goldenhour again"
        yield fault("sandbox", f"no reader could be started: {error}", hint)
        return
    held_by = [f"Landlock {confinement.landlock}"] if confinement.landlock else []
    held_by += ["seccomp"] if confinement.seccomp else []
    if not confinement.wants:
        yield ok("sandbox", f"the kernel holds what reads hostile bytes ({', '.join(held_by)}); it starts no program")
        return
    says = f"held by {', '.join((*held_by, 'Python'))} alone ({confinement.wants})"
    hint = "capture strangers' pages on Linux 5.13 or later, where the kernel holds what reads them"
    yield warning("sandbox", says, hint)


def check_sources(_: Setup) -> Iterator[Finding]:
    """Yield the names of the sources; one that cannot be loaded keeps every capture from beginning."""
    names = [source.name for source in EXTRACTORS]
    broken = False
    for entry in entry_points(group=ENTRY_POINTS):
        package = entry.dist.name if entry.dist else entry.value
        try:
            source = entry.load()()
            names.append(f"{source.name} (of {package})")
        except _FAILS_WITH as error:
            broken = True
            hint = f"update or remove {package}: no capture can begin with it"
            yield fault("sources", f"{entry.name} of {package} cannot be loaded: {error}", hint)
    if not broken:
        yield ok("sources", ", ".join(names))


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
"""In the order in which a capture needs what they look at."""

__all__ = ["CHECKS", "probe"]
