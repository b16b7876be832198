"""References that look the same are one: no case has two exhibits that a reader cannot tell apart."""

from __future__ import annotations

import pytest

from capture.request.options import checked_initials
from hashing.case.alike import as_read


@pytest.mark.parametrize(
    "other",
    [
        "\u041c\u0420/1",
        "\u039c\u03a1/1",
        "\uff2d\uff30/1",
        "mp/1",
        "M\u200bP/1",
        "MP/\uff11",
        "M\u034fP/1",
        "MP\u3164/1",
        "MP/1\ufe0f",
    ],
)
def test_references_that_look_the_same(other: str) -> None:
    """Latin, Cyrillic, Greek, wide, small and hidden characters make no other reference; another letter does."""
    assert as_read(other) == as_read("MP/1")
    assert as_read("\u041c\u0414/1") != as_read("MP/1")


def test_initials_are_written_in_one_way() -> None:
    """Wide letters are initials like any other."""
    assert checked_initials("\uff2d\uff50") == "MP"
