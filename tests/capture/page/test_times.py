from __future__ import annotations

import pytest

from capture.page.times import parse_time


@pytest.mark.parametrize(
    ("written", "iso", "has_zone"),
    [
        ("2026-03-14T21:05:30Z", "2026-03-14T21:05:30+00:00", True),
        ("2026-03-14T21:05+01:00", "2026-03-14T21:05:00+01:00", True),
        ("2026-03-14T21:05:30.123456789-0330", "2026-03-14T21:05:30.123456-03:30", True),
        ("2026-03-14 21:05:30,5 +01", "2026-03-14T21:05:30.500000+01:00", True),
        ("20260314T210530Z", "2026-03-14T21:05:30+00:00", True),
        (" 2026-03-14\n21:05 UTC ", "2026-03-14T21:05:00+00:00", True),
        ("2026-03-14T21:05:30", "2026-03-14T21:05:30", False),
        ("2026-03-14 21:05", "2026-03-14T21:05:00", False),
        ("2026-03-14", "2026-03-14", False),
        ("Sat, 14 Mar 2026 21:05:30 GMT", "2026-03-14T21:05:30+00:00", True),
        ("Sat, 14 Mar 2026 21:05:30 +0100", "2026-03-14T21:05:30+01:00", True),
        ("14 Mar 2026 21:05:30 EST", "2026-03-14T21:05:30-05:00", True),
        ("Sat, 14 Mar 2026 21:05:30", "2026-03-14T21:05:30", False),
        ("Sat, 14 Mar 2026 21:05:30 -0000", "2026-03-14T21:05:30", False),
        ("Saturday, 14-Mar-26 21:05:30 GMT", "2026-03-14T21:05:30+00:00", True),
        ("Sat Mar 14 21:05:30 2026", "2026-03-14T21:05:30", False),
        ("Sat, 14 March 2026 9:05:30 GMT+01:00", "2026-03-14T09:05:30+01:00", True),
        ("Sa., 14 Sept 99 21:05 +01", "1999-09-14T21:05:00+01:00", True),
        ("sat, 14 mar 2026", "2026-03-14", False),
        ("2026-03-14 9:05", "2026-03-14T09:05:00", False),
        ("Sat, 14 Mai 2026 21:05:30 GMT", None, True),
        ("Sat, 14 Mar 2026 21:05:30 CEST", None, True),
        ("14 March 2026, 9.05 PM", None, False),
        ("14 March 2026, 21:05 BST", None, True),
        ("3 hours ago", None, False),
        ("2026-02-30", None, False),
        ("2026-03-14T25:00", None, False),
        ("2026-03-14T21:05+99:00", None, True),
        ("0000-00-00", None, False),
        ("٢٠٢٦-٠٣-١٤", None, False),
        ("", None, False),
        ("9" * 5000, None, False),
        ("31 Feb 2026 21:05:30 GMT", None, True),
        ("14 Mar 2026 21:05:30 +9999", None, True),
    ],
)
def test_a_time_is_read_as_it_is_written_and_no_zone_is_added(written: str, iso: str | None, has_zone: bool) -> None:
    """A naive time stays naive; what cannot be read stays as it is written."""
    assert parse_time(written) == (iso, has_zone)
