"""The settings: whether their files can be read, and whether whoever they name can be asked at all."""

from __future__ import annotations

from collections.abc import Iterator

from capture.doctor.finding import Finding, fault, ok
from capture.doctor.setup import Setup
from capture.errors import CaptureError
from capture.recorder.urls import without_login
from capture.request.options import CaptureOptions
from hashing.ledger.trusted_time import is_authority


def check_settings(setup: Setup) -> Iterator[Finding]:
    """Yield the files in use and whom they or the officer name, or what cannot be meant."""
    if setup.files_problem:
        yield fault("settings", setup.files_problem, "mend the file, or move it away; see: goldenhour config")
    faults = list(_faults(setup))
    for says in faults:
        yield fault("settings", says, "name it as docs/configuration.md shows")
    if not faults and not setup.files_problem:
        files = ", ".join(map(str, setup.files)) or "no file; every default is the program's own"
        yield ok("settings", "; ".join([files, *_said(setup)]))


def _faults(setup: Setup) -> Iterator[str]:
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


def _said(setup: Setup) -> Iterator[str]:
    parts = {"on": ", ".join(setup.on), "timestamp": ", ".join(map(without_login, setup.authorities))}
    yield from (f"{name} {value}" for name, value in parts.items() if value)
