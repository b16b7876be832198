from __future__ import annotations

import hashlib
import unicodedata
from typing import TYPE_CHECKING

import pytest

from hashing.files.hash_list import check_list
from hashing.files.hash_list.names_here import CASE, FORM, WINDOWS

if TYPE_CHECKING:
    from pathlib import Path


def _listed(path: Path, names: list[str]) -> Path:
    lines = [f"1,{hashlib.sha256(b'a').hexdigest()},{name}" for name in names]
    path.write_text("\n".join(["%%%% HASHDEEP-1.0", "%%%% size,sha256,filename", *lines, ""]))
    return path


def test_names_of_windows_are_found(tmp_path: Path) -> None:
    """A list that was written on Windows is checked here, and it is said how many names were read that way."""
    (tmp_path / "t").mkdir()
    for name in ("foo,bar.txt", "#hash", " lead"):
        (tmp_path / "t" / name).write_bytes(b"a")
    names = ["\\t\\foo,bar.txt", "\\t\\#hash", "\\t\\ lead"]
    report = check_list(_listed(tmp_path / "win.hd", [f".{name}" for name in names]), base=tmp_path)
    assert (report.ok, report.missing, report.notes) == (3, (), ((WINDOWS, 3),))


def test_a_name_with_a_backslash_is_itself(tmp_path: Path) -> None:
    r"""Where a file is called `back\slash`, its name is read as it stands."""
    (tmp_path / "back\\slash").write_bytes(b"a")
    report = check_list(_listed(tmp_path / "list.hd", ["back\\slash"]), base=tmp_path)
    assert (report.ok, report.notes) == (1, ())


@pytest.mark.parametrize(
    ("line", "notes"),
    [
        (b"%b *t\\m\xfcll.txt\r\n", {WINDOWS: 1, "found in the encoding cp1252": 1}),
        (b"%b *t\\m\x81ll.txt\r\n", {WINDOWS: 1, "found in the encoding cp850": 1}),
        (b"%b  T\\M\xc3\x9cLL.TXT\r\n", {WINDOWS: 1, CASE: 1}),
        (f"%b  {unicodedata.normalize('NFD', 't/müll.txt')}\n".encode(), {FORM: 1}),
        (b"%b t/m\xc3\xbcll.txt\n", {}),
        (b"; made by a program\r\n%b\tt/m\xc3\xbcll.txt\r\n", {}),
    ],
)
def test_a_name_is_found_as_another_system_writes_it(tmp_path: Path, line: bytes, notes: dict[str, int]) -> None:
    """Another encoding, capital letters, another Unicode form: the file is found, and what was not as here is said."""
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "müll.txt").write_bytes(b"a")
    (tmp_path / "list").write_bytes(line % hashlib.sha256(b"a").hexdigest().encode())
    report = check_list(tmp_path / "list", base=tmp_path)
    assert (report.ok, report.complete, dict(report.notes)) == (1, True, notes)


def test_names_that_two_files_could_have_are_missing(tmp_path: Path) -> None:
    """Of two files that differ in capital letters alone, neither is guessed at."""
    for name in ("a.txt", "A.txt"):
        (tmp_path / name).write_bytes(b"a")
    (tmp_path / "list").write_text(f"{hashlib.sha256(b'a').hexdigest()}  .\\A.TXT\n")
    assert [each.path.name for each in check_list(tmp_path / "list", base=tmp_path).missing] == [".\\A.TXT"]


@pytest.mark.parametrize("name", ["C:\\case\\a.txt", "\\\\server\\share\\a.txt"])
def test_a_path_on_a_drive_of_windows_could_not_be_checked(tmp_path: Path, name: str) -> None:
    """What lay on a drive of another computer is not missing here: a sentence says what the list must name."""
    report = check_list(_listed(tmp_path / "win.hd", [name]), base=tmp_path)
    assert (report.matches, report.complete) == (True, False)
    assert "drive of Windows" in report.unreadable[0].reason
