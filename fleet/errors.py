"""What can go wrong with a fleet.

FleetError
├── BadDatabase     a database that cannot be used as it was named, or that is not set up
├── DatabaseGone    the database cannot be reached now
└── BadJob          what stands in the database is no row of ours
"""


class FleetError(Exception):
    """Root of every error that `fleet` raises; `hint` says what to do next, or is ""."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class BadDatabase(FleetError):
    """A database that cannot be used: named with a password, without our tables, or one that refuses what is asked."""


class DatabaseGone(FleetError):
    """The database cannot be reached now. What waits for it tries again."""


class BadJob(FleetError):
    """What came out of the database is no row that goldenhour puts there: it is not captured."""
