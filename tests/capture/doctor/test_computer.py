"""Programs, libraries, certificates, network settings and extractors of the computer itself."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from capture.clock import parse_time_server
from capture.doctor import FAULT, OK, WARNING
from capture.doctor.certificates import check_certificates
from capture.doctor.checks import (
    check_clock,
    check_confinement,
    check_extractors,
    check_ffmpeg,
    check_yt_dlp,
    release_date,
)
from capture.doctor.libraries import check_libraries
from capture.doctor.network import check_network
from capture.recorder.address_guard import AddressGuard
from hashing.sandbox import Confinement, Readers
from tests.capture.doctor.conftest import one
from tests.servers.time_server import TimeServer

if TYPE_CHECKING:
    from pathlib import Path

from capture.doctor import Setup


def _package(folder: Path, name: str, version: str, **files: str) -> None:
    """Install a package that is nothing but its description."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    about = files.pop("about", "")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{about}")
    for each, text in files.items():
        (info / f"{each}.txt").write_text(text)


def test_the_versions_of_what_matters_are_told(setup: Setup) -> None:
    """Where everything is there, each is named with its version."""
    found = {each.check: each for each in check_libraries(setup)}
    assert list(found) == ["goldenhour", "python", "openssl", "lxml", "pillow"]
    assert {each.state for each in found.values()} == {OK}
    assert "libxml2" in found["lxml"].says


