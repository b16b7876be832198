import errno
import os
from pathlib import Path

import pytest

from hashing.case.warc_file import WarcFile
from hashing.errors import StorageFull
from hashing.times import system_clock
from hashing.warc.record import DEFLATED, encode_record, new_record_id


def _record() -> bytes:
    fields = [
        ("WARC-Type", "resource"),
        ("WARC-Record-ID", new_record_id()),
        ("WARC-Date", "2026-11-30T10:15:02Z"),
        ("WARC-Target-URI", "http://example.org/"),
        ("Content-Type", "text/plain"),
    ]
    return encode_record(fields, [b"words"], DEFLATED)


def test_a_file_whose_name_may_not_last_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the folder cannot be synced, no file stays that nobody speaks of, and the next record begins one."""

    def _full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    warc = WarcFile(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", _full)
        with pytest.raises(StorageFull):
            warc.append(_record())
    assert list(tmp_path.iterdir()) == []
    assert warc.finish(system_clock) == []
    record = _record()
    assert warc.append(record) == ("exchanges-00001.warc.gz", 0)
    [closed] = warc.finish(system_clock)
    assert (closed.path, closed.size, closed.records) == ("exchanges-00001.warc.gz", len(record), 1)
