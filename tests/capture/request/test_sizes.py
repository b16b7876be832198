from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.errors import BadSettings
from capture.request.amounts import size
from capture.run.disk_room import DiskRoom
from hashing.errors import StorageFull, Unwritable
from hashing.printable import human_size

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "count"),
    [("0", 0), ("500", 500), ("1k", 1024), ("256M", 256 << 20), (" 1.5 GiB ", 3 << 29), ("2TB", 2 << 40)],
)
def test_sizes_as_people_type_them(text: str, count: int) -> None:
    """A number alone is bytes; units are binary, in either case, with or without what people write behind them."""
    assert size(text, "--min-free") == count


@pytest.mark.parametrize("text", ["", "M", "-1", "1e9", "lots", "1.2.3", "9" * 30, "\u0661M", "inf", "nan"])
def test_what_is_no_size_is_named(text: str) -> None:
    """Anything else is an error that names the option and says how to write it."""
    with pytest.raises(BadSettings, match=r"--min-free .*not a size") as caught:
        size(text, "--min-free")
    assert "256M" in caught.value.hint


@given(st.integers(0, 1 << 60))
def test_every_size_can_be_written(count: int) -> None:
    """A number of bytes of any size becomes a short text."""
    assert human_size(count).endswith(("B", "iB"))


def test_a_disk_is_asked_now_and_then(tmp_path: Path) -> None:
    """The system is asked at first, then after some bytes or some time, and not for every piece of a body."""
    moments = iter([10.0, 10.1, 10.1, 10.3])
    room = DiskRoom(tmp_path, 1 << 62, monotonic=lambda: next(moments))
    assert [room.is_short_after(count) for count in (1, 1, 8 << 20, 1)] == [True, False, True, True]
    assert not DiskRoom(tmp_path, 0).is_short_after(1 << 40)


def test_no_room_and_no_folder_are_said(tmp_path: Path) -> None:
    """Too little room is an error with what to do; a disk that is gone is one as well."""
    DiskRoom(tmp_path, 1).demand()
    with pytest.raises(StorageFull, match=r"less than 4194304\.0 TiB are left") as caught:
        DiskRoom(tmp_path, 1 << 62).demand()
    assert "--min-free" in caught.value.hint
    with pytest.raises(Unwritable):
        DiskRoom(tmp_path / "gone", 1).demand()
