from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from capture.clock.packet import read_reply
from capture.clock.sample import compared
from tests.servers.time_server import Answer, ntp_time

AGES = st.datetimes(datetime(1975, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given
WAYS = st.floats(0.0, 5.0)
SIXTY_YEARS = 60 * 365 * 86_400.0


@given(AGES, st.floats(-SIXTY_YEARS, SIXTY_YEARS), WAYS, WAYS, WAYS)
def test_the_true_offset_is_never_further_away_than_the_error(
    at: datetime, offset: float, out: float, held: float, back: float
) -> None:
    """However unequal the way there and the way back are, in any year and over the end of an era."""
    received = (at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1) + offset + out
    packet = Answer(originate=5, receive=ntp_time(received), transmit=ntp_time(received + held)).encode()
    sample = compared(at, out + held + back + 1e-5, read_reply(packet, 5))
    assert abs(sample.offset - offset) <= sample.error
