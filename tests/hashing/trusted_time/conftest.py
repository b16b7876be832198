from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.servers.time_authority import TimeAuthority

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def needs_openssl() -> None:
    """Skip where the system has no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("this system has no openssl")


@pytest.fixture
def authority(tmp_path_factory: pytest.TempPathFactory, needs_openssl: None) -> Iterator[TimeAuthority]:  # noqa: ARG001 - asked for its effect
    """Return an authority that does its work."""
    with TimeAuthority(tmp_path_factory.mktemp("authority")) as running:
        yield running
