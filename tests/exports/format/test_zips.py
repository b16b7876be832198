from __future__ import annotations

import random
import shutil
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exports.bundle import export_bundle
from exports.bundle.zip_draft import ZipDraft, _move_up
from exports.errors import NotCheckable
from exports.format.zip_form import ZipEntry, end_records, read_entries
from exports.verification import Verification, verify
from tests.exports.small_case import Thing, make_case, photo
from tests.exports.tampering import pack, unpack
from tests.exports.verification.raw_zip import Raw, raw_entries, unicode_path, write_raw

if TYPE_CHECKING:
    from collections.abc import Callable

THINGS = [
    Thing("front.html", b"<p>It was dark.", kind="page", mime="text/html"),
    Thing("one.jpg", photo(1)),
    Thing("zwei-ü.jpg", photo(2)),
]
FORGED = b"<h1>The suspect never posted this</h1>"
UNPACKERS = {
    "unzip": ["unzip", "-q", "{zip}", "-d", "{out}"],
    "7z": ["7z", "x", "-y", "-bd", "-o{out}", "{zip}"],
    "bsdtar": ["bsdtar", "-x", "-f", "{zip}", "-C", "{out}"],
    "bsdtar, as a stream": ["sh", "-c", "bsdtar -x -f - -C '{out}' <'{zip}'"],
    "busybox": ["busybox", "unzip", "-q", "{zip}", "-d", "{out}"],
    "python": [sys.executable, "-m", "zipfile", "-e", "{zip}", "{out}"],
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes of a zipped bundle."""
    folder = tmp_path_factory.mktemp("whole")
    maker = make_case(folder)
    maker.capture(THINGS)
    output = folder / "bundle.zip"
    return export_bundle(maker.case, key=maker.key, officer="M", output=output, zipped=True).path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a zip that was tampered with goes."""
    return tmp_path / "bundle.zip"


def _reasons(found: Verification) -> str:
    return "; ".join([*(each.reason for each in found.problems), *(each.reason for each in found.unchecked)])


def _unpacked(tool: str, path: Path, out: Path) -> dict[str, bytes]:
    words = [word.format(zip=path, out=out) for word in UNPACKERS[tool]]
    if shutil.which(tool.partition(",")[0]) is None and tool != "python":
        pytest.skip(f"{tool} is not installed")
    out.mkdir()
    subprocess.run(words, check=True, capture_output=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    return {str(each.relative_to(out)): each.read_bytes() for each in out.rglob("*") if not each.is_dir()}


@pytest.mark.parametrize("tool", UNPACKERS)
def test_every_program_unpacks_what_was_verified(tool: str, whole: bytes, path: Path, tmp_path: Path) -> None:
    """What a program makes of a zip that verifies is, name by name and byte by byte, what was verified."""
    path.write_bytes(whole)
    assert verify(path).verdict == "ok"
    assert _unpacked(tool, path, tmp_path / "out") == unpack(whole)
    assert verify(tmp_path / "out" / "bundle").verdict == "ok"


def test_written_field_by_field_it_is_the_same(whole: bytes) -> None:
    """The zip has the one form that is documented, and no byte in it depends on when or where it was written."""
    assert write_raw(raw_entries(unpack(whole))) == whole


def _photo(entries: list[Raw], name: bytes = b"one.jpg") -> Raw:
    return next(each for each in entries if each.name.endswith(name))


def _report(entries: list[Raw]) -> Raw:
    return _photo(entries, b"data/report.html")


def _deflated(entry: Raw, behind: bytes = b"") -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    entry.method, entry.packed = 8, packer.compress(entry.data) + packer.flush() + behind


def _swapped(entries: list[Raw], *, local: bool, central: bool) -> None:
    one, two = _photo(entries), _photo(entries, "zwei-ü.jpg".encode())
    for mine, other in ((one, two), (two, one)):
        shown = unicode_path(mine.name, other.name)
        mine.extra, mine.local_extra = shown if central else b"", shown if local else b""


def _forged_report(entries: list[Raw]) -> None:
    """Have the report unpacked from a file that the verifier knows by another name."""
    report = _report(entries)
    shown = unicode_path(b"bundle/seal/x", report.name)
    entries.append(Raw(b"bundle/seal/x", FORGED, extra=shown, local_extra=shown))


def _set(name: str, value: object, of: Callable[[list[Raw]], Raw] = _report) -> Callable[[list[Raw]], None]:
    def change(entries: list[Raw]) -> None:
        setattr(of(entries), name, value)

    return change


def _same_name(entries: list[Raw]) -> None:
    entries.append(Raw(_report(entries).name, FORGED))


def _other_crc(entries: list[Raw]) -> None:
    _report(entries).crc = 1


def _streamed(entries: list[Raw]) -> None:
    """Write sizes behind the file, as a program does that writes to a pipe."""
    report = _report(entries)
    size = len(report.data)
    report.flags |= 8
    report.local_crc = report.local_size = report.local_packed_size = 0
    report.behind = struct.pack("<4s3L", b"PK\x07\x08", zlib.crc32(report.data), size, size)


CHANGES: dict[str, Callable[[list[Raw]], None]] = {
    "names swapped by both headers": lambda entries: _swapped(entries, local=True, central=True),
    "names swapped by the local headers": lambda entries: _swapped(entries, local=True, central=False),
    "names swapped by the directory": lambda entries: _swapped(entries, local=False, central=True),
    "another file unpacked as the report": _forged_report,
    "another name in the local header": _set("local_name", b"bundle/data/r2port.html"),
    "another method in the local header": _set("local_method", 8),
    "no sizes in the local header": _set("local_size", 0),
    "no packed size in the local header": _set("local_packed_size", 0),
    "no CRC in the local header": _set("local_crc", 0),
    "another version in the local header": _set("local_version", 45),
    "another time in the local header": _set("local_time", 1),
    "another date in the local header": _set("local_date", 0x5B7D),
    "a flag in the local header": _set("local_flags", 0x808),
    "bytes hidden in the local header": _set("local_extra", struct.pack("<HH", 0x9999, 60000) + b"S" * 60000),
    "bytes hidden in the directory": _set("extra", struct.pack("<HH", 0x9999, 6) + b"SECRET"),
    "a ZIP64 field that is not needed": _set("extra", struct.pack("<HHQ", 1, 8, 5)),
    "a comment": _set("comment", b"hidden"),
    "deflated": lambda entries: _deflated(_report(entries)),
    "bytes behind the end of the deflate stream": lambda entries: _deflated(_report(entries), b"HIDDEN" * 500),
    "encrypted": _set("flags", 0x801),
    "another method": _set("method", 14),
    "another system": _set("made", 0x0014),
    "another version": _set("version", 10),
    "a time": _set("time", 1),
    "a date": _set("date", 0x5B7D),
    "an internal attribute": _set("internal", 1),
    "a link": _set("mode", (stat.S_IFLNK | 0o777) << 16),
    "a device": _set("mode", stat.S_IFCHR << 16),
    "a file that runs": _set("mode", (stat.S_IFREG | 0o755) << 16),
    "an attribute of DOS": _set("mode", (stat.S_IFREG | 0o400) << 16 | 0x10),
    "a file that is written to": _set("mode", (stat.S_IFREG | 0o600) << 16),
    "sizes behind the file": _streamed,
    "bytes behind a file": _set("behind", b"hidden"),
    "another size": _set("size", 5),
    "two files of one name": _same_name,
    "an empty folder": lambda entries: entries.append(Raw(b"bundle/data/empty/", b"", mode=0o040755 << 16)),
    "a folder that is a file": lambda entries: entries.append(Raw(b"bundle/data/hidden/", b"bytes in a folder")),
    "a name with a zero byte": lambda entries: entries.append(Raw(b"bundle/data/a\0b", b"x")),
    "a name in another encoding": lambda entries: entries.append(Raw(b"bundle/data/\x83", b"x")),
    "a name that climbs": lambda entries: entries.append(Raw(b"bundle/../../x", b"x")),
    "a name with a backslash": lambda entries: entries.append(Raw(b"bundle/data\\report.html", b"x")),
    "a second top folder": lambda entries: entries.append(Raw(b"BUNDLE/data/report.html", b"x")),
    "a file in no folder": lambda entries: entries.append(Raw(b"report.html", b"x")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_zip_that_programs_could_read_otherwise_is_not_read(change: str, whole: bytes, path: Path) -> None:
    """A field that is not as goldenhour writes it ends in "could not be checked", and the hint says what to do."""
    entries = raw_entries(unpack(whole))
    CHANGES[change](entries)
    path.write_bytes(write_raw(entries))
    found = verify(path)
    assert found.verdict == "unchecked"
    assert found.files == 0
    assert any(
        words in _reasons(found) for words in ("form that goldenhour writes", "leads out", "not a bundle", "two")
    )


def test_a_wrong_crc_in_both_headers_is_a_fault(whole: bytes, path: Path) -> None:
    """A file with the sealed bytes and a wrong CRC, which some programs do not unpack, is named."""
    entries = raw_entries(unpack(whole))
    _other_crc(entries)
    path.write_bytes(write_raw(entries))
    [problem] = verify(path).problems
    assert problem.path == "data/report.html"
    assert "CRC" in problem.reason


def _moved_directory(data: bytes) -> bytes:
    """Put bytes between the files and their list, and say where the list has moved to."""
    begin = data.index(b"PK\x01\x02")
    moved = bytearray(data[:begin] + b"hidden" + data[begin:])
    struct.pack_into("<L", moved, len(moved) - 6, begin + 6)
    return bytes(moved)


def _longer_directory(data: bytes) -> bytes:
    begin = data.index(b"PK\x01\x02")
    moved = bytearray(data[:-22] + b"hidden" + data[-22:])
    struct.pack_into("<L", moved, len(moved) - 10, len(moved) - 22 - begin)
    return bytes(moved)


def _one_uncounted(data: bytes) -> bytes:
    changed = bytearray(data)
    count = struct.unpack_from("<H", data, len(data) - 12)[0] - 1
    struct.pack_into("<HH", changed, len(data) - 14, count, count)
    return bytes(changed)


def _other_order(data: bytes) -> bytes:
    """List the files in another order than they stand in."""
    entries = raw_entries(unpack(data))
    begin, directory, offset = data.index(b"PK\x01\x02"), [], 0
    for entry in entries:
        directory.append(entry.central(offset))
        offset += len(entry.local())
    return data[:begin] + b"".join(reversed(directory)) + data[-22:]


def _overlapping(data: bytes) -> bytes:
    """Let two entries of the list share one file, as bombs do."""
    changed = bytearray(data)
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 1)
    struct.pack_into("<L", changed, second + 42, 0)
    return bytes(changed)


@pytest.mark.parametrize(
    "hide",
    [
        lambda data: b"#!/bin/sh\necho owned\n" + data,
        lambda data: b"PK\x03\x04" + data,
        lambda data: data + b"hidden",
        lambda data: data[:-2] + b"\x06\x00hidden",
        lambda data: data + data[-22:],
        lambda data: data + data,
        _moved_directory,
        _longer_directory,
        _one_uncounted,
        _other_order,
        _overlapping,
    ],
)
def test_nothing_stands_outside_of_the_files(hide: Callable[[bytes], bytes], whole: bytes, path: Path) -> None:
    """Bytes before, between or behind the files, and a list in another order, are in no zip that goldenhour reads."""
    path.write_bytes(hide(whole))
    found = verify(path)
    assert found.verdict == "unchecked"
    assert "zip" in _reasons(found) or "not a case" in _reasons(found)


def test_no_byte_of_a_header_can_be_another(path: Path) -> None:
    """Whichever byte of headers, directory and end is changed, to whatever value: the zip is not read."""
    pack(path, {f"bundle/{name}": data for name, data in (("bagit.txt", b"a"), ("data/ü.txt", b""), ("x", b"ccc"))})
    data = bytearray(path.read_bytes())
    with path.open("rb") as file:
        entries = list(read_entries(file))
    own = {place for entry in entries for place in range(entry.begin, entry.begin + entry.size)}
    choose = random.Random(12)  # noqa: S311 - the same values every time
    for place in sorted(set(range(len(data))) - own):
        before = data[place]
        for value in {*(before ^ 1 << bit for bit in range(8)), choose.randrange(256), 0, 255} - {before}:
            data[place] = value
            path.write_bytes(data)
            with path.open("rb") as file, pytest.raises(NotCheckable):
                list(read_entries(file))
        data[place] = before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data[: len(data) // 2], "a zip whose end is missing or damaged; copy it anew"),
        (lambda data: data[:100], "a zip whose end is missing or damaged"),
        (lambda _: b"PK\x05\x06" + bytes(18), "not a bundle"),
        (lambda _: b"PK", "a zip whose end is missing or damaged"),
        (lambda _: b"", "not a case, a capture or a bundle"),
    ],
)
def test_what_cannot_be_read_is_said_with_what_to_do(
    change: Callable[[bytes], bytes], reason: str, whole: bytes, path: Path
) -> None:
    """A zip that is cut off, or empty, could not be checked, and the reason helps."""
    path.write_bytes(change(whole))
    found = verify(path)
    assert found.verdict == "unchecked"
    assert _reasons(found).startswith(reason)


@pytest.mark.parametrize("words", [["zip", "-rq"], ["zip", "-0rq"], ["7z", "a", "-bd"], ["bsdtar", "-acf"]])
def test_packed_again_it_is_not_ours_and_its_folder_is(
    words: list[str], whole: bytes, path: Path, tmp_path: Path
) -> None:
    """A zip that another program packed is not read; the folder that it holds is the bundle."""
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    with zipfile.ZipFile(pack(path, unpack(whole))) as archive:
        archive.extractall(tmp_path / "unpacked")
    other = tmp_path / "other.zip"
    subprocess.run([*words, str(other), "bundle"], cwd=tmp_path / "unpacked", check=True, capture_output=True)
    found = verify(other)
    assert found.verdict == "unchecked"
    assert "unpack it with another program, and verify the folder" in _reasons(found)
    assert verify(tmp_path / "unpacked" / "bundle").verdict == "ok"


def test_the_folder_in_a_zip_is_the_one_that_was_sealed(whole: bytes, path: Path) -> None:
    """A zip whose top folder was given another name is named: the seal states the bundle's name."""
    pack(path, {f"OP-BIRCH{name.removeprefix('bundle')}": data for name, data in unpack(whole).items()})
    assert "unpacks to a folder named OP-BIRCH" in _reasons(verify(path))


@pytest.mark.parametrize(
    "name", ["data/\x1b[2Jx", "data/\u202egpj.exe", "data/" + "n" * 300, "data/CON", "data/a\nb", "data/ "]
)
def test_an_odd_name_is_something_added_and_harmless_to_show(name: str, whole: bytes, path: Path) -> None:
    """A file with a name meant for terminals or other systems is named as added, and shown as text."""
    from exports.verification.summary import verification_lines

    found = verify(pack(path, {**unpack(whole), f"bundle/{name}": b"x"}))
    assert [each.path for each in found.added] == [name]
    assert all(line.isprintable() for line in verification_lines(found))


def test_a_file_beyond_4_gib_stands_in_the_zip64_form(tmp_path: Path) -> None:
    """Sizes and offsets that need 8 bytes are written and read, and other programs list the same files."""
    size = (1 << 32) + 5
    large = ZipEntry("bundle/large", size, 0, 0)
    small = ZipEntry("bundle/small", 3, zlib.crc32(b"abc"), large.begin + size)
    begin = small.begin + 3
    directory = large.central() + small.central()
    path = tmp_path / "large.zip"
    with path.open("wb") as file:  # the large file is a hole: it takes no room on the disk
        for place, data in ((0, large.local()), (small.offset, small.local() + b"abc"), (begin, directory)):
            file.seek(place)
            file.write(data)
        file.write(end_records(2, len(directory), begin))
    with path.open("rb") as file:
        assert list(read_entries(file)) == [large, small]
    with zipfile.ZipFile(path) as archive:
        assert [(each.filename, each.file_size, each.header_offset) for each in archive.infolist()] == [
            (each.name, each.size, each.offset) for each in (large, small)
        ]
        assert archive.read("bundle/small") == b"abc"
    for words in (["unzip", "-l"], ["7z", "l"], ["bsdtar", "-tvf"]):
        if shutil.which(words[0]):
            listed = subprocess.run([*words, str(path)], check=True, capture_output=True, text=True).stdout
            assert str(size) in listed


def test_more_files_than_two_bytes_count(tmp_path: Path) -> None:
    """From 65,535 files on, ZIP64's record holds their number."""
    draft = ZipDraft(tmp_path / "many.zip", "bundle")
    for number in range(0xFFFF):
        draft.add(f"{number}", [])
    draft.finish()
    with (tmp_path / "many.zip").open("rb") as file:
        assert sum(1 for _ in read_entries(file)) == 0xFFFF
    with zipfile.ZipFile(tmp_path / "many.zip") as archive:
        assert len(archive.infolist()) == 0xFFFF


def test_a_file_makes_room_for_a_longer_header(tmp_path: Path) -> None:
    """Where a file turns out larger than 4 GiB, its bytes are moved up, whatever their number."""
    for size in (0, 1, 20, (1 << 20) + 7, 3 << 20):
        path, data = tmp_path / f"{size}", random.Random(size).randbytes(size)  # noqa: S311 - the same every time
        path.write_bytes(b"head" + data)
        with path.open("r+b", buffering=0) as file:
            _move_up(file.fileno(), 4, size, 20)
        assert path.read_bytes()[24:] == data
