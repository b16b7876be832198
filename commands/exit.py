"""How a command ends: exit codes that a script may rely on."""

from __future__ import annotations

import enum


class Exit(enum.IntEnum):
    """Every way in which a command can end. A script may rely on these numbers."""

    OK = 0
    FAULT = 1
    USAGE = 2
    IN_PART = 3
    NOTHING = 4
    MISMATCH = 5
    UNCHECKED = 6
    REFUSED = 7
    INTERRUPTED = 130


def worse(one: Exit, other: Exit) -> Exit:
    """Return the worse of two ways for a verification to end."""
    return max(one, other, key=[Exit.OK, Exit.UNCHECKED, Exit.MISMATCH].index)


def verdict_exit(verdict: str) -> Exit:
    """Return how a command ends that came to this verdict on evidence."""
    return {"ok": Exit.OK, "mismatch": Exit.MISMATCH, "unchecked": Exit.UNCHECKED}[verdict]


def exit_code(error: Exception) -> Exit:
    """Return the exit code that an error of one of the packages ends a command with."""
    from capture.errors import CaptureError, NotAsked, NotRendered, NotSealed
    from exports.errors import ExportError, NotCheckable, NothingToExport, NotWhole
    from fleet.errors import DatabaseGone, FleetError
    from hashing.errors import ForeignReceipt, InUse, NotAsSigned, NotRecordable, Unwritable, WouldOverwrite
    from intelligence.errors import IntelligenceError, NotOpened, NotShareable

    # From the particular to the general, since several of these errors are subclasses of what is asked for further
    # down. What speaks against the evidence (5) is told apart from what only could not be checked (6).
    if isinstance(error, NotSealed):
        return Exit.FAULT
    if isinstance(error, NotAsked):
        return Exit.REFUSED if error.refused else Exit.NOTHING
    if isinstance(error, CaptureError | FleetError | NotRecordable | IntelligenceError) and not isinstance(
        error, DatabaseGone | ForeignReceipt | NotShareable | NotOpened | NotRendered
    ):
        return Exit.USAGE
    if isinstance(error, NotWhole | NotAsSigned):
        return Exit.MISMATCH
    if isinstance(error, NothingToExport | NotShareable):
        return Exit.NOTHING
    if isinstance(error, WouldOverwrite | InUse | Unwritable | ForeignReceipt | NotRendered):
        return Exit.REFUSED
    if isinstance(error, ExportError) and not isinstance(error, NotCheckable):
        return Exit.REFUSED
    return Exit.UNCHECKED
