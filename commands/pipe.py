"""Standard output and standard error whose reader may go before we are done, as `head` does.

The work goes on, and so the exit code stays that of the work: what `verify` found is no less true because nobody reads
it to its end. Python's own way is an error in the middle of it, and exit code 1.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Forgiving(io.FileIO):
    """An open descriptor; what is written after its reader has gone, or its disk is full, goes nowhere."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, or drop what nobody reads. Raises OSError, once, where it cannot be written for another reason."""
        try:
            return super().write(data)
        except OSError as error:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            if not isinstance(error, BrokenPipeError):
                error.filename = "standard output" if self.fileno() == 1 else "standard error"
                raise
            return memoryview(data).nbytes


def outlive_readers() -> None:
    """Replace the process's own streams by such as outlive their readers; streams that were replaced stay.

    One that was closed before we began goes nowhere, and its number to no file of ours.
    """
    if sys.stdout is sys.__stdout__:
        sys.stdout = _forgiving(sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _forgiving(sys.stderr)


def _forgiving(stream: TextIO | None) -> TextIO:
    if stream is None:
        from pathlib import Path

        return Path(os.devnull).open("w", encoding="utf-8")
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Forgiving(stream.fileno(), "wb", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream is sys.stderr or stream.isatty(),
    )
