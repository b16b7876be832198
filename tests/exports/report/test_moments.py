from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.report.moments import _claims, read_time
from hashing.case.facts import Fact
from tests.exports.listed import an_item

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def claims(*facts: Fact) -> list[tuple[str, str, str]]:
    """Return what facts of one photo claim: when in UTC, what, and why not."""
    item = an_item(facts=facts)
    return [(each.stamp, each.note, each.unclear) for each in _claims(item, "MP/1")]


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES))  # noqa: DTZ001 - hypothesis wants bounds without a zone
def test_a_zone_is_never_lost(moment: datetime) -> None:
    """A time that says its zone is the same moment in UTC, whatever the zone."""
    assert read_time(moment.isoformat()) == moment.astimezone(UTC)


@given(st.text(max_size=40) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,12}(Z|[+-][0-9]{2}:[0-9]{2})?"))
def test_any_text_is_a_time_or_none(text: str) -> None:
    """No text makes it fail; what is read is in UTC."""
    found = read_time(text)
    assert found is None or found.tzinfo == UTC


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-24T12:00:00+01:00", datetime(2026, 11, 24, 11, tzinfo=UTC)),
        ("2026-11-24T10:15:02.123456789Z", datetime(2026, 11, 24, 10, 15, 2, 123456, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 10:15:02 GMT", datetime(2026, 11, 24, 10, 15, 2, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 10:15:02 -0000", None),
        ("2026-11-24T12:00:00", None),
        ("2026-11-24", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("2026-13-24T12:00:00Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_forms(written: str, read: datetime | None) -> None:
    """RFC 3339 and RFC 5322 with a zone are read; a time without one is not, nor what is no time."""
    assert read_time(written) == read


def test_a_photo_without_a_zone_is_not_placed() -> None:
    """A camera's time without a zone stands apart and says so; a zone reckoned from its GPS time is used, and named."""
    taken = Fact("original time", "2026-11-24T12:00:00", "EXIF DateTimeOriginal")
    assert claims(taken) == [("", "EXIF DateTimeOriginal", "no zone stated")]
    [(stamp, note, unclear)] = claims(taken, Fact("original time zone by GPS", "+01:00", "EXIF"))
    assert (stamp, unclear) == ("2026-11-24T11:00", "")
    assert "+01:00 is reckoned from its GPS time" in note


def test_what_could_not_be_read_says_why() -> None:
    """A time that is damaged, or has no day, or is in a form of its own, stands apart with the reason."""
    facts = [Fact("GPS time", value, "GPS") for value in ("could not be read: 1/0", "10:00:00Z, day not stated", True)]
    reasons = [unclear for _, _, unclear in claims(*facts)]
    assert reasons == ["could not be read: 1/0", "no day stated", "not in a form that is read here"]
