from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from capture.errors import BadSettings
from capture.request.amounts import moment, span

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), ("2h", 7200), ("1.5 H", 5400), ("3d", 259200)]
)
def test_spans(text: str, seconds: float) -> None:
    """A span is a number with a unit, as people type it."""
    assert span(text, "--every") == seconds


@pytest.mark.parametrize("text", ["", "60", "s", "-5m", "0s", "1w", "٣m", "1e9s", "nan s", "5m5s"])
def test_what_is_no_span(text: str) -> None:
    """Anything else is refused, and the option named; a span of nothing as well."""
    with pytest.raises(BadSettings, match="--every"):
        span(text, "--every")


def test_a_span_counts_back_from_now() -> None:
    """`2h` is two hours ago."""
    assert moment("2h", "--since", NOW) == NOW - timedelta(hours=2)


def test_a_moment_keeps_its_zone() -> None:
    """A time with a zone means that moment, in whichever zone it is written."""
    expected = datetime(2026, 11, 24, 11, 15, tzinfo=UTC)
    for text in ("2026-11-24T11:15Z", "2026-11-24 12:15+01:00"):
        assert moment(text, "--since", NOW) == expected
    assert moment("2026-11-24T11:15Z", "--since", NOW).tzinfo is UTC


def test_a_moment_without_a_zone_is_the_computers_own() -> None:
    """What is typed without a zone is meant as the clock on the wall shows it."""
    local = datetime(2026, 11, 24, 11, 15).astimezone()
    assert moment("2026-11-24T11:15", "--since", NOW) == local


@pytest.mark.parametrize("text", ["yesterday", "24.11.2026", "2026-13-01", "11:15", "999999d"])
def test_what_is_no_moment(text: str) -> None:
    """Anything else is refused, and the option named."""
    with pytest.raises(BadSettings, match="--until"):
        moment(text, "--until", NOW)