def test_a_library_that_is_not_installed_is_named(
    setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goldenhour requires and is not there keeps it from working; what is only an extra does not."""
    about = 'Requires-Dist: click>=8\nRequires-Dist: no-such-library>=3\nRequires-Dist: nor-this; extra == "more"\n'
    _package(tmp_path / "site", "goldenhour", "9.9.9", about=about)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    found = one(check_libraries, setup, "goldenhour")
    assert found.state == FAULT
    assert found.says.endswith("not installed: no-such-library")


AGES = [
    ("2026.11.20", OK, "5 days old"),
    ("2026.11.20.232811.dev0", OK, "5 days old"),
    ("2027.01.01", OK, "yt-dlp 2027.01.01"),
    ("2026.06.01", WARNING, "177 days old"),
    ("1.0", WARNING, "is no date"),
    ("2026.13.40", WARNING, "is no date"),
]


@pytest.mark.parametrize(("version", "state", "says"), AGES)
def test_how_old_yt_dlp_is(
    setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, state: str, says: str
) -> None:
    """Its version is its date; two months later the sites have changed."""
    _package(tmp_path / "site", "yt-dlp", version)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    found = one(check_yt_dlp, replace(setup, clock=lambda: datetime(2026, 11, 25, 12, tzinfo=UTC)))
    assert found.state == state
    assert says in found.says


CLOCKS = [(0.2, OK, "s behind"), (-0.2, OK, "s ahead of"), (5.0, WARNING, "s behind"), (-3600.0, FAULT, "s ahead of")]


@pytest.mark.parametrize(("offset", "state", "says"), CLOCKS)
def test_the_clock_is_judged_by_a_time_server(setup: Setup, offset: float, state: str, says: str) -> None:
    """A second is a warning, a minute a fault."""
    with TimeServer(offset=offset) as server:
        found = one(check_clock, replace(setup, ntp=parse_time_server(server.name)))
    assert found.state == state
    assert f"{says} {server.name}" in found.says


def test_a_clock_that_nobody_can_judge(setup: Setup) -> None:
    """Without a time server, or with one that may not be asked, the clock is as good as ever, and that is said."""
    assert "not compared with any other" in one(check_clock, setup).says
    refused = one(check_clock, replace(setup, ntp=parse_time_server("127.0.0.1"), guard=AddressGuard()))
    assert refused.state == WARNING
    assert "--allow-private" in refused.says


def test_a_clock_from_before_its_own_software_is_wrong(setup: Setup) -> None:
    """No time server is needed to see that a computer whose battery is empty lives in the past."""
    found = one(check_clock, replace(setup, clock=lambda: datetime(2001, 1, 1, tzinfo=UTC)))
    assert found.state == FAULT
    assert "2001-01-01" in found.says


def test_a_version_that_is_a_date() -> None:
    """Only dates that a calendar has are taken for one."""
    assert release_date("2026.10.26") == datetime(2026, 10, 26, tzinfo=UTC)
    assert release_date("2026.02.30") is None


def test_ffmpeg_is_looked_for_on_the_path(setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it videos are kept and not joined: a warning. A program of that name that tells its version is one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert one(check_ffmpeg, setup).state == WARNING
    _program(tmp_path / "ffmpeg", "ffmpeg version 7.1 Copyright")
    found = one(check_ffmpeg, setup)
    assert (found.state, found.says) == (OK, f"ffmpeg 7.1, {tmp_path / 'ffmpeg'}")


def test_what_holds_the_readers_is_told(setup: Setup) -> None:
    """On Linux the kernel holds them; elsewhere, and where it does not, that is a warning."""
    found = one(check_confinement, setup)
    with Readers() as readers:
        confinement = readers.confinement()
    if confinement.wants:
        assert found.state == WARNING
        assert confinement.wants in found.says
    else:
        assert found.state == OK
        assert f"(Landlock {confinement.landlock}, seccomp)" in found.says


@pytest.mark.parametrize(
    ("confinement", "says"),
    [
        (Confinement(landlock=0, seccomp=True, wants="Landlock: no"), "held by seccomp, Python alone (Landlock: no)"),
        (
            Confinement(landlock=0, seccomp=False, wants="darwin has neither"),
            "held by Python alone (darwin has neither)",
        ),
    ],
)
def test_what_is_lacking_of_the_sandbox_is_a_warning(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, confinement: Confinement, says: str
) -> None:
    """It names what is in force, and what is not."""
    monkeypatch.setattr(Readers, "confinement", lambda _: confinement)
    found = one(check_confinement, setup)
    assert (found.state, found.says) == (WARNING, says)


def test_readers_that_do_not_start_are_a_fault(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that a server sends could be read."""
    monkeypatch.setattr("sys.executable", "/no/python")
    assert one(check_confinement, setup).state == FAULT


def _program(path: Path, says: str) -> None:
    path.write_text(f"#!{shutil.which('sh', path=os.defpath) or '/bin/sh'}\necho '{says}'\n")
    path.chmod(0o755)


def test_how_many_roots_are_trusted(setup: Setup) -> None:
    """The store in use is named with its number of roots."""
    found = one(check_certificates, setup)
    assert found.state == OK, found.says
    assert " roots from /" in found.says


BROKEN = {"gone": None, "empty": b"", "no certificate": b"hello", "cut off": b"-----BEGIN CERTIFICATE-----\nMIIB\n"}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_bundle_of_certificates_is_named(
    setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    """Python itself passes over such a file in silence, and then trusts nobody."""
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    found = one(check_certificates, setup)
    assert found.state == FAULT
    assert str(bundle) in found.says
    assert found.hint == "mend it, or unset SSL_CERT_FILE"


def test_a_proxy_is_named_without_its_login(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment is not used, which is a surprise worth a warning; one that is named is."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:8080")
    ignored = one(check_network, setup, "proxy")
    assert ignored.state == WARNING
    assert "https_proxy is set" in ignored.says
    used = one(check_network, replace(setup, proxy="http://me:secret@proxy.example:8080"), "proxy")
    assert used.state == OK
    assert "http://proxy.example:8080" in used.says
    assert "secret" not in used.says


def test_the_networks_settings_are_told(setup: Setup) -> None:
    """How names are looked up and whether there is a way out is said, and is no fault of itself."""
    found = {each.check: each.state for each in check_network(setup)}
    assert set(found) == {"names", "network", "proxy"}
    assert FAULT not in found.values()


def test_extractors_of_other_packages_are_told(setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that adds a source is named beside ours; one whose source cannot be loaded is a fault."""
    assert one(check_extractors, setup).says == "telegram, gallery, fediverse, bluesky, video, web"
    site = tmp_path / "site"
    _package(site, "chat-site", "1.0", entry_points="[goldenhour.extractors]\nchat = chat_source:Chat\n")
    (site / "chat_source.py").write_text("class Chat:\n    name = 'chat'\n")
    monkeypatch.syspath_prepend(str(site))
    assert one(check_extractors, setup).says == "telegram, gallery, fediverse, bluesky, video, web, chat (of chat-site)"
    _package(site, "broken-site", "1.0", entry_points="[goldenhour.extractors]\nb = no_such_module:B\n")
    found = one(check_extractors, setup)
    assert found.state == FAULT
    assert "broken-site" in found.says
