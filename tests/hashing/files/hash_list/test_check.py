from __future__ import annotations

import os
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest

from hashing.errors import BadFormat, Unreadable
from hashing.files.digest import Digest
from hashing.files.hash_list import BadLine, CheckReport, ListedAltered, ListedMissing, check_list, write_list
from hashing.files.read import UnreadFile
from tests.hashing.files.hash_list.judges import flip_a_bit
from tests.hashing.permissions import as_nobody

NOT_A_LINE = "neither a hash value and a name, nor a tagged line such as SHA256 (name) = 9f86…"


def _sha256(data: bytes) -> Digest:
    return Digest.of_bytes(data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with three files, each with its name for content."""
    made = tmp_path / "files"
    made.mkdir()
    for name in ("one", "two", "three"):
        (made / name).write_bytes(name.encode())
    return made


@pytest.fixture
def listed(folder: Path) -> Path:
    """Return a list of the three files, by relative names, beside their folder."""
    path = folder.with_name("list")
    with path.open("wb") as output, chdir(folder):
        write_list(["one", "two", "three"], output)
    return path


def test_every_fault_is_reported_by_name(folder: Path, listed: Path) -> None:
    """Altered, missing, unreadable and not understood: all of them, not only the first."""
    flip_a_bit(folder / "one")
    (folder / "two").unlink()
    os.mkfifo(folder / "pipe")
    with listed.open("ab") as file:
        file.write(b"rubbish\n" + _sha256(b"").hex.encode() + b"  pipe\n" + _sha256(b"").hex.encode() + b"  .\n")
    assert check_list(listed, base=folder) == CheckReport(
        ok=1,
        altered=(ListedAltered(Path("one"), (_sha256(b"one"),), (_sha256(b"ooe"),), None, 3),),
        missing=(ListedMissing(Path("two"), (_sha256(b"two"),)),),
        unreadable=(
            UnreadFile(Path("pipe"), "a named pipe, not a regular file"),
            UnreadFile(Path(), "a folder, not a regular file"),
        ),
        bad_lines=(BadLine(4, NOT_A_LINE),),
    )


def test_the_report_says_whether_it_matches_and_whether_it_is_complete(folder: Path, listed: Path) -> None:
    """Does not match, and could not be checked, are two things."""
    whole = check_list(listed, base=folder)
    assert (whole.ok, whole.matches, whole.complete) == (3, True, True)
    with listed.open("ab") as file:
        file.write(b"rubbish\n")
    unsure = check_list(listed, base=folder)
    assert (unsure.matches, unsure.complete) == (True, False)
    (folder / "one").unlink()
    wrong = check_list(listed, base=folder)
    assert (wrong.matches, wrong.complete) == (False, False)


def test_names_are_relative_to_the_current_folder(folder: Path, listed: Path) -> None:
    """As with sha256sum -c, it matters where one stands."""
    with chdir(folder):
        assert check_list(listed).ok == 3
    with chdir(folder.parent):
        assert len(check_list(listed).missing) == 3


def test_absolute_names_and_names_that_climb_are_followed(folder: Path) -> None:
    """The list is the user's own, as with sha256sum; so are links in what it names."""
    (folder / "link").symlink_to(folder / "one")
    path = folder / "list"
    path.write_text(
        f"{_sha256(b'one').hex}  {folder}/one\n{_sha256(b'two').hex}  ../files/two\n{_sha256(b'one').hex}  link\n"
    )
    assert check_list(path, base=folder).ok == 3


def test_every_value_of_a_file_is_checked_in_one_reading(folder: Path) -> None:
    """One wrong value among several is found, and the lines about one file that stand together are one file."""
    path = folder / "list"
    right = [Digest.of_bytes(b"one", name) for name in ("md5", "sha1", "sha256", "sha512", "blake2b")]
    tags = ("MD5", "SHA1", "SHA256", "SHA512", "BLAKE2b")
    lines = [f"{tag} (one) = {digest.hex}\n" for tag, digest in zip(tags, right, strict=True)]
    path.write_text("".join(lines))
    told: list[int] = []
    assert check_list(path, base=folder, progress=told.append) == CheckReport(1, (), (), (), ())
    assert sum(told) == 3
    wrong = Digest.of_bytes(b"other", "sha1")
    path.write_text("".join(lines).replace(right[1].hex, wrong.hex))
    (altered,) = check_list(path, base=folder).altered
    assert altered == ListedAltered(Path("one"), (wrong,), (right[1],), None, 3)


def test_a_plain_list_of_b2sum_is_not_taken_for_one_of_sha512sum(folder: Path) -> None:
    """A value of 128 digits without a name may be of either; a file that fits one of them is as listed."""
    path = folder / "list"
    one, two = Digest.of_bytes(b"one", "blake2b"), Digest.of_bytes(b"two", "sha512")
    path.write_text(f"{one.hex}  one\n{two.hex} *two\n")
    assert check_list(path, base=folder).ok == 2
    flip_a_bit(folder / "one")
    [altered] = check_list(path, base=folder).altered
    assert (altered.path, altered.expected[0].hex) == (Path("one"), one.hex)
    path.write_text(f"SHA512 (two) = {Digest.of_bytes(b'two', 'blake2b').hex}\n")
    assert len(check_list(path, base=folder).altered) == 1


def test_lines_that_contradict_each_other_cannot_both_hold(folder: Path) -> None:
    """A file listed twice with different values is altered by one of them."""
    path = folder / "list"
    path.write_text(f"{_sha256(b'one').hex}  one\n{_sha256(b'other').hex}  one\n")
    (altered,) = check_list(path, base=folder).altered
    assert altered.expected == (_sha256(b"other"),)


def test_a_wrong_size_is_a_fault_too(folder: Path) -> None:
    """What a list states of the size is checked as well."""
    path = folder / "list"
    path.write_text(f'{{"path":"one","size":4,"sha256":"{_sha256(b"one").hex}"}}\n')
    assert check_list(path, base=folder).altered == (ListedAltered(Path("one"), (), (), 4, 3),)


def test_a_file_that_may_not_be_read_is_not_missing(folder: Path, listed: Path) -> None:
    """Without permission nothing can be said about a file, and that is said."""
    (folder / "two").chmod(0)
    folder.parent.chmod(0o755)
    listed.chmod(0o644)
    with as_nobody(folder):
        report = check_list(Path("../list"))
    assert report == CheckReport(2, (), (), (UnreadFile(Path("two"), "permission denied"),), ())


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"# nothing but a comment\n", b"%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n"]
)
def test_an_empty_list_is_not_a_good_one(tmp_path: Path, data: bytes) -> None:
    """A list that names no file has checked nothing, and is an error, not a success."""
    (tmp_path / "list").write_bytes(data)
    with pytest.raises(BadFormat, match="list: names no file"):
        check_list(tmp_path / "list")


