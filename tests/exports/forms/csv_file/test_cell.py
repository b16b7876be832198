from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.forms.csv_file.cell import LONGEST, guarded, original
from tests.exports.forms.csv_file.formulas import FORMULAS, MISREAD

TEXTS = st.lists(
    st.one_of(st.text(max_size=4), st.sampled_from([*"=+-@'\";,|\\\t\r\n \uff1d\ufeff\u202e\ud800", "\\n", "x41"])),
    max_size=12,
).map("".join)
FORMULA = re.compile('[\\s"]*[=+\\-@\uff1d\uff0b\uff0d\uff20]')


@given(TEXTS)
def test_a_text_can_be_read_back(text: str) -> None:
    """Whatever a text holds, what is written as a cell says exactly what it was."""
    assert original(guarded(text)) == text


@given(TEXTS)
def test_no_cell_begins_a_formula_under_any_separator(text: str) -> None:
    """Wherever a reader splits a text, at a comma, semicolon, bar or tab, or at no quotes, no part is a formula."""
    for part in re.split(r"[,;|\t\r\n]", guarded(text)):
        assert not FORMULA.match(part)


@given(st.text())
def test_no_cell_holds_what_is_not_seen(text: str) -> None:
    """A cell is one line of what can be read: no control or direction characters, and nothing that UTF-8 lacks."""
    shown = guarded(text)
    assert len(shown.splitlines()) <= 1
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)
    shown.encode()


@pytest.mark.parametrize("text", [*FORMULAS, *MISREAD])
def test_what_is_known_to_be_taken_for_something_else_is_not(text: str) -> None:
    """Each text that was ever used for an attack, or that a spreadsheet changes, is guarded and can be read back."""
    shown = guarded(text)
    assert shown != text
    assert original(shown) == text


@pytest.mark.parametrize("text", ["Smoke over the market #fire", "https://a.example/?a=1&b=-2", "MP/1-0001", "火事 🔥"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    """What is harmless is not touched."""
    assert guarded(text) == text


@given(st.text("a=;'\U0001f525\U000e0001\\\n", min_size=1, max_size=6))
def test_a_long_text_says_that_it_is_cut(unit: str) -> None:
    """No cell is longer than spreadsheets take, and one that was cut says so and how long the text was."""
    text = unit * (1 + LONGEST)
    shown = guarded(text)
    assert len(shown.encode("utf-16-le")) // 2 <= 32_767
    assert f"[cut: {len(text):,} characters" in shown
    assert guarded("a" * LONGEST) == "a" * LONGEST
