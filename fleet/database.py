"""The one module that speaks with the database, by psycopg: how it may be named, and what its errors mean.

Nothing that it answers is trusted: what is read of it is parsed strictly (`fleet.job`) or written out as text.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from fleet.errors import BadDatabase, DatabaseGone
from hashing.printable import printable
from hashing.tool import installs

if TYPE_CHECKING:
    import psycopg

# How libpq marks what it keeps from view: passwords, and whatever else a version of it has of that kind.
_SECRET = b"*"
_CHECKED = {"verify-ca", "verify-full"}  # Values of `sslmode` by which it is certain who hears what is said.
# Seconds for a transaction of a few rows: a server that hangs keeps none of the times that it was told.
_LONGEST = 120.0
# What holds where the user's own words say nothing else.
_SETTINGS = {
    "connect_timeout": "10",
    "application_name": "goldenhour",
    "keepalives_idle": "30",
    "tcp_user_timeout": "30000",  # milliseconds: a machine that vanished is noticed
    # What others put into the schema `public` is looked at by none of our statements (CVE-2018-1058).
    "options": "-c search_path=pg_catalog -c statement_timeout=60s -c lock_timeout=30s "
    "-c idle_in_transaction_session_timeout=60s",
}


class Database:
    """A connection to PostgreSQL that is made when it is needed, and anew when it was lost. For one thread.

    `named` is as libpq takes it: a URL or `key=value` words. Raises BadDatabase for one with a password in it, which
    every user of the machine could read in the list of processes, and where psycopg is not installed.
    """

    def __init__(self, named: str) -> None:
        try:
            import psycopg
            from psycopg.conninfo import conninfo_to_dict, make_conninfo
            from psycopg.pq import Conninfo
        except ImportError as error:
            raise BadDatabase(
                f"a fleet needs psycopg: {error}", hint=f"install it with: {installs('psycopg[binary]>=3.2')}"
            ) from error
        self._library = psycopg
        try:
            said = conninfo_to_dict(named)
        except psycopg.ProgrammingError as error:  # its text may quote a password
            raise BadDatabase(
                "--database: not an address of a database", hint="write it as postgresql://USER@HOST/NAME"
            ) from error
        known = {each.keyword.decode(): each.dispchar for each in Conninfo.get_defaults()}
        if any(said.get(name) for name, shown in known.items() if shown == _SECRET):
            raise BadDatabase(
                "--database: a password in it can be read by everybody on this computer",
                hint="write HOST:PORT:NAME:USER:PASSWORD into ~/.pgpass, or a file that PGPASSFILE names (mode 0600)",
            )
        options = {"options": f"{_SETTINGS['options']} {said.get('options', '')}"}  # of two words, the later holds
        if "require_auth" in known and said.get("sslmode") not in _CHECKED:
            options["require_auth"] = str(said.get("require_auth", "!password"))  # in clear to nobody who asks for it
        self._address = make_conninfo("", **{**_SETTINGS, **said, **options})
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    @contextmanager
    def transaction(self, longest: float = _LONGEST) -> Iterator[Transaction]:
        """Yield what runs statements, all or none, within so many seconds. Raises DatabaseGone, BadDatabase."""
        library = self._library
        errors = library.errors
        try:
            if self._connection is None or self._connection.closed:
                self._connection = library.connect(self._address, autocommit=True)
            connection = self._connection
            with _cut_after(longest, connection.fileno()), connection.transaction(), connection.cursor() as cursor:
                yield Transaction(cursor)
        # What waiting never mends first, with what to do about it; a lost connection after it, which is worth another
        # try. All these are subclasses of `library.Error`, so that one stands last.
        except errors.InsufficientPrivilege as error:
            raise BadDatabase(
                f"the database refuses this user: {_first_line(error)}",
                hint="docs/fleet.md says which rights a worker and a coordinator need",
            ) from error
        except (errors.UndefinedTable, errors.InvalidSchemaName, errors.UndefinedColumn) as error:
            raise BadDatabase(
                f"the database is not set up for a fleet: {_first_line(error)}",
                hint="set it up, as a user who may make tables, with: goldenhour fleet submit FILE --case NAME",
            ) from error
        except (library.OperationalError, library.InterfaceError, library.InternalError, OSError) as error:
            # Whether the last statement was done is not known, and nothing more can be asked on this connection.
            self.close()
            raise DatabaseGone(
                f"the database cannot be reached: {_first_line(error)}",
                hint="check its address (--database), and whether PostgreSQL runs there and lets this computer in",
            ) from error
        except library.Error as error:
            raise BadDatabase(f"the database answered as none of a fleet does: {_first_line(error)}") from error

    def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(self._library.Error):
                connection.close()


class Transaction:
    """Runs statements, with their values apart from their text."""

    def __init__(self, cursor: psycopg.Cursor[tuple[Any, ...]]) -> None:
        self._cursor = cursor

    def run(self, statement: str, **values: object) -> int:
        """Run a statement; return how many rows it changed."""
        self._cursor.execute(statement.encode(), values or None)
        return self._cursor.rowcount

    def run_each(self, statement: str, values: Sequence[Mapping[str, object]]) -> int:
        """Run a statement once for each of these values; return how many rows were changed."""
        if not values:
            return 0
        self._cursor.executemany(statement.encode(), values)
        return self._cursor.rowcount

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Return all rows of an answer."""
        self._cursor.execute(statement.encode(), values or None)
        return self._cursor.fetchall()

    def row(self, statement: str, **values: object) -> tuple[Any, ...] | None:
        """Return the first row of an answer; None where there is none."""
        self._cursor.execute(statement.encode(), values or None)
        return self._cursor.fetchone()


@contextmanager
def _cut_after(seconds: float, descriptor: int) -> Iterator[None]:
    """Cut a connection that is still being waited for after so many seconds."""
    with socket.socket(fileno=os.dup(descriptor)) as wire:

        def _cut() -> None:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, _cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return printable(lines[0] if lines else type(error).__name__, 300)
