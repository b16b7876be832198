from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.format.phrases import exhibit_ranges


@pytest.mark.parametrize(
    ("references", "written"),
    [
        ([], ""),
        (["MP/1"], "MP/1"),
        (["MP/1", "MP/2"], "MP/1, MP/2"),
        (["MP/9", "MP/10", "MP/11"], "MP/9 to MP/11"),
        (["MP/1", "MP/2", "MP/3", "AB/4", "MP/5"], "MP/1 to MP/3, AB/4, MP/5"),
        (["", "", "/", "MP/x", "MP/1"], ", , /, MP/x, MP/1"),
    ],
)
def test_what_follows_each_other_is_a_range(references: list[str], written: str) -> None:
    """Three or more references in a row are written as a range; whatever else stands there stays as it is."""
    assert exhibit_ranges(references) == written


@given(st.lists(st.integers(1, 40)))
def test_no_exhibit_is_lost(numbers: list[int]) -> None:
    """Read back, the ranges name the same exhibits in the same order."""
    read: list[int] = []
    for part in exhibit_ranges([f"MP/{number}" for number in numbers]).split(", ") if numbers else []:
        ends = [int(end.removeprefix("MP/")) for end in part.split(" to ")]
        read += range(ends[0], ends[-1] + 1)
    assert read == numbers