def test_what_is_no_list_is_refused(tmp_path: Path) -> None:
    """A photo named by mistake is refused with the first reason, and a huge one is not read to its end."""
    path = tmp_path / "photo"
    for data in (b"\xff\xd8\xff\xe0 photo", b"\xff\xd8\xff\xe0" + b"\n\xff" * 100_000):
        path.write_bytes(data)
        with pytest.raises(BadFormat, match="photo: not a hash list; line 1: neither"):
            check_list(path)
    path.write_bytes("\ufeffx".encode("utf-16-le"))
    with pytest.raises(BadFormat, match="photo: the list is in UTF-16"):
        check_list(path)


def test_a_list_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """No such list, or a folder in its place, is an error that names it."""
    with pytest.raises(Unreadable, match="nothing: no such file"):
        check_list(tmp_path / "nothing")
    with pytest.raises(Unreadable, match="is a directory"):
        check_list(tmp_path)


def test_a_list_may_come_through_a_pipe(folder: Path, listed: Path) -> None:
    """What another program hands over is checked like a file."""
    program = "import sys; from pathlib import Path; from hashing.files.hash_list import check_list\n"
    program += "print(check_list(Path('/dev/stdin'), base=Path(sys.argv[1])).ok)\n"
    root = Path(__file__).parents[4]
    checked = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        cwd=root,
        input=listed.read_bytes(),
        capture_output=True,
        check=True,
    )
    assert checked.stdout == b"3\n"


def test_a_long_list_keeps_its_order(tmp_path: Path) -> None:
    """Thousands of files, good and bad, are each judged by their own line."""
    lines = []
    for number in range(3000):
        name = f"{number:05}"
        if number % 100:
            (tmp_path / name).write_bytes(name.encode())
        lines.append(f"{_sha256(name.encode() if number % 50 else b'').hex}  {name}\n")
    (tmp_path / "list").write_text("".join(lines))
    report = check_list(tmp_path / "list", base=tmp_path)
    assert report.ok == 3000 - 60
    assert [str(fault.path) for fault in report.missing] == [f"{number:05}" for number in range(0, 3000, 100)]
    assert [str(fault.path) for fault in report.altered] == [f"{number:05}" for number in range(50, 3000, 100)]
