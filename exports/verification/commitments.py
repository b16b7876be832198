"""Checking what a capture's ledger commits to: the Merkle root over the masked forms of its lines, which it states."""

from __future__ import annotations

import zlib
from pathlib import Path

from exports.errors import NotCheckable
from exports.format.tree import EvidenceTree
from exports.verification.check import MOST
from hashing.case.events import Commitments, decode_capture_event
from hashing.case.redaction import masked_form
from hashing.errors import BadFormat, Unreadable
from hashing.ledger.ledger import read_lines
from hashing.ledger.merkle import MerkleTree

# One of these is in each line that states a root: its kind as it is written, or with a letter of it escaped.
_MARKS = (b'"commitments"', b"\\u")


def commitment_faults(tree: EvidenceTree, ledger: str) -> list[tuple[int, str]]:
    """Read a ledger; return the number of each line that does not commit to those before it, and what is wrong.

    A line without a masked form is the last that is looked at, and so is one after which more faults would not be told.
    """
    faults, masked = list[tuple[int, str]](), MerkleTree()
    try:
        with tree.open(ledger) as file:
            for line in read_lines(file, Path(ledger)):
                if any(mark in line for mark in _MARKS):
                    event = decode_capture_event(line)
                    stated = (event.size, event.root) if isinstance(event, Commitments) else None
                    if stated is not None and stated != (masked.size, masked.root().hex()):
                        reason = "does not commit to the lines before it: what is redacted of them cannot be proven"
                        faults.append((masked.size + 1, reason))
                if len(faults) > MOST:
                    break
                masked.append(masked_form(line))
    except (BadFormat, Unreadable, NotCheckable, OSError, zlib.error) as error:
        faults.append((masked.size + 1, str(error).removeprefix(f"{ledger}: ")))
    return faults
