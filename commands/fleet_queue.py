"""What every command of a fleet needs: the database, and the operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from commands.settings import setting

if TYPE_CHECKING:
    from fleet.database import Database
    from fleet.queue import Queue


def _operation(ctx: click.Context, option: click.Parameter, value: str) -> str:
    """Refuse what is no name of an operation. A callback of click."""
    from fleet.job import OPERATION

    if not OPERATION.fullmatch(value):
        raise click.BadParameter("a name is wanted, such as OP-ALDER: letters, digits, . _ -", ctx, option)
    return value


_of_operation = click.option(
    "--case",
    "operation",
    required=True,
    callback=_operation,
    metavar="NAME",
    help="The operation that the rows belong to.",
)
_database = setting(
    "--database",
    default="",
    metavar="URL",
    help="The database, as postgresql://USER@HOST/NAME; its password stands in ~/.pgpass or PGPASSFILE.",
)


def queued(command: Callable[..., None]) -> Callable[..., None]:
    """Add what every command on the queue needs."""
    for option in (_database, _of_operation):
        command = option(command)
    return command


def opened_database(named: str) -> Database:
    """Return the database, which is closed when the command ends. Raises click.UsageError, BadDatabase."""
    from fleet.database import Database

    if not named:
        raise click.UsageError("name the database with --database, or set GOLDENHOUR_DATABASE")
    database = Database(named)
    click.get_current_context().call_on_close(database.close)
    return database


def opened_queue(database: str, operation: str) -> Queue:
    """Return the rows of an operation in a database. Raises as `opened_database`."""
    from fleet.queue import Queue

    return Queue(opened_database(database), operation)
