"""The initials that an officer's name suggests, which stand in every exhibit reference."""

import pytest

from capture.request.options import initials_of


@pytest.mark.parametrize(
    ("officer", "initials"),
    [
        ("Mary Price", "MP"),
        ("price", "PR"),
        ("PC 1234 Ray Doe", "RD"),
        ("DC Lee", "LE"),
        ("Di Price", "DP"),
        ("Det. Sgt. J. O'Neil", "JON"),
        ("D.I. Ann Bell (4471)", "DIAB"),
        ("MP", "MP"),
        ("PC 1234", "P1"),
        ("1234", "12"),
        ("王 小明", "王小"),
        ("", "XX"),
    ],
)
def test_a_rank_and_a_number_are_no_initials(officer: str, initials: str) -> None:
    """A rank, a title and a collar number are no part of a name, unless nothing else is there."""
    assert initials_of(officer) == initials
