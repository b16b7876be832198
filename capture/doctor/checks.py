"""The checks in their order, and the short ones: yt-dlp, clock, key, settings, ffmpeg, browser, sandbox, extractors."""

from __future__ import annotations

import os
import re
import shlex
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path

from capture.clock import measure_clock
from capture.doctor.certificates import check_certificates
from capture.doctor.finding import Finding, Setup, fault, ok, warning
from capture.doctor.folder import check_folder
from capture.doctor.network import check_network
from capture.doctor.probe import probe
from capture.errors import CaptureError, NotRendered
from capture.extractors import ENTRY_POINTS, EXTRACTORS
from capture.extractors.video.ffmpeg import ffmpeg_version, find_ffmpeg
from capture.recorder.urls import without_login
from capture.request.options import CaptureOptions
from hashing.case.events import ClockMeasured
from hashing.errors import BadKey, EncryptedKey
from hashing.ledger.keys import load_signing_key
from hashing.ledger.trusted_time import is_authority
from hashing.sandbox import NotRead, Readers
from hashing.times import time_text

OLD_DAYS = 60  # Sites change, and a release is seldom older than a month when the next one comes.
_DATE = re.compile(r"([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})", re.ASCII)
_UPDATE = "update it: pipx upgrade goldenhour, or pip install --upgrade yt-dlp in its environment"

# What the loading of a stranger's module usually ends in; anything else is a traceback in its own name.
_FAILS_WITH = (ImportError, AttributeError, TypeError, ValueError, NameError, SyntaxError, OSError, RuntimeError)
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OFF, _WRONG = 1.0, 60.0  # Seconds by which a clock is off, and by which it is wrong.
_SET = "set the clock, or let the system keep it (timedatectl set-ntp true)"


def check_yt_dlp(setup: Setup) -> Iterator[Finding]:
    """Yield how old yt-dlp is, in days, by this computer's clock."""
    try:
        release = version("yt-dlp")
    except PackageNotFoundError:
        yield fault("yt-dlp", "not installed: no video can be captured", _UPDATE)
        return
    # yt-dlp's versions are dates. Sites change monthly, and an old one fails in ways that look like missing videos.
    made = release_date(release)
    if made is None:
        yield warning("yt-dlp", f"yt-dlp {release}: its version is no date, and nobody knows how old it is", _UPDATE)
        return
    days = (setup.clock() - made).days
    says = f"yt-dlp {release}, {days:,} days old"
    if days > OLD_DAYS:
        yield warning("yt-dlp", f"{says}: video sites may have changed since", _UPDATE)
    else:
        yield ok("yt-dlp", says if days >= 0 else f"yt-dlp {release}")


def release_date(text: str) -> datetime | None:
    """Return the day that a version of yt-dlp names, or None where it names none."""
    match = _DATE.match(text)
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC) if match else None
    except ValueError:
        return None


def check_clock(setup: Setup) -> Iterator[Finding]:
    """Yield how far the clock is off, by the time server that was named; or that nobody was asked."""
    now = setup.clock()
    try:
        made = release_date(version("yt-dlp"))
    except PackageNotFoundError:
        made = None
    if made is not None and now < made:
        says = f"shows {time_text(now)}, which is before software that is installed here was made"
        yield fault("clock", says, _SET)
    elif setup.ntp is None:
        hint = "name a time server with --ntp, or as ntp in a settings file"
        yield warning("clock", f"shows {time_text(now)}; not compared with any other", hint)
    else:
        yield _clock_finding(measure_clock(setup.ntp, setup.guard, clock=setup.clock), str(setup.ntp))


def _clock_finding(measured: ClockMeasured, server: str) -> Finding:
    if measured.offset is None or measured.error is None:
        hint = "name another time server with --ntp; many networks let no NTP (UDP port 123) through"
        return warning("clock", f"could not be compared with {server}: {measured.problem}", hint)
    way = "behind" if measured.offset > 0 else "ahead of"
    says = f"{abs(measured.offset):,.3f} s ± {measured.error:,.3f} s {way} {server}"
    surely = abs(measured.offset) - measured.error
    if surely > _WRONG:
        return fault("clock", says, _SET, seconds=measured.delay)
    if surely > _OFF:
        return warning("clock", says, _SET, seconds=measured.delay)
    return ok("clock", says, seconds=measured.delay)


def check_key(setup: Setup) -> Iterator[Finding]:
    """Yield the key's fingerprint, or what is wrong with it. The doctor never makes one."""
    path = setup.key
    # A doctor changes nothing: a missing key is made by the first command that signs, and an encrypted one is not
    # opened.
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


