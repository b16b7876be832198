"""Keeping what a check found in the case's own signed ledger."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from exports.format.found_words import WORDS
from hashing.case.case import Case
from hashing.case.custody import demand_recordable
from hashing.case.events import Checked, FoundFact, RestsOn
from hashing.ledger.keys import SigningKey
from hashing.times import Clock, system_clock, time_text
from hashing.tool import tool
from intelligence.checks.finding import CheckFinding

# Findings that one run records, and words of items beside them: a bundle proves each in two files of its own.
MOST, MOST_WORDS = 500, 2_000


def record_findings(
    case: Case,
    found: Sequence[CheckFinding],
    items: int,
    *,
    key: SigningKey,
    officer: str,
    clock: Clock = system_clock,
) -> int:
    """Record what a run found over so many items, each finding in a line; return how many are recorded.

    Raises NotRecordable, InUse, Unwritable, NotAsSigned.
    """
    demand_recordable({"officer": officer})
    # One time for the run and all its findings, so that they can be told from those of an earlier run. Its last line
    # says how many were left out, and that it ended.
    run, signer = time_text(clock()), key.public.raw.hex()
    kept = [*islice((finding for finding in found if finding.rests_on and finding.kind != WORDS), MOST)]
    kept += islice((finding for finding in found if finding.rests_on and finding.kind == WORDS), MOST_WORDS)
    lines = [
        FoundFact(
            time=run,
            kind=finding.kind,
            says=finding.says,
            rests_on=tuple(RestsOn(ref=ref, known=known) for ref, known in finding.rests_on),
            run=run,
            tool=tool(),
            signer=signer,
        )
        for finding in kept
    ]
    ended = Checked(
        time=run,
        run=run,
        items=items,
        findings=len(kept),
        left=len(found) - len(kept),
        officer=officer,
        tool=tool(),
        signer=signer,
    )
    case.record(*lines, ended, key=key)
    return len(kept)
