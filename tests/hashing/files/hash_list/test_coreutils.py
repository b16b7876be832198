from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashing.errors import BadFormat
from hashing.files.digest import HEX_DIGITS, Digest
from hashing.files.hash_list.coreutils import CoreutilsForm, parse_line
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

TOOLS = {"md5": "md5sum", "sha1": "sha1sum", "sha256": "sha256sum", "sha512": "sha512sum", "blake2b": "b2sum"}

VALUE = "9f" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of files with hard names."""
    made = tmp_path / "files"
    made.mkdir()
    fill(made, HARD_NAMES)
    return made


@needs(*TOOLS.values())
@bytes_names
@pytest.mark.parametrize("algorithm", TOOLS)
def test_each_tool_accepts_our_list_of_its_algorithm(folder: Path, algorithm: str) -> None:
    """Every hard name in our list is found by the tool itself, and a flipped bit is refused."""
    path = list_files(folder, algorithms=[algorithm])
    accepted = run(folder, TOOLS[algorithm], "--strict", "-c", str(path))
    assert accepted.returncode == 0, accepted.stderr
    assert len(path.read_bytes().splitlines(keepends=True)) >= len(HARD_NAMES)
    flip_a_bit(folder / "a,b,,c,")
    refused = run(folder, TOOLS[algorithm], "--strict", "-c", str(path))
    assert (refused.returncode, refused.stdout.count(b"FAILED")) == (1, 1)


@needs(*TOOLS.values())
@bytes_names
def test_each_tool_accepts_its_part_of_a_list_of_all_algorithms(folder: Path) -> None:
    """A tagged list serves them all: each takes its own lines and leaves the others."""
    path = list_files(folder, algorithms=list(TOOLS))
    for tool in TOOLS.values():
        accepted = run(folder, tool, "-c", str(path))
        assert (accepted.returncode, accepted.stdout.count(b": OK\n")) == (0, len(HARD_NAMES))
    flip_a_bit(folder / "plain.jpg")
    for tool in TOOLS.values():
        assert run(folder, tool, "-c", str(path)).returncode == 1


@needs(*TOOLS.values())
@bytes_names
@pytest.mark.parametrize("style", ["--text", "--binary", "--tag"])
@pytest.mark.parametrize("algorithm", TOOLS)
def test_we_accept_what_each_tool_writes(folder: Path, algorithm: str, style: str) -> None:
    """Their list of hard names holds for us, byte for byte as ours would be, and a flipped bit is refused."""
    names = sorted(set(HARD_NAMES) - {b"-"})
    written = run(folder, TOOLS[algorithm], style, "--", *names)
    path = folder.with_name("their.list")
    path.write_bytes(written.stdout)
    assert check_files(folder, path, algorithm) == all_ok(len(names))
    if style == ("--tag" if algorithm == "blake2b" else "--text"):
        assert list_files(folder, names, algorithms=[algorithm]).read_bytes() == written.stdout
    flip_a_bit(folder / "plain.jpg")
    (altered,) = check_files(folder, path, algorithm).altered
    assert altered.path == Path("plain.jpg")


@needs("sha256sum", "b2sum")
@bytes_names
@settings(deadline=None, max_examples=60)
@given(st.sets(any_name | spiteful_name, min_size=1, max_size=8))
def test_any_names_go_to_the_tools_and_back(names: set[bytes]) -> None:
    """Whatever bytes a name is made of, they accept our list, and we accept theirs."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "files"
        folder.mkdir()
        fill(folder, names)
        path = list_files(folder)
        assert run(folder, "sha256sum", "--strict", "--quiet", "-c", str(path)).returncode == 0
        assert check_files(folder, path) == all_ok(len(names))
        path = list_files(folder, algorithms=["blake2b", "sha256"])
        assert run(folder, "b2sum", "--quiet", "-c", str(path)).returncode == 0
        assert check_files(folder, path) == all_ok(len(names))
        if theirs := names - {b"-"}:
            for style in ("--text", "--tag"):
                path.write_bytes(run(folder, "sha256sum", style, "--", *theirs).stdout)
                assert check_files(folder, path) == all_ok(len(theirs))