def check_settings(setup: Setup) -> Iterator[Finding]:
    """Yield the files in use and whom they or the officer name, or what cannot be meant."""
    if setup.files_problem:
        yield fault("settings", setup.files_problem, "mend the file, or move it away; see: goldenhour config")
    faults = list(_setting_faults(setup))
    for says in faults:
        yield fault("settings", says, "name it as docs/configuration.md shows")
    if not faults and not setup.files_problem:
        files = ", ".join(map(str, setup.files)) or "no file; every default is the program's own"
        yield ok("settings", "; ".join([files, *_named(setup)]))


def _setting_faults(setup: Setup) -> Iterator[str]:
    from capture.extractors import search_targets
    from capture.request.scene import parse_scene

    for place in setup.on:
        try:
            search_targets(parse_scene("#news"), CaptureOptions(officer="-", initials="XX", on=(place,)))
        except CaptureError as error:
            yield f"on: {without_login(place)}: {error}"
    addresses = [("timestamp", url) for url in setup.authorities]
    for name, url in (*addresses, ("appview", setup.bluesky.appview), ("plc", setup.bluesky.plc)):
        if not is_authority(url):
            yield f"{name}: {without_login(url)}: not an http or https address"


def _named(setup: Setup) -> Iterator[str]:
    parts = {"on": ", ".join(setup.on), "timestamp": ", ".join(map(without_login, setup.authorities))}
    yield from (f"{name} {value}" for name, value in parts.items() if value)


def check_ffmpeg(_: Setup) -> Iterator[Finding]:
    """Yield the version and place of ffmpeg, which joins the streams of videos and takes frames of them."""
    if path := find_ffmpeg():
        yield ok("ffmpeg", f"{ffmpeg_version(path)}, {path}")
    else:
        hint = "install ffmpeg; without it every stream is kept as it was served, and none is joined"
        yield warning("ffmpeg", "not found on PATH", hint)


def check_browser(_: Setup) -> Iterator[Finding]:
    """Yield which browser there is, once it has shown a page of ours and was recorded as it was sent."""
    from capture.browser.program import find_browser
    from capture.browser.self_test import self_test

    try:
        program = find_browser()
        begun = time.monotonic()
        shown_by = self_test(program)
    except NotRendered as error:
        hint = error.hint or "capture with --rendered never, and update the browser"
        yield warning("browser", f"pages are not shown in one: {error}", hint)
    except OSError as error:
        yield warning("browser", f"could not be tried: {error}", "see that the temporary folder can be written")
    else:
        says = f"{program.path} ({shown_by}): shows a page, and its record is what was sent"
        yield ok("browser", says, seconds=time.monotonic() - begun)


def check_confinement(_: Setup) -> Iterator[Finding]:
    """Yield which confinement is in force, as a reader on this computer tells."""
    try:
        with Readers() as readers:
            confinement = readers.confinement()
    except NotRead as error:
        hint = "nothing that a server sends can be read here; install goldenhour again"
        yield fault("sandbox", f"no reader could be started: {error}", hint)
        return
    # What a reader said of itself once it was confined, not what this kernel is believed to have.
    held_by = [f"Landlock {confinement.landlock}"] if confinement.landlock else []
    held_by += ["seccomp"] if confinement.seccomp else []
    if not confinement.wants:
        yield ok("sandbox", f"the kernel holds what reads hostile bytes ({', '.join(held_by)}); it starts no program")
        return
    says = f"held by {', '.join((*held_by, 'Python'))} alone ({confinement.wants})"
    hint = "capture strangers' pages on Linux 5.13 or later, where the kernel holds what reads them"
    yield warning("sandbox", says, hint)


def check_extractors(_: Setup) -> Iterator[Finding]:
    """Yield the names of the extractors; one that cannot be loaded keeps every capture from beginning."""
    names = [extractor.name for extractor in EXTRACTORS]
    broken = False
    for entry in entry_points(group=ENTRY_POINTS):
        package = entry.dist.name if entry.dist else entry.value
        try:
            extractor = entry.load()()
            names.append(f"{extractor.name} (of {package})")
        except _FAILS_WITH as error:
            broken = True
            hint = f"update or remove {package}: no capture can begin with it"
            yield fault("extractors", f"{entry.name} of {package} cannot be loaded: {error}", hint)
    if not broken:
        yield ok("extractors", ", ".join(names))


# In the order in which a capture needs what they look at.
CHECKS = (
    check_yt_dlp,
    check_clock,
    check_key,
    check_settings,
    check_folder,
    check_ffmpeg,
    check_browser,
    check_confinement,
    check_network,
    check_certificates,
    check_extractors,
)

__all__ = ["CHECKS", "probe"]
