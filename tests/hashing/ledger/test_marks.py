import errno
import os
from pathlib import Path

import pytest

from hashing.errors import StorageFull
from hashing.ledger.mac import Mac
from hashing.ledger.marks import MARKS, LedgerMarks, read_marks


def test_half_a_mark_spoils_none_that_follows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mark that the disk took in part only is none; the next one, of this process or another, is whole."""
    mac = Mac.that_nobody_checks()
    write = os.write

    def _half(descriptor: int, data: bytes) -> int:
        write(descriptor, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    marks = LedgerMarks.create(tmp_path, mac)
    marks.add(1, bytes(32))
    for size in (2, 3):
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", _half)
            with pytest.raises(StorageFull):
                marks.add(size, bytes(32))
        if size == 2:
            marks.add(2, bytes(32))
    marks.close()
    again = LedgerMarks.open(tmp_path, mac)
    again.add(3, bytes(32))
    again.close()
    assert sorted(read_marks(tmp_path, mac)) == [1, 2, 3]
    assert (tmp_path / MARKS).read_bytes().count(b'"mac"') >= 3