@given(st.binary(min_size=1).filter(lambda name: b"\0" not in name), st.sampled_from(sorted(HEX_DIGITS)))
def test_a_line_read_back_is_what_was_written(name: bytes, algorithm: str) -> None:
    """Any path survives writing and reading, plain and tagged."""
    path = Path(os.fsdecode(name))
    digests = (Digest.of_bytes(name, algorithm), Digest.of_bytes(name, "md5"))
    one = CoreutilsForm([algorithm]).line(name, FileDigests(path, 1, digests[:1]))
    assert parse_line(one.removesuffix(b"\n")) == (path, digests[0])
    both = CoreutilsForm([algorithm, "md5"]).line(name, FileDigests(path, 1, digests))
    assert [parse_line(line) for line in both.removesuffix(b"\n").split(b"\n")] == [(path, one) for one in digests]


@given(st.binary(max_size=100) | spiteful_name.map(lambda name: VALUE.encode() + b"  " + name))
def test_any_bytes_are_a_line_or_an_error_of_ours(line: bytes) -> None:
    """Foreign bytes end in a path and a digest or in BadFormat, never in another exception."""
    try:
        _, digest = parse_line(line)
    except BadFormat:
        return
    assert digest.algorithm in HEX_DIGITS


@pytest.mark.parametrize(
    ("line", "algorithm"),
    [
        (f"SHA256 (name) = {VALUE}", "sha256"),
        (f"SHA2-256(name)= {VALUE}", "sha256"),
        (f"sha256(name)= {VALUE.upper()}", "sha256"),
        (f"SHA2-512(name)= {VALUE * 2}", "sha512"),
        (f"BLAKE2B-512(name)= {VALUE * 2}", "blake2b"),
        (f"BLAKE2b (name) = {VALUE * 2}", "blake2b"),
        (f"{VALUE.upper()} *name", "sha256"),
        (f"  {VALUE}  name", "sha256"),
        (f"{VALUE * 2}  name", "sha512"),
    ],
)
def test_what_other_tools_write_alike_is_understood(line: str, algorithm: str) -> None:
    """Lists of BSD and of `openssl dgst`, capital digits and indented lines are read as what they are."""
    path, digest = parse_line(line.encode())
    assert (path, digest.algorithm, digest.hex[:4]) == (Path("name"), algorithm, "9f9f")


def test_a_value_of_128_digits_is_what_the_user_says_it_is() -> None:
    """BLAKE2b without a tag needs to be told from SHA-512, which it looks like."""
    assert parse_line(f"{VALUE * 2}  name".encode(), "blake2b")[1].algorithm == "blake2b"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (VALUE, "neither a hash value and a name"),
        (f"{VALUE}:name", "neither a hash value and a name"),
        (f"{VALUE}  ", "no file name"),
        (f"{VALUE}  na\0me", "zero byte"),
        (f"{VALUE[:-1]}  name", "63 digits"),
        (f"{VALUE}{VALUE[:32]}  name", "96 digits"),
        (f"\\{VALUE}  na\\me", "not an escape"),
        (f"\\{VALUE}  name\\", "not an escape"),
        (f"SHA384 (name) = {VALUE}", "SHA384 is not a hash algorithm"),
        (f"SHA256 (name) = {VALUE[:-1]}", "not a sha256 value"),
        (f"SHA256 () = {VALUE}", "no file name"),
        ("-----BEGIN PGP SIGNED MESSAGE-----", "neither a hash value and a name"),
        ("\xff\xd8\xff\xe0", "neither a hash value and a name"),
    ],
)
def test_a_line_that_is_not_understood_says_why(line: str, reason: str) -> None:
    """Each way to be wrong has its own reason."""
    with pytest.raises(BadFormat, match=reason):
        parse_line(line.encode("latin-1"))


def test_a_plain_value_must_be_of_the_algorithm_that_the_user_named() -> None:
    """A list of SHA-256 is not taken for BLAKE2b, whatever the user says."""
    with pytest.raises(BadFormat, match="not a blake2b value"):
        parse_line(f"{VALUE}  name".encode(), "blake2b")


def test_no_line_takes_long_to_refuse() -> None:
    """The longest line made of spite is judged at once."""
    for spite in (b")" * 65536, b"SHA256 (" + b") = " * 16384, b"a" * 65535 + b"!", b"\\" * 65535, b"A(" * 32768):
        with pytest.raises(BadFormat):
            parse_line(spite)
