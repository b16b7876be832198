"""Reading the lines of a disclosure: those that are whole, and the masked forms where parts are withheld."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from exports.format.disclosure_form import (
    LINES,
    LONGEST_PROOF,
    MASKED,
    MASKED_PROOFS,
    PROOFS,
    SHOWN,
    Inclusion,
    event_of,
)
from exports.verification.check import Check
from hashing.case.events import CaptureEvent, Commitments, decode_capture_event
from hashing.errors import BadFormat
from hashing.ledger.checkpoint import Checkpoint
from hashing.ledger.ledger import LONGEST_LINE, read_lines

_LARGEST = 1 << 30  # Bytes of lines that are held in memory.


class ShownLine(msgspec.Struct, frozen=True):
    """A line as it is shown, with its proof, unchecked; `masked` where parts of it are withheld."""

    inclusion: Inclusion
    form: bytes
    event: CaptureEvent
    masked: bool


def shown_lines(check: Check, prefix: str) -> list[ShownLine]:
    """Return the lines of a disclosed capture in the ledger's order. Raises BadFormat, NotCheckable, OSError."""
    plain = _proven(check, f"{prefix}{LINES}", f"{prefix}{PROOFS}")
    lines = [ShownLine(proof, line, decode_capture_event(line), masked=False) for proof, line in plain]
    if check.is_file(f"{prefix}{MASKED}"):
        masked = _proven(check, f"{prefix}{MASKED}", f"{prefix}{MASKED_PROOFS}")
        shown = _rows(check, f"{prefix}{SHOWN}", LONGEST_LINE)
        try:
            for (proof, form), row in zip(masked, shown, strict=True):
                lines.append(ShownLine(proof, form, event_of(form, row.split()), masked=True))
        except ValueError as error:
            raise BadFormat("not every masked line has its disclosures") from error
    if len({line.inclusion.index for line in lines}) < len(lines):
        raise BadFormat("a line stands there twice")
    return sorted(lines, key=lambda line: line.inclusion.index)


def _proven(check: Check, lines: str, proofs: str) -> Iterator[tuple[Inclusion, bytes]]:
    rows = _rows(check, proofs, LONGEST_PROOF)
    with check.tree.open(lines) as file:
        for line in read_lines(file, Path(lines)):
            if file.tell() > _LARGEST:
                raise BadFormat("larger than any file of its kind")
            if (proof := next(rows, None)) is None:
                raise BadFormat("not every line has a proof")
            yield Inclusion.parse(proof), line
    if next(rows, None) is not None:
        raise BadFormat("there are more proofs than lines")


def _rows(check: Check, name: str, longest: int) -> Iterator[bytes]:
    """Yield the lines of a file. Raises BadFormat for one that is too long or not finished."""
    with check.tree.open(name) as file:
        while row := file.readline(longest):
            if not row.endswith(b"\n"):
                raise BadFormat(f"{name}: a line that is longer than any, or not finished")
            yield row[:-1]


def unproven(lines: Sequence[ShownLine], checkpoint: Checkpoint) -> list[int]:
    """Return the indices of the lines that are not proven to stand in the ledger that the checkpoint is of.

    A masked line is proven by the root that the ledger's own `commitments` line states of all lines before it.
    """
    whole = [line for line in lines if not line.masked]
    failed = [line.inclusion.index for line in whole if not _holds(line, checkpoint.size, checkpoint.root)]
    size, root = 0, b""
    for line in whole:
        event = line.event
        if isinstance(event, Commitments) and event.size == line.inclusion.index not in failed:
            size, root = event.size, _hash(event.root)
    masked = [line for line in lines if line.masked]
    return failed + [line.inclusion.index for line in masked if not _holds(line, size, root)]


def _holds(line: ShownLine, size: int, root: bytes) -> bool:
    return line.inclusion.holds(line.form, size, root)


def _hash(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
