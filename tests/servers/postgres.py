"""A PostgreSQL of the system, with databases that are made for one test each."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psycopg

from tests.servers.program import Program, find_tool, free_port

if TYPE_CHECKING:
    from types import TracebackType

_RUN = """set -e
{initdb} -D data -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null
while {postgres} -D data -h 127.0.0.1 -p {port} -c fsync=off -c unix_socket_directories=; do :; done
"""
"""It starts anew each time that it is told to end."""


class PostgresServer:
    """A server, as a context manager; `make()` returns the address of a new database. Raises ToolMissing."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._numbers = itertools.count(1)
        self._port = 0

    def __enter__(self) -> Self:
        places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        tools = {name: find_tool(name, *places, package="postgresql") for name in ("initdb", "postgres")}
        self._port = free_port()
        with contextlib.ExitStack() as starting:
            self._program = starting.enter_context(
                Program(
                    ["sh", "-c", _RUN.format(port=self._port, **tools)],
                    user="postgres" if os.geteuid() == 0 else "",  # it refuses to be root
                    stop=signal.SIGKILL,
                )
            )
            self._program.wait_for(self._begun)
            self._stack = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def make(self) -> str:
        """Make a database, and return its address."""
        name = f"fleet{next(self._numbers)}"
        with self.connected() as connection:
            connection.execute(f"create database {name}".encode())
        return self.address(name)

    def address(self, name: str, user: str = "postgres") -> str:
        """Return the address of a database for a user."""
        return f"postgresql://{user}@127.0.0.1:{self._port}/{name}"

    def connected(self, address: str = "") -> psycopg.Connection[tuple[Any, ...]]:
        """Connect as the owner of all."""
        return psycopg.connect(address or self.address("postgres"), autocommit=True)

    def restart(self) -> None:
        """End it as for an update of the system: connections are cut; return when it answers again."""
        before = self._begun()
        os.kill(int((self._program.folder / "data/postmaster.pid").read_text().split()[0]), signal.SIGINT)
        self._program.wait_for(lambda: ((begun := self._begun()) and begun != before) or None)

    def _begun(self) -> str | None:
        """Return when it began; None while it does not answer."""
        try:
            with self.connected() as connection:
                row = connection.execute(b"select pg_postmaster_start_time()::text").fetchone()
        except psycopg.OperationalError:
            return None
        return str(row[0]) if row else None
