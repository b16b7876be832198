"""A mapping that is small in memory."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from time import sleep
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.errors import TooMuch
from exports.format import lookup
from exports.format.lookup import Lookup
from hashing.files.beside import Beside
from hashing.files.scratch import scratch_folder

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = st.text(st.characters(codec=None, categories=["L", "N", "Cs", "Cc", "So"]), max_size=4)
NUMBERS = st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-3, 3)


@pytest.mark.parametrize("held", [0, 3, 25_000])
@given(data=st.data(), texts=st.booleans())
def test_it_is_a_mapping(held: int, data: st.DataObject, *, texts: bool) -> None:
    """Whatever is set, looked up and removed, in memory or on the disk: it answers as a dict does, in order."""
    found: Lookup[str, int] | Lookup[int, int] = Lookup(str) if texts else Lookup(int)
    known: dict[str | int, int] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup, "HELD", held)
        for key, value in data.draw(st.lists(st.tuples(TEXTS if texts else NUMBERS, st.integers(0, 9)))):
            if value:
                found[key] = known[key] = value  # type: ignore[index]
            else:
                assert found.pop(key, None) == known.pop(key, None)  # type: ignore[call-overload]
            assert (key in found, found.get(key)) == (key in known, known.get(key))  # type: ignore[call-overload]
        assert [*found.pairs()] == sorted(known.items())
        assert len(found) == len(known)
        if texts:
            prefix = data.draw(TEXTS)
            assert [*found.below(prefix)] == sorted(each for each in known if str(each).startswith(prefix))


def test_a_number_of_any_size_is_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger's ledger may number an exchange beyond what SQLite has for a number."""
    monkeypatch.setattr(lookup, "HELD", 0)
    found = Lookup[int, int](int)
    found[1 << 70] = 7
    assert (found[1 << 70], [*found.pairs()]) == (7, [(1 << 70, 7)])


def test_a_value_that_no_table_has_a_place_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger's ledger may count records beyond what SQLite has for a number: that is no crash."""
    monkeypatch.setattr(lookup, "HELD", 0)
    with pytest.raises(TooMuch, match="64 bits"):
        Lookup[str, int](str)["a"] = 1 << 70


def test_it_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its table has no name from the start, and a copy of the process is not let at it."""
    monkeypatch.setattr(lookup, "HELD", 0)
    found = Lookup[str, str](str)
    found["a"] = "b"
    assert found.on_disk
    assert not list(scratch_folder().iterdir())
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(RuntimeError, match="another process"):
        found.get("a")
    with pytest.raises(RuntimeError, match="another process"):
        found["c"] = "d"


def test_a_copy_of_the_process_has_its_own_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was in memory when the process was copied may outgrow it in the copy, and here as well."""
    found = Lookup[str, str](str)
    found["a"] = "b"

    def _grown() -> dict[str, str]:
        monkeypatch.setattr(lookup, "HELD", 0)
        found[str(os.getpid())] = "c"
        return dict(found.pairs())

    copy = Beside(_grown, dict[str, str])
    number = copy._copy
    assert copy.result() == {"a": "b", str(number): "c"}
    assert _grown() == {"a": "b", str(os.getpid()): "c"}


def test_one_thread_at_a_time_asks_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's statements are shared by the threads of a process: two at once could get each other's answer."""
    monkeypatch.setattr(lookup, "HELD", 0)
    found = Lookup[str, str](str)
    for number in range(20):
        found[str(number)] = f"v{number}"
    table, asked, together = found._own_table(), Lock(), list[str]()

    class _Watched:
        def execute(self, sql: str, values: tuple[bytes, ...]) -> object:
            if not asked.acquire(blocking=False):
                together.append(sql)
                return table.execute(sql, values)
            sleep(0.001)  # others come meanwhile
            asked.release()
            return table.execute(sql, values)

    monkeypatch.setattr(found, "_table", _Watched())
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda number: found[str(number)], range(20))) == [f"v{number}" for number in range(20)]
    assert not together


def test_it_is_told_where_the_disk_has_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a full disk nor a folder that cannot be made is a crash: both are said, and what to do."""
    monkeypatch.setattr(lookup, "HELD", 0)
    monkeypatch.setattr(lookup, "_SPARE", 1 << 60)
    with pytest.raises(TooMuch, match="the disk is full") as refused:
        Lookup[str, str](str)["a"] = "b"
    assert "XDG_CACHE_HOME" in refused.value.hint
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(TooMuch, match="no room"):
        Lookup[str, str](str)["a"] = "b"
