"""The servers of others that sources are tested on: each is started for the first test that asks, and stays for all."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeVar

import pytest

from tests.servers.bluesky import BlueskyNetwork
from tests.servers.mastodon import MastodonServer
from tests.servers.media_site import MediaSite
from tests.servers.object_store import ObjectStoreServer
from tests.servers.postgres import PostgresServer
from tests.servers.program import ToolMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

Server = TypeVar("Server")


@pytest.fixture(scope="session")
def bluesky() -> Iterator[BlueskyNetwork]:
    """Return a PLC directory and a PDS with posts. What a test adds, other tests see."""
    with _started(BlueskyNetwork) as network:
        yield network


@pytest.fixture(scope="session")
def bluesky_appview() -> Iterator[BlueskyNetwork]:
    """Return another network with the same posts, and the AppView, which answers searches and threads."""
    with _started(lambda: BlueskyNetwork(appview=True)) as network:
        yield network


@pytest.fixture(scope="session")
def mastodon() -> Iterator[MastodonServer]:
    """Return a Mastodon with posts. What a test adds, other tests see."""
    with MastodonServer() as server:
        yield server


@pytest.fixture(scope="session")
def media_site() -> Iterator[MediaSite]:
    """Return a site with videos in every form."""
    with _started(MediaSite) as site:
        yield site


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStoreServer]:
    """Return a store with object lock; each test has a place of its own there."""
    with _started(ObjectStoreServer) as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Return a PostgreSQL; each test makes a database of its own there."""
    with _started(PostgresServer) as server:
        yield server


@contextmanager
def _started(make: Callable[[], AbstractContextManager[Server]]) -> Iterator[Server]:
    """Start a server; where this machine has not got what it takes, skip the test and say what that is."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(make())
        except ToolMissing as missing:
            pytest.skip(str(missing))
        yield server
