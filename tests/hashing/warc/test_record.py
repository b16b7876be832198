import contextlib
import gzip
import io
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from hashing.case.warc_file import WarcFile
from hashing.errors import BadFormat
from hashing.times import system_clock
from hashing.warc.record import (
    BODY_DIGEST,
    BODY_FILE,
    DEFLATED,
    STORED,
    check_records,
    encode_record,
    new_record_id,
    read_records,
)


def _record(block: bytes, level: int = DEFLATED, kind: str = "resource") -> bytes:
    fields = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", new_record_id()),
        ("WARC-Date", "2026-11-24T10:15:02.123Z"),
        ("WARC-Target-URI", "http://example.org/"),
        ("Content-Type", "application/octet-stream"),
    ]
    return encode_record(fields, [block], level)


@given(st.lists(st.tuples(st.binary(max_size=3000), st.sampled_from([STORED, DEFLATED])), min_size=1, max_size=8))
def test_any_blocks_come_back_with_their_digests(blocks: list[tuple[bytes, int]]) -> None:
    """Whatever the blocks, reading finds each record whole, at its offset, with the digest that it states."""
    records = [_record(block, level) for block, level in blocks]
    file = io.BytesIO(b"".join(records))
    read = list(read_records(file))
    assert [record.size for record in read] == [len(block) for block, _ in blocks]
    assert all(record.sha256 == record.claimed_sha256 for record in read)
    assert [record.end - record.offset for record in read] == [len(record) for record in records]


@pytest.mark.parametrize("level", [STORED, DEFLATED])
def test_warcio_reads_what_we_write(level: int) -> None:
    """Another's reader finds the same block and agrees with the digest."""
    block = bytes(range(256)) * 5000
    file = io.BytesIO(_record(block, level) + _record(b"", level))
    records = [record.content_stream().read() for record in ArchiveIterator(file, check_digests="raise")]
    assert records == [block, b""]


def test_warcio_check_passes_on_a_file_of_ours(tmp_path: Path) -> None:
    """The field's own checker accepts what was written in several appends and several files."""
    warc = WarcFile(tmp_path, largest=10_000)
    places = [warc.append(_record(bytes([number]) * 3000, STORED)) for number in range(8)]
    closed = warc.finish(system_clock)
    assert [event.path for event in closed[:2]] == ["exchanges-00001.warc.gz", "exchanges-00002.warc.gz"]
    assert sum(event.records for event in closed) == 8
    assert {name for name, _ in places} == {event.path for event in closed}
    files = [str(tmp_path / event.path) for event in closed]
    checked = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", "-v", *files], check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("digest pass") == 8


@pytest.mark.parametrize("position", [0, 3, 20, 200, 400, -9, -5, -1])
def test_a_flipped_bit_anywhere_is_found(position: int) -> None:
    """No byte of a record can change unnoticed."""
    data = bytearray(_record(b"a photo" * 60, STORED))
    data[position] ^= 0x10
    try:
        found = list(read_records(io.BytesIO(bytes(data))))
    except BadFormat:
        return
    original = next(read_records(io.BytesIO(_record(b"a photo" * 60, STORED))))
    # Gzip's own header holds a time and an operating system that mean nothing to us.
    assert position == 3 or any(
        record.sha256 != record.claimed_sha256 or record.fields.keys() != original.fields.keys() for record in found
    )


@pytest.mark.parametrize("cut", [1, 5, 50, 300])
def test_a_record_that_is_cut_off_is_not_whole(cut: int) -> None:
    """A torn tail is a fault, with the offset at which it begins."""
    whole = _record(b"first")
    with pytest.raises(BadFormat, match="offset"):
        check_records(io.BytesIO(whole + _record(bytes(2000), STORED)[:-cut]))


@given(st.binary(max_size=300))
def test_any_bytes_are_records_or_an_error_of_ours(data: bytes) -> None:
    """Reading foreign bytes ends in records or in BadFormat, never in another exception."""
    with contextlib.suppress(BadFormat):
        list(read_records(io.BytesIO(data)))


def test_a_line_break_in_a_field_cannot_make_another_field() -> None:
    """A hostile URL cannot smuggle a field into a record's header."""
    data = encode_record([("WARC-Type", "resource"), ("WARC-Target-URI", "http://x/\r\nWARC-Type: response")], [b""])
    record = next(read_records(io.BytesIO(data)))
    assert record.fields["warc-type"] == "resource"


def test_a_bomb_in_a_header_is_not_unpacked() -> None:
    """A member that unpacks to endless header is refused after a bounded amount."""
    bomb = gzip.compress(b"WARC/1.1\r\nX: " + bytes(64 << 20))
    with pytest.raises(BadFormat, match="no complete header"):
        list(read_records(io.BytesIO(bomb)))


def _plain(*lines: str) -> io.BytesIO:
    """Return a record with these lines in its head, and nothing in its block."""
    return io.BytesIO(gzip.compress("\r\n".join(("WARC/1.1", *lines, "Content-Length: 0", "", "", "", "")).encode()))


@pytest.mark.parametrize("name", ["WARC-Target-URI", "warc-date", "Content-Length", BODY_FILE, BODY_DIGEST])
def test_a_field_that_stands_twice(name: str) -> None:
    """Of a field that stands twice one reader would take the first and another the last: such a record is none."""
    assert len(list(read_records(_plain("WARC-Protocol: a", "WARC-Protocol: b")))) == 1
    with pytest.raises(BadFormat, match=f"has {name.lower()} twice"):
        list(read_records(_plain(f"{name}: 0", f"{name.upper()} : 0")))


def test_a_line_that_goes_on() -> None:
    """A line that begins with white space is part of the value before it, as all readers of WARC take it."""
    [record] = read_records(_plain(f"{BODY_FILE}: items/0001-a.html", "\t/../0002-b.html"))
    assert record.fields[BODY_FILE.lower()] == "items/0001-a.html /../0002-b.html"
