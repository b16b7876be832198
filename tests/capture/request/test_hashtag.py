from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.request.hashtag import same_for_all


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("FireWatch", "#firewatch"),
        ("\N{FULLWIDTH NUMBER SIGN}\N{FULLWIDTH LATIN CAPITAL LETTER F}ire", "fire"),
        ("Straße", "STRASSE"),
        ("cafe\N{COMBINING ACUTE ACCENT}", "CAFÉ"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ],
)
def test_spellings_of_one_hashtag_are_the_same(one: str, other: str) -> None:
    """Capitals, width, composed letters and the sign tell no two hashtags apart."""
    assert same_for_all(one) == same_for_all(other)


def test_other_hashtags_stay_others() -> None:
    """An accent or another letter is another hashtag."""
    assert len({same_for_all(tag) for tag in ("fire", "fires", "fíre", "fire_")}) == 4


@given(st.text())
def test_the_one_spelling_is_the_spelling_of_itself(tag: str) -> None:
    """What is in the one spelling already stays as it is."""
    assert same_for_all(same_for_all(tag)) == same_for_all(tag)
