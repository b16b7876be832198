from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hashing.case.events import Grade
from hashing.case.grade import PARTS, SCHEMES
from intelligence.errors import BadWording
from intelligence.grading import built_in_wording, read_wording

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = 'name = "Alder Police"\ndate = "2027-01-01"\n'
_SOURCE = '[3x5x2]\ndescribed = "Order 7"\nsource = { "1" = "a", "2" = "b", "3" = "c" }\n'


def test_the_table_that_comes_along_is_whole() -> None:
    """Every code of every scheme has a meaning, and the table names its source and date."""
    words = built_in_wording()
    for scheme, parts in SCHEMES.items():
        assert words.sources[scheme]
        assert {part: "".join(codes) for part, codes in words.meanings[scheme].items()} == parts
    assert words.title == "National Intelligence Model, 2026-11-30"
    grade = words.worded(Grade(scheme="3x5x2", source="1", information="E", handling="C"))
    assert grade.means == ("reliable", "suspected to be false", "lawful sharing permitted with conditions")
    assert len(grade.means) == len(PARTS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "not TOML"),
        ('name = "x"\n', "date: a text"),
        (f'{_HEAD}[4x4]\ndescribed = "x"\n', "4x4: no scheme of grading"),
        (f"{_HEAD}3x5x2 = 1\n", "3x5x2: not a table"),
        (_HEAD + _SOURCE, "3x5x2.information: must say what each of A, B, C, D, E means"),
        (_HEAD + _SOURCE.replace('"1" = "a"', '"1" = ""'), "3x5x2.source.1: a text of at most 300 characters"),
        (_HEAD + _SOURCE.replace('"a"', f'"{"a" * 301}"'), "3x5x2.source.1: a text of at most 300 characters"),
    ],
)
def test_what_is_no_table(tmp_path: Path, text: str, said: str) -> None:
    """A force's table that leaves a code out, or has others, is refused with its name and what is wrong."""
    path = tmp_path / "ours.toml"
    path.write_text(text)
    with pytest.raises(BadWording) as raised:
        read_wording(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert said in str(raised.value)


def test_a_scheme_that_is_not_named_keeps_its_words(tmp_path: Path) -> None:
    """A table of one scheme alone leaves the other as it is."""
    path = tmp_path / "ours.toml"
    path.write_text(_HEAD)
    assert read_wording(path).meanings == built_in_wording().meanings
