from __future__ import annotations

import copy
import io
import stat
import struct
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exports.bundle import export_bundle
from exports.format.zip_layout import strays
from exports.verification import Verification, verify
from tests.exports.small_case import Thing, make_case, photo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Entries = Iterable[tuple[zipfile.ZipInfo, bytes]]

THINGS = [Thing("front.html", b"<p>It was dark.", kind="page", mime="text/html"), Thing("one.jpg", photo(1))]


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


def _entries(data: bytes) -> Iterator[tuple[zipfile.ZipInfo, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            yield info, archive.read(info)


def _pack(path: Path, entries: Entries, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for info, data in entries:
            archive.writestr(info, data, compression)
    return path


def _reasons(found: Verification) -> str:
    return "; ".join([*(each.reason for each in found.problems), *(each.reason for each in found.unchecked)])


def _directory(data: bytes) -> list[int]:
    """Return the offsets of the entries in the zip's list of files."""
    found, position = [], 0
    while (position := data.find(b"PK\x01\x02", position)) >= 0:
        found.append(position)
        position += 1
    return found


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_packed_again_it_is_the_same_bundle(whole: bytes, path: Path, compression: int) -> None:
    """Whoever unpacks a bundle and packs it again, in whatever way is read here, has changed nothing."""
    assert verify(_pack(path, _entries(whole), compression)).verdict == "ok"


def test_other_programs_pack_it_as_well(whole: bytes, path: Path, tmp_path: Path) -> None:
    """What Info-ZIP makes of the unpacked folder, streamed with data descriptors too, is whole."""
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        archive.extractall(tmp_path / "unpacked")
    for words in (["-rq", str(path)], ["-rqfd", str(tmp_path / "descriptors.zip")]):
        try:
            subprocess.run(["zip", *words, "bundle"], cwd=tmp_path / "unpacked", check=True)
        except FileNotFoundError:
            pytest.skip("zip is not installed")
    assert verify(path).verdict == "ok"
    assert verify(tmp_path / "descriptors.zip").verdict == "ok"


def test_a_streamed_zip_is_whole(whole: bytes, path: Path) -> None:
    """A zip that was written to a pipe, with sizes behind each file, is whole."""

    class _Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override] # what a zip is written with
            self.data += data
            return len(data)

    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for info, data in _entries(whole):
            archive.writestr(info.filename, data)
    path.write_bytes(pipe.data)
    assert verify(path).verdict == "ok"


def _before(data: bytes) -> bytes:
    return b"#!/bin/sh\necho owned\n" + data


def _behind(data: bytes) -> bytes:
    return data + b"hidden"


def _commented(data: bytes) -> bytes:
    return data[:-2] + b"\x06\x00hidden"


def _gap(data: bytes) -> bytes:
    """Put bytes between the files and their list, and say where the list has moved to."""
    begin = _directory(data)[0]
    moved = bytearray(data[:begin] + b"hidden" + data[begin:])
    struct.pack_into("<L", moved, len(moved) - 6, begin + 6)
    return bytes(moved)


def _after_list(data: bytes) -> bytes:
    """Put bytes between the list of files and the record that ends a zip; readers find the list all the same."""
    begin = _directory(data)[0]
    moved = bytearray(data[:-22] + b"hidden" + data[-22:])
    struct.pack_into("<L", moved, len(moved) - 10, len(moved) - 22 - begin)
    return bytes(moved)


@pytest.mark.parametrize(
    ("hide", "reason"),
    [
        (_before, "21 bytes at offset 0 of the zip belong to no file"),
        (_behind, "behind its list of files"),
        (_commented, "behind its list of files"),
        (_gap, "6 bytes at offset"),
    ],
)
def test_bytes_outside_of_all_files_are_something_added(
    hide: Callable[[bytes], bytes], reason: str, whole: bytes, path: Path
) -> None:
    """What a zip carries besides its files is a mismatch, although no digest covers it and no tool shows it."""
    path.write_bytes(hide(whole))
    found = verify(path)
    assert found.verdict == "mismatch"
    assert reason in _reasons(found)


def test_bytes_that_the_list_itself_covers_do_not_pass(whole: bytes, path: Path) -> None:
    """A list of files that is longer than its entries is no zip that is called whole."""
    path.write_bytes(_after_list(whole))
    assert verify(path).verdict != "ok"


def test_a_comment_on_one_file_is_something_added(whole: bytes, path: Path) -> None:
    """Each file of a zip can have a comment; ours have none."""
    entries = list(_entries(whole))
    entries[2][0].comment = b"hidden"
    found = verify(_pack(path, entries))
    assert "a comment of 6 bytes on one of its files" in _reasons(found)


def test_two_files_in_one_place(whole: bytes, path: Path) -> None:
    """Entries that share their bytes, as bombs do, are a fault, whatever they unpack to."""
    data = bytearray(whole)
    first, second, *_ = _directory(whole)
    struct.pack_into("<L", data, second + 42, struct.unpack_from("<L", data, first + 42)[0])
    path.write_bytes(data)
    assert verify(path).verdict in {"mismatch", "unchecked"}
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        told = list(strays(file, archive.infolist(), archive.start_dir))
    assert "two of its files stand in the same place, at offset 0 of the zip" in told


@pytest.mark.parametrize(
    ("mode", "found"),
    [(stat.S_IFLNK | 0o777, "symbolic link"), (stat.S_IFIFO | 0o644, "special file"), (stat.S_IFCHR, "special file")],
)
def test_an_entry_of_another_kind_is_not_the_file(mode: int, found: str, whole: bytes, path: Path) -> None:
    """A photo whose entry says that it is a link, a pipe or a device is altered, though its bytes are the same."""
    entries = []
    for info, data in _entries(whole):
        made = copy.copy(info)
        if info.filename.endswith("one.jpg"):
            made.external_attr = mode << 16
        entries.append((made, data))
    [altered] = verify(_pack(path, entries)).altered
    assert altered.path.endswith("items/0002-one.jpg")
    assert altered.found == found


@pytest.mark.parametrize(
    ("name", "mode", "data"),
    [("hidden/", 0, b"bytes in a folder"), ("link/", stat.S_IFLNK | 0o777, b""), ("pipe/", stat.S_IFIFO, b"")],
)
def test_a_folder_that_is_more_than_a_folder(name: str, mode: int, data: bytes, whole: bytes, path: Path) -> None:
    """A folder entry that holds bytes or is of another kind was added; an empty folder is nothing."""
    entries = list(_entries(whole))
    made = zipfile.ZipInfo(f"bundle/data/{name}")
    made.external_attr = mode << 16
    found = verify(_pack(path, [*entries, (made, data)]))
    assert [(each.path, each.found) for each in found.added] == [
        (f"data/{name}", "symbolic link" if stat.S_ISLNK(mode) else "special file")
    ]
    assert verify(_pack(path, [*entries, (zipfile.ZipInfo("bundle/data/empty/"), b"")])).verdict == "ok"


def test_two_entries_of_one_name(whole: bytes, path: Path) -> None:
    """Where one name stands for two files, readers differ in which they take: it cannot be checked."""
    entries = list(_entries(whole))
    double = next(info for info, _ in entries if info.filename.endswith("manifest.json"))
    with pytest.warns(UserWarning, match="Duplicate name"):
        _pack(path, [*entries, (copy.copy(double), b"{}")])
    found = verify(path)
    assert found.verdict == "unchecked"
    assert "data/manifest.json is in it twice" in _reasons(found)


def test_a_name_with_a_zero_byte(whole: bytes, path: Path) -> None:
    """A name that some readers cut off at a zero byte is refused as it stands there."""
    path.write_bytes(_pack(path, [*_entries(whole), (zipfile.ZipInfo("bundle/ab"), b"x")]).read_bytes())
    path.write_bytes(path.read_bytes().replace(b"bundle/ab", b"bundle/\0b"))
    found = verify(path)
    assert found.verdict == "unchecked"
    assert "leads out of the bundle" in _reasons(found)


@pytest.mark.parametrize(
    "name", ["data/\x1b[2Jx", "data/\u202egpj.exe", "data/" + "n" * 300, "data/CON", "data/a\nb", "data/ "]
)
def test_an_odd_name_is_something_added_and_harmless_to_show(name: str, whole: bytes, path: Path) -> None:
    """A file with a name meant for terminals or other systems is named as added, and shown as text."""
    from commands.display.tables import verification_lines

    found = verify(_pack(path, [*_entries(whole), (zipfile.ZipInfo(f"bundle/{name}"), b"x")]))
    assert [each.path for each in found.added] == [name]
    assert all(line.isprintable() for line in verification_lines(found))


def _flagged(data: bytes) -> bytes:
    """Set the bit that says that a file is encrypted."""
    changed = bytearray(data)
    for entry in _directory(data):
        changed[entry + 8] |= 1
    return bytes(changed)


def _by_method(method: int) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        changed = bytearray(data)
        struct.pack_into("<H", changed, _directory(data)[-1] + 10, method)
        return bytes(changed)

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_flagged, "encrypted; unpack it with its password"),
        (_by_method(14), "packed by method 14, which is not read here; unpack it"),
        (_by_method(99), "packed by method 99"),
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
    """A zip that is encrypted, packed in another way or cut off could not be checked, and the reason helps."""
    path.write_bytes(change(whole))
    found = verify(path)
    assert found.verdict == "unchecked"
    assert _reasons(found).startswith(reason)


@pytest.mark.parametrize("field", [20, 24, 42])
@pytest.mark.parametrize("value", [0, 5, 0x7FFFFFFF, 0xFFFFFFF0])
def test_a_list_that_lies_about_a_file(field: int, value: int, whole: bytes, path: Path) -> None:
    """Wrong sizes and offsets in the list of files never pass and never end in an exception."""
    data = bytearray(whole)
    struct.pack_into("<L", data, _directory(whole)[3] + field, value)
    path.write_bytes(data)
    assert verify(path).verdict in {"mismatch", "unchecked"}


def test_a_zip64_bomb_is_not_unpacked(path: Path) -> None:
    """A size of terabytes, which only ZIP64 can state, is refused by its sum before anything is unpacked."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bundle/bagit.txt", b"BagIt-Version: 1.0\n")
        with archive.open("bundle/data/zeros", "w", force_zip64=True) as entry:
            entry.write(bytes(1 << 20))
        archive.getinfo("bundle/data/zeros").file_size = 1 << 42
    found = verify(path)
    assert found.verdict == "unchecked"
    assert "zip bomb" in _reasons(found)


def test_a_name_that_is_not_in_its_encoding(whole: bytes, path: Path) -> None:
    """A file whose own head says UTF-8 and is not never passes and never ends in an exception."""
    data = bytearray(whole)
    head = data.index(b"PK\x03\x04", 4)
    struct.pack_into("<H", data, head + 6, 1 << 11)
    data[head + 40] = 0x83
    path.write_bytes(data)
    assert verify(path).verdict in {"mismatch", "unchecked"}
