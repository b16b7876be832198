"""Sequences that are small in memory."""

from __future__ import annotations

import gc
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.errors import TooMuch
from exports.format import kept, lookup
from exports.format.kept import Chained, Mapped, Picked, Spool
from hashing.files.scratch import scratch_folder

TEXTS = st.lists(st.text(max_size=40), max_size=12)
SLICES = st.slices(12)


@pytest.mark.parametrize("held", [0, 40, 1 << 20])
@given(data=st.data())
def test_records_come_back(held: int, data: st.DataObject) -> None:
    """Whatever was added, in memory or on the disk: each record is read at its place, in any order."""
    records = data.draw(TEXTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "_HELD", held)
        patch.setattr(kept, "_BLOCK", held)
        patch.setattr(kept, "_AHEAD", 16)
        spool: Spool[str] = Spool(str)
        places = [spool.add(record) for record in records]
        for number in data.draw(st.permutations(range(len(records)))):
            assert spool[places[number]] == records[number]
        assert [*Picked(spool, places)] == records


@given(st.lists(TEXTS, max_size=4), SLICES, st.integers(-5, 30))
def test_they_are_sequences(parts: list[list[str]], part: slice, number: int) -> None:
    """One behind the other, picked or mapped: length, order, numbers from either end and slices are those of a list."""
    whole = [text for texts in parts for text in texts]
    for found in (Chained(parts), Picked(whole, range(len(whole))), Mapped(str, whole)):
        assert (len(found), [*found], [*found[part]], [*found[part][:3]]) == (
            len(whole), whole, whole[part], whole[part][:3]
        )  # fmt: skip
        try:
            expected = whole[number]
        except IndexError:
            with pytest.raises(IndexError):
                found[number]
        else:
            assert found[number] == expected


def test_nothing_is_read_before_it_is_asked_for() -> None:
    """A slice of very many entries reads none of them."""
    asked = list[int]()

    def _made(number: int) -> int:
        asked.append(number)
        return number

    many = Mapped(_made, range(1 << 40))
    assert [*islice(many[1 << 30 :], 2)] == [1 << 30, (1 << 30) + 1]
    assert many[-1] == (1 << 40) - 1
    assert len(asked) == 3


def test_it_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file has no name from the start, and is closed with it; a disk without room is told."""
    monkeypatch.setattr(kept, "_HELD", 0)
    spool: Spool[str] = Spool(str)
    spool.add("a")
    assert not list(scratch_folder().iterdir())
    del spool
    gc.collect()  # an unclosed file would warn, and fail this test
    monkeypatch.setattr(lookup, "_SPARE", 1 << 60)
    with pytest.raises(TooMuch, match="the disk is full"):
        Spool[str](str).add("a")
