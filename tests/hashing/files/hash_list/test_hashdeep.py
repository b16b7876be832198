from __future__ import annotations

import os
import tempfile
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashing.errors import BadFormat
from hashing.files.digest import Digest
from hashing.files.hash_list.entry import ListEntry
from hashing.files.hash_list.hashdeep import HashdeepForm, HashdeepReader
from hashing.files.read import FileDigests
from tests.hashing.files.hash_list.judges import (
    HARD_NAMES,
    all_ok,
    any_name,
    bytes_names,
    check_files,
    fill,
    flip_a_bit,
    list_files,
    needs,
    run,
    spiteful_name,
)

MD5, SHA256 = Digest.of_bytes(b"x", "md5"), Digest.of_bytes(b"x")


def _can_be_listed(name: bytes) -> bool:
    return b"\n" not in name and not name.endswith(b"\r")


def _made(folder: Path, names: list[bytes]) -> Path:
    folder.mkdir()
    fill(folder, filter(_can_be_listed, names))
    return folder


@needs("hashdeep")
@bytes_names
@pytest.mark.parametrize("top", ["files", "./files", "."])
@pytest.mark.parametrize("algorithms", [["sha256"], ["md5", "sha256"], ["sha256", "sha1", "md5"]])
def test_hashdeep_accepts_our_list(tmp_path: Path, algorithms: list[str], top: str) -> None:
    """Its audit passes with every name in its place, however the folder is spelt; a flipped bit fails it."""
    folder = _made(tmp_path / "files", HARD_NAMES)
    here = folder if top == "." else tmp_path
    path = list_files(here, [os.fsencode(top)], form="hashdeep", algorithms=algorithms)
    audit = ("hashdeep", "-r", "-l", "-a", "-vv", "-k", str(path), top)
    passed = run(here, *audit)
    assert passed.returncode == 0, passed.stdout
    assert b"Files matched: %d\n" % len(list(folder.iterdir())) in passed.stdout
    flip_a_bit(folder / "back\\slash")
    assert run(here, *audit).returncode == 1


@needs("hashdeep")
@bytes_names
@pytest.mark.parametrize(
    "columns", ["md5", "sha256", "md5,sha256", "sha1,sha256,md5", "md5,sha1,sha256,tiger,whirlpool"]
)
def test_we_accept_what_hashdeep_writes(tmp_path: Path, columns: str) -> None:
    """Its list holds for us, with absolute or relative names; a flipped bit is refused."""
    folder = _made(tmp_path / "files", HARD_NAMES)
    path = tmp_path / "their.list"
    for relative in ([], ["-l"]):
        path.write_bytes(run(folder, "hashdeep", "-c", columns, "-r", *relative, ".").stdout)
        assert check_files(folder, path) == all_ok(len(list(folder.iterdir())))
    flip_a_bit(folder / "plain.jpg")
    (altered,) = check_files(folder, path).altered
    assert altered.path == Path("plain.jpg")
    assert {digest.algorithm for digest in altered.expected} == {"md5", "sha1", "sha256"} & set(columns.split(","))


@needs("hashdeep")
@bytes_names
@settings(deadline=None, max_examples=40)
@given(st.lists((any_name | spiteful_name).filter(_can_be_listed), min_size=1, max_size=8, unique=True))
def test_any_names_go_to_hashdeep_and_back(names: list[bytes]) -> None:
    """Whatever bytes a name is made of, if the form can hold it, hashdeep accepts our list and we accept its."""
    with tempfile.TemporaryDirectory() as made:
        folder = _made(Path(made) / "files", names)
        path = list_files(folder, form="hashdeep", algorithms=["md5", "sha256"])
        audit = run(folder, "hashdeep", "-r", "-l", "-a", "-vv", "-k", str(path), ".")
        assert audit.returncode == 0, audit.stdout
        path.write_bytes(run(folder, "hashdeep", "-r", "-l", ".").stdout)
        assert check_files(folder, path) == all_ok(len(names))


@needs("hashdeep")
@pytest.mark.parametrize("length", [2045, 2046, 2047, 2048])
def test_the_longest_line_is_what_hashdeep_can_read(tmp_path: Path, length: int) -> None:
    """A line as long as hashdeep's own buffer is written and accepted, and one byte more is a reason instead."""
    short = len(b"1,,") + 64
    folder, name = tmp_path, ""
    while len(name) + short < length - 201:
        name += "n" * 200 + "/"
    (folder / name).mkdir(parents=True)
    name += "n" * (length - short - len(name))
    (folder / name).write_bytes(b"x")
    form = HashdeepForm(["sha256"])
    file = FileDigests(Path(name), 1, (SHA256,))
    if length > 2046:
        with pytest.raises(BadFormat, match="2046"):
            form.line(name.encode(), file)
        return
    line = form.line(name.encode(), file)
    assert len(line) == length + 1
    (folder / "list").write_bytes(form.head() + line)
    audit = run(folder, "hashdeep", "-l", "-a", "-vv", "-k", "list", name)
    assert audit.returncode == 0, audit.stdout


