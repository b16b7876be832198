from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.errors import BadFormat
from hashing.files.digest import Digest
from hashing.files.hash_list import BadLine, ListEntry, read_list
from hashing.files.hash_list.read_list import LONGEST_LINE

VALUE = Digest.of_bytes(b"x")
PLAIN = f"{VALUE.hex}  name".encode()


def _read(data: bytes) -> list[ListEntry | BadLine]:
    return list(read_list(io.BytesIO(data)))


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize(
    ("head", "line", "number"),
    [
        (b"", PLAIN, 1),
        (b"", f"SHA256 (name) = {VALUE.hex}".encode(), 1),
        (b"", f'{{"path":"name","sha256":"{VALUE.hex}"}}'.encode(), 1),
        (b"%%%% HASHDEEP-1.0@%%%% sha256,filename@## a comment@", f"{VALUE.hex},name".encode(), 4),
    ],
)
def test_the_first_line_tells_the_form(head: bytes, line: bytes, number: int, mark: bytes, end: bytes) -> None:
    """Each form is known without being named, with Unix or Windows line ends, and with the mark of Windows editors."""
    expected = [ListEntry(number, Path("name"), (VALUE,)), ListEntry(number + 1, Path("name"), (VALUE,))]
    assert _read(mark + head.replace(b"@", end) + line + end + line) == expected
    assert _read(mark + head.replace(b"@", end) + line + end + line + end) == expected


def test_comments_and_empty_lines_say_nothing_but_count() -> None:
    """As for sha256sum, a line with # in front is a comment; line numbers are those of an editor."""
    assert _read(b"# made by hand\n\n\r\n" + PLAIN + b"\n#\nrubbish\n") == [
        ListEntry(4, Path("name"), (VALUE,)),
        BadLine(6, "neither a hash value and a name, nor a tagged line such as SHA256 (name) = 9f86…"),
    ]


def test_a_bad_line_does_not_hide_those_after_it() -> None:
    """Each line stands for itself, and none is passed over."""
    found = _read(PLAIN + b"\n" + PLAIN[1:] + b"\n" + PLAIN + b"\n")
    assert [type(item) for item in found] == [ListEntry, BadLine, ListEntry]
    assert [item.line for item in found] == [1, 2, 3]


def test_a_line_that_is_too_long_is_one_bad_line() -> None:
    """The longest name that fits is read; more is refused, whatever its length, and the next line is read again."""
    room = LONGEST_LINE - len(VALUE.hex) - 2
    for end in (b"\n", b"\r\n"):
        fits = VALUE.hex.encode() + b"  " + b"n" * room
        for more in (b"n", b"n" * 2, b"n" * 3, b"n" * LONGEST_LINE, b"n" * (3 * LONGEST_LINE + 5)):
            found = _read(fits + end + fits + more + end + PLAIN + end)
            assert found == [
                ListEntry(1, Path("n" * room), (VALUE,)),
                BadLine(2, f"longer than {LONGEST_LINE} bytes"),
                ListEntry(3, Path("name"), (VALUE,)),
            ]


def test_utf16_is_refused_with_a_way_out() -> None:
    """What PowerShell writes by default is named for what it is."""
    with pytest.raises(BadFormat, match="UTF-16") as caught:
        _read(PLAIN.decode().encode("utf-16"))
    assert caught.value.hint == "save it as UTF-8"


def test_an_empty_list_holds_nothing() -> None:
    """No lines, no entries; whether that is enough is for the caller to say."""
    assert _read(b"") == _read(b"\n\n") == _read(b"# only a comment\n") == []


@given(
    st.sampled_from([b"", PLAIN + b"\n", b"{}\n", b"%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n"]),
    st.lists(st.binary(max_size=50) | st.sampled_from([PLAIN, b"%%%% ", b"{", b"\\"]), max_size=8),
)
def test_any_bytes_are_lines_each_good_or_bad(start: bytes, lines: list[bytes]) -> None:
    """Reading foreign bytes yields a value for every line that says something, in order, and raises nothing else."""
    data = start + b"\n".join(lines)
    try:
        numbers = [item.line for item in _read(data)]
    except BadFormat:
        assert data.startswith((b"\xff\xfe", b"\xfe\xff"))
        return
    assert numbers == sorted(set(numbers))
    assert len(numbers) <= data.count(b"\n") + 1
