from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.errors import BadFormat
from hashing.files.digest import HEX_DIGITS, Digest
from hashing.files.hash_list.entry import ListEntry
from hashing.files.hash_list.json_lines import JsonForm, parse_line
from hashing.files.read import FileDigests

ALL = tuple(Digest.of_bytes(b"x", algorithm) for algorithm in HEX_DIGITS)


def test_a_line_is_an_object_with_path_size_and_values() -> None:
    """Any JSON reader finds what it needs under plain names."""
    line = JsonForm(["sha256"]).line("é.jpg".encode(), FileDigests(Path("é.jpg"), 3, (Digest.of_bytes(b"x"),)))
    assert json.loads(line) == {"path": "é.jpg", "size": 3, "sha256": Digest.of_bytes(b"x").hex}
    assert line.endswith(b"}\n")


def test_a_name_that_is_not_utf8_keeps_its_bytes_beside_a_readable_one() -> None:
    """Nothing of the name is lost, and people still see most of it."""
    line = JsonForm(["sha256"]).line(b"caf\xe9", FileDigests(Path(os.fsdecode(b"caf\xe9")), 3, ALL))
    assert json.loads(line)["path"] == "caf\ufffd"
    assert json.loads(line)["path_bytes"] == "Y2Fm6Q=="
    assert os.fsencode(parse_line(1, line).path) == b"caf\xe9"


@given(st.binary(min_size=1).filter(lambda name: b"\0" not in name), st.integers(0, 1 << 62))
def test_a_line_read_back_is_what_was_written(name: bytes, size: int) -> None:
    """Any path and all algorithms survive writing and reading, in one line."""
    path = Path(os.fsdecode(name))
    line = JsonForm(list(HEX_DIGITS)).line(name, FileDigests(path, size, ALL))
    assert line.count(b"\n") == 1
    assert parse_line(5, line.removesuffix(b"\n")) == ListEntry(5, path, ALL, size)


def test_fields_that_we_do_not_know_are_ignored() -> None:
    """Others may add what they like."""
    record = {"sha256": ALL[2].hex.upper(), "path": "a", "colour": {"deep": [1, 2]}}
    assert parse_line(1, json.dumps(record).encode()) == ListEntry(1, Path("a"), (ALL[2],))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b'{"path":"a"}', "no value of a hash algorithm"),
        (b'{"sha256":"00"}', "missing required field `path`"),
        (b'{"path":"a","sha256":"00"}', "not a sha256 value"),
        (b'{"path":"a","sha256":5}', r"not a JSON object"),
        (b'{"path":"","sha256":"%b"}' % ALL[2].hex.encode(), "no file name"),
        (b'{"path":"a\\u0000","sha256":"%b"}' % ALL[2].hex.encode(), "zero byte"),
        (b'{"path":"\\ud800","sha256":"%b"}' % ALL[2].hex.encode(), "not a JSON object"),
        (b'{"path":"\xff","sha256":"%b"}' % ALL[2].hex.encode(), "not a JSON object"),
        (b'{"path":"a","size":-1,"sha256":"%b"}' % ALL[2].hex.encode(), "not a JSON object"),
        (b'{"path":"a","path_bytes":"?","sha256":"%b"}' % ALL[2].hex.encode(), "not base64"),
        (b'{"x":' + b"[" * 60_000, "not a JSON object"),
        (b'{"x":' + b'{"a":' * 10_000, "not a JSON object"),
    ],
)
def test_a_line_that_is_not_understood_says_why(line: bytes, reason: str) -> None:
    """Each way to be wrong has its own reason, and no nesting is too deep to be refused."""
    with pytest.raises(BadFormat, match=reason):
        parse_line(1, line)


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: st.dictionaries(st.sampled_from(["path", "size", "sha256", "path_bytes"]), inner),
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_bytes_are_a_line_or_an_error_of_ours(line: bytes) -> None:
    """Foreign bytes end in an entry or in BadFormat, never in another exception."""
    try:
        entry = parse_line(1, line)
    except BadFormat:
        return
    assert entry.digests
