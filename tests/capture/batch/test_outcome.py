from __future__ import annotations

import pytest

from capture.batch.outcome import RowTrouble, pass_outcome
from hashing.case.events import Failed


@pytest.mark.parametrize(
    ("reason", "trouble"),
    [
        ("X: the session has ended: lend a new one (--session, --cookies)", RowTrouble.SESSION),
        ("the server answered 404 Not Found", RowTrouble.SILENT),
    ],
)
def test_an_ended_session_is_told_from_other_troubles(reason: str, trouble: RowTrouble) -> None:
    """What else is asked of the host with this session fails as well."""
    failed = Failed(time="2026-11-30T10:00:00Z", url="https://x.com/a", reason=reason, found_in="scene")
    outcome = pass_outcome([], [failed], refused=False)
    assert (outcome.status, outcome.trouble, outcome.reason) == ("nothing", trouble, reason)
