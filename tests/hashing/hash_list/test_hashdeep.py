from __future__ import annotations

import tempfile
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashing.digest import Digest
from hashing.errors import BadFormat
from hashing.hash_list.entry import Entry
from hashing.hash_list.hashdeep import HashdeepForm, HashdeepReader
from hashing.read import FileDigests
from tests.hashing.hash_list.judges import (
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

BOTH = (Digest.of_bytes(b"x", "md5"), Digest.of_bytes(b"x"))


def _can_be_listed(name: bytes) -> bool:
    return b"\n" not in name and not name.endswith(b"\r")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of files with those hard names that hashdeep can hold."""
    made = tmp_path / "files"
    made.mkdir()
    fill(made, filter(_can_be_listed, HARD_NAMES))
    return made


@needs("hashdeep")
@bytes_names
@pytest.mark.parametrize("algorithms", [["sha256"], ["md5", "sha256"], ["sha256", "sha1", "md5"]])
def test_hashdeep_accepts_our_list(folder: Path, algorithms: list[str]) -> None:
    """Its audit passes with every name in its place, in whatever order the columns are; a flipped bit fails it."""
    path = list_files(folder, form="hashdeep", algorithms=algorithms)
    audit = run(folder, "hashdeep", "-r", "-l", "-a", "-v", "-k", str(path), ".")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\n"))
    assert b"Files moved: " in audit.stdout
    within = run(folder.parent, "hashdeep", "-r", "-l", "-a", "-v", "-k", "our.list", "files")
    assert within.returncode != 2
