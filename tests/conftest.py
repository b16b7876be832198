"""What tests of several rooms share."""

from __future__ import annotations

import gc
import itertools
import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from hashing.ledger.keys import SigningKey
    from tests.servers.time_authority import TimeAuthority


pytest_plugins = ["tests.kept_readers", "tests.quick", "tests.sampling", "tests.servers.shared"]


_STARTED_ONCE = (
    "bluesky",
    "bluesky_appview",
    "mastodon",
    "media_site",
    "object_store",
    "postgres",
    "browser",
    "ordinary",
    "hostile",
)
"""Fixtures that one worker starts once, and that take long."""


def pytest_configure() -> None:
    """Hear Ctrl-C again, in the tests' programs as well: a script that runs them in its background has it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are collected: all of it stays, and each look walks over thousands of tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put first, side by side, what uses a server that takes long to start: workers take from each other at the end."""

    def _place(item: pytest.Item) -> int:
        names = getattr(item, "fixturenames", ())
        return next((place for place, name in enumerate(_STARTED_ONCE) if name in names), len(_STARTED_ONCE))

    items.sort(key=_place)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return folders to be made, in one of their own: pytest looks through all that stand beside what it makes."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def _own_home(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tests away from the user's own key and settings; what they do, an officer of this name does."""
    home = next(_homes)
    home.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local/share"))
    for name in list(os.environ):
        if name.startswith(("GOLDENHOUR_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # which no test asks for credentials
    monkeypatch.setenv("GOLDENHOUR_OFFICER", "Mary Price")
    monkeypatch.setenv("GOLDENHOUR_RENDERED", "never")  # a browser takes seconds: the tests that want one say so


@pytest.fixture(autouse=True)
def _strict_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Pillow refuse broken pictures: WeasyPrint, once a test has loaded it, has Pillow read them."""
    if (module := sys.modules.get("PIL.ImageFile")) is not None:
        monkeypatch.setattr(module, "LOAD_TRUNCATED_IMAGES", False)


@pytest.fixture
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    """Return a signing key made for this test."""
    from hashing.ledger.keys import load_or_create_signing_key

    return load_or_create_signing_key(tmp_path_factory.mktemp("key") / "key.pem")[0]


@pytest.fixture(scope="session")
def needs_openssl() -> None:
    """Skip where the system has no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("this system has no openssl")


@pytest.fixture
def authority(tmp_path_factory: pytest.TempPathFactory, needs_openssl: None) -> Iterator[TimeAuthority]:  # noqa: ARG001 - asked for its effect
    """Return a time-stamping authority that does its work."""
    from tests.servers.time_authority import TimeAuthority

    with TimeAuthority(tmp_path_factory.mktemp("authority")) as running:
        yield running


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a file system of its own with room for 4 MiB."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this machine does not let us mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
