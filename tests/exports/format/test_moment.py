from __future__ import annotations

import pytest

from exports.format.moment import recorded_after, span, timestamped_after


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than 1 s"),
        (-0.4, "less than 1 s"),
        (3, "3 s"),
        (61, "1 min 1 s"),
        (3_600, "1 h"),
        (3_605, "1 h"),
        (93_784, "1 d 2 h"),
        (200_000_000, "2,314 d 19 h"),
    ],
)
def test_a_span_is_written_in_two_units(seconds: float, said: str) -> None:
    """A span of time names its two largest units, next to each other."""
    assert span(seconds) == said


@pytest.mark.parametrize(
    ("late", "said"),
    [
        (0.4, "within a second of the seal by the officer's clock"),
        (-0.4, "within a second of the seal by the officer's clock"),
        (75, "1 min 15 s after the seal by the officer's clock"),
        (-75, "made after the seal, which it names; the authority's clock reads 1 min 15 s less than the officer's"),
    ],
)
def test_no_stamp_is_said_to_be_made_before_its_seal(late: float, said: str) -> None:
    """A token names the seal's hash: where its time is an earlier one, the clocks differ, and that is what is said."""
    assert timestamped_after(late) == said


def test_what_was_recorded_after_it_was_done() -> None:
    """A record says how much later it was made, and of more than a minute when; a text that is no time stays."""
    done = "2026-11-24T10:15:00Z"
    assert recorded_after(done, "2026-11-24T10:15:03.2Z") == "recorded 3 s later"
    assert recorded_after(done, "2026-11-25T12:15:03Z") == "recorded 1 d 2 h later, 2026-11-25 12:15:03 UTC"
    assert recorded_after("[withheld]", "2026-11-25T12:15:03Z") == "recorded 2026-11-25 12:15:03 UTC"
    assert recorded_after("2026-11-26T00:00:00Z", "2026-11-25T12:15:03Z") == "recorded 2026-11-25 12:15:03 UTC"
