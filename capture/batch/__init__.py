"""Thousands of scenes unattended: rows from a file, captured side by side, and none lost or done twice.

`read_rows` reads a file whole and names every row that is wrong; `Batch` captures the others, and records in a ledger
of its own what becomes of each, so that whoever is given the same rows again goes on where it ended.
"""

from capture.batch.batch import Batch, BatchSettings, BatchSummary
from capture.batch.check_rows import checked_rows
from capture.batch.failed_rows import failed_rows
from capture.batch.read_rows import read_rows
from capture.batch.recovery import recover_batches
from capture.batch.row import BadRows, BatchRow, RowsRead

__all__ = [
    "BadRows",
    "Batch",
    "BatchRow",
    "BatchSettings",
    "BatchSummary",
    "RowsRead",
    "checked_rows",
    "failed_rows",
    "read_rows",
    "recover_batches",
]
