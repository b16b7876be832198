"""A queue in a real PostgreSQL, a host whose captures are counted as it sees them, and workers on both."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from capture.batch import read_rows
from fleet.database import Database
from fleet.job import jobs_of
from fleet.queue import Queue
from fleet.worker import Worker, WorkerSettings, suggested_initials
from hashing.case.batch_events import RowOptions
from hashing.case.case import Case
from hashing.ledger.keys import SigningKey, load_or_create_signing_key
from hashing.times import system_clock
from tests.capture.conftest import OPTIONS
from tests.servers import Body, SceneServer, Seen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.postgres import PostgresServer

OPERATION = "OP-ALDER"
SETTINGS = WorkerSettings(scenes=4, retries=2, pause=0.05, until_done=True)


@dataclass
class Fleet:
    """One operation in a database of its own; `ask` runs SQL there as its owner."""

    address: str
    server: PostgresServer
    folder: Path
    keys: dict[str, SigningKey] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def queue(self) -> Queue:
        """A connection of its own."""
        database = Database(self.address)
        self.stack.callback(database.close)
        return Queue(database, OPERATION)

    def submit(self, scenes: Sequence[str], *, per_host: int = 64, delay: float = 0.0, **said: Any) -> None:  # noqa: ANN401 - any option
        """Put scenes into the queue."""
        read = read_rows(io.BytesIO("\n".join(scenes).encode()), "rows.txt")
        jobs, bad = jobs_of(read.rows, OPTIONS, RowOptions(media=OPTIONS.media, **said), system_clock())
        assert not bad
        queue = self.queue
        queue.set_up()
        queue.submit(jobs, per_host=per_host, delay=delay)

    def key(self, name: str) -> SigningKey:
        """Return a worker's key."""
        self.keys[name], _ = load_or_create_signing_key(self.folder / f"{name}.pem")
        return self.keys[name]

    def worker(self, name: str, settings: WorkerSettings = SETTINGS, **given: Any) -> Worker:  # noqa: ANN401 - of Worker
        """Return a worker with a case and a key of its own."""
        key = self.key(name)
        options = replace(OPTIONS, initials=suggested_initials("MP", key.public))
        case = Case.open_or_create(self.folder / name, key=key, officer="Mary Price")
        return Worker(self.queue, case, options, settings, key=key, **given)

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement of SQL; return its rows."""
        with self.server.connected(self.address) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def states(self) -> Counter[str]:
        """Return how many rows are in which state."""
        return Counter(state for (state,) in self.ask("select state from goldenhour.rows"))


@pytest.fixture
def fleet(postgres: PostgresServer, tmp_path: Path) -> Iterator[Fleet]:
    """Return an operation in a database that is not set up yet."""
    fleet = Fleet(postgres.make(), postgres, tmp_path)
    with fleet.stack:
        yield fleet


@dataclass
class Host:
    """A host with pages, which counts how many of them are asked for at the same moment."""

    server: SceneServer
    asked: Counter[str]
    most: int = 0
    """Pages asked for at the same moment."""
    held: int = 0
    """Pages asked for and not answered."""
    hold: threading.Event = field(default_factory=threading.Event)
    """While it is clear, no page is answered."""

    def scenes(self, count: int) -> list[str]:
        """Return the addresses of pages."""
        return [self.server.url(f"/p{number}") for number in range(count)]


@contextmanager
def counted_host(address: str, pages: int) -> Iterator[Host]:
    """Serve so many pages, and count."""
    lock, asked = threading.Lock(), Counter[str]()

    def _page(seen: Seen) -> Body:
        with lock:
            asked[seen.path] += 1
            here.held += 1
            here.most = max(here.most, here.held)
        here.hold.wait()
        with lock:
            here.held -= 1
        return Body(data=b"<!doctype html><title>t</title><p>" + seen.path.encode(), type="text/html")

    with SceneServer({f"/p{number}": _page for number in range(pages)}, address=address) as server:
        here = Host(server, asked)
        here.hold.set()
        yield here
        here.hold.set()


@pytest.fixture
def host() -> Iterator[Host]:
    """Return a host of forty pages."""
    with counted_host("127.0.0.1", 40) as here:
        yield here


@pytest.fixture
def together() -> Callable[[Sequence[Worker]], None]:
    """Return what runs workers side by side, to their end."""

    def _run(workers: Sequence[Worker]) -> None:
        threads = [threading.Thread(target=worker.run) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return _run
