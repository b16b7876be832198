"""What the AppView keeps its index in: PostgreSQL and Redis, for one run, on loopback."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

from tests.servers.program import Program, find_tool, free_port, unprivileged_user

_INITIALISE = "--auth=trust --username=appview --no-sync --encoding=UTF8 --locale=C"
_SETTINGS = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=200"


class PostgresServer(Program):
    """An empty PostgreSQL; `url` is where its one database is. Raises ToolMissing."""

    def __init__(self) -> None:
        places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)  # where Debian keeps it off PATH
        postgres = find_tool("postgres", *places, package="postgresql")
        initdb = find_tool("initdb", *places, package="postgresql")
        port = free_port()
        self.url = f"postgresql://appview@127.0.0.1:{port}/postgres"
        script = f'"{initdb}" -D data {_INITIALISE} && exec "{postgres}" -D data -p {port} {_SETTINGS}'
        # SIGINT is PostgreSQL's fast shutdown, which does not wait for clients to leave.
        super().__init__(["sh", "-c", script], user=unprivileged_user(), stop=signal.SIGINT)

    def wait(self) -> None:
        """Return once it takes connections. Raises RuntimeError."""
        self.wait_for(lambda: "ready" in self._state() or None)

    def _state(self) -> str:
        try:
            return (self.folder / "data/postmaster.pid").read_text("utf-8")
        except FileNotFoundError:
            return ""


class RedisServer(Program):
    """An empty Redis that keeps nothing on disk; `address` is its host and port. Raises ToolMissing."""

    def __init__(self) -> None:
        self._port = free_port()
        self.address = f"127.0.0.1:{self._port}"
        redis = find_tool("redis-server", package="redis-server")
        super().__init__([redis, "--bind", "127.0.0.1", "--port", str(self._port), "--save", ""])

    def wait(self) -> None:
        """Return once it takes connections. Raises RuntimeError."""
        self.wait_for(self._answers)

    def _answers(self) -> bool | None:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=5) as client:
                client.sendall(b"PING\r\n")
                return client.recv(7) == b"+PONG\r\n" or None
        except OSError:
            return None