@pytest.mark.parametrize("name", [b"new\nline", b"\n", b"return at the end\r"])
def test_a_name_that_hashdeep_would_misread_is_refused(name: bytes) -> None:
    """A newline would break the list, and hashdeep drops a carriage return at the end: neither is written."""
    with pytest.raises(BadFormat, match="hashdeep lists cannot hold"):
        HashdeepForm(["sha256"]).line(name, FileDigests(Path("x"), 1, (SHA256,)))


def test_algorithms_that_hashdeep_does_not_know_are_refused_at_once() -> None:
    """A list that hashdeep could not read is not begun."""
    with pytest.raises(BadFormat, match="does not know sha512, blake2b") as caught:
        HashdeepForm(["sha256", "sha512", "blake2b"])
    assert "md5, sha1, sha256" in caught.value.hint


@pytest.mark.parametrize("columns", list(permutations(["size", "md5", "filename", "sha256"])))
def test_columns_may_stand_in_any_order(columns: tuple[str, ...]) -> None:
    """The head says what is where, and a name with commas is what the other columns leave."""
    fields = {"size": "7", "md5": MD5.hex, "filename": ",a,b,", "sha256": SHA256.hex.upper()}
    reader = HashdeepReader()
    assert reader.read(1, b"%%%% HASHDEEP-1.0") is None
    assert reader.read(2, b"%%%% " + ",".join(columns).encode()) is None
    entry = reader.read(3, ",".join(fields[name] for name in columns).encode())
    digests = tuple({"md5": MD5, "sha256": SHA256}[name] for name in columns if name in {"md5", "sha256"})
    assert entry == ListEntry(3, Path(",a,b,"), digests, 7)


def test_columns_that_we_do_not_know_are_ignored() -> None:
    """Tiger, Whirlpool and what may come stand beside the rest without harm, and the size may be absent."""
    reader = HashdeepReader()
    reader.read(1, b"%%%% tiger,SHA256,whirlpool,filename,colour")
    assert reader.read(2, f"1,{SHA256.hex},,name,red".encode()) == ListEntry(2, Path("name"), (SHA256,))


def test_a_head_in_the_middle_begins_anew() -> None:
    """Lists that were joined into one file are read each by its own columns."""
    reader = HashdeepReader()
    for head in (b"%%%% HASHDEEP-1.0", b"%%%% size,md5,filename"):
        reader.read(1, head)
    assert reader.read(3, f"1,{MD5.hex},a".encode()) == ListEntry(3, Path("a"), (MD5,), 1)
    for head in (b"%%%% HASHDEEP-1.0", b"%%%% sha256,filename"):
        reader.read(4, head)
    assert reader.read(6, f"{SHA256.hex},a".encode()) == ListEntry(6, Path("a"), (SHA256,))


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["%%%% HASHDEEP-2.0"], "HASHDEEP-2.0 is not HASHDEEP-1.0"),
        (["%%%% HASHDEEP-1.0", "1,2,3"], "no line before it names the columns"),
        (["%%%% size,md5"], "do not name the file once"),
        (["%%%% filename,md5,filename"], "do not name the file once"),
        (["%%%% size,size,md5,filename"], "name something twice"),
        (["%%%% size,tiger,filename"], "no hash algorithm"),
        (["%%%% size,md5,filename", "1,2"], "2 fields where the head names 3"),
        (["%%%% size,md5,filename", f"-1,{MD5.hex},a"], "size is not a number"),
        (["%%%% size,md5,filename", f"{'9' * 5000},{MD5.hex},a"], "size is not a number"),
        (["%%%% size,md5,filename", f"1,{SHA256.hex},a"], "not a md5 value"),
        (["%%%% size,md5,filename", "1,,a"], "not a md5 value"),
        (["%%%% size,md5,filename", f"1,{MD5.hex},"], "no file name"),
    ],
)
def test_a_line_that_is_not_understood_says_why(lines: list[str], reason: str) -> None:
    """Each way to be wrong has its own reason."""
    reader = HashdeepReader()
    *before, last = lines
    for number, line in enumerate(before, 1):
        reader.read(number, line.encode())
    with pytest.raises(BadFormat, match=reason):
        reader.read(len(lines), last.encode())
