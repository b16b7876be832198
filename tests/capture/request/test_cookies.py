from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from capture.errors import BadSettings
from capture.request.credentials import load_cookies

if TYPE_CHECKING:
    from pathlib import Path

HEAD = b"# Netscape HTTP Cookie File\n"


@pytest.mark.parametrize(
    "data", [HEAD + b"\xef", HEAD + b".a\tTRUE\t/\tTRUE\t0\tname\t\xff\n", b"", b"<html>", HEAD + b"one\ttwo\n"]
)
def test_a_file_that_is_no_list_of_cookies(data: bytes, tmp_path: Path) -> None:
    """What is not UTF-8, or not a list of cookies, is a wrong setting, named by its path and nothing of its content."""
    path = tmp_path / "cookies.txt"
    path.write_bytes(data)
    with pytest.raises(BadSettings) as raised:
        load_cookies(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert "name" not in str(raised.value)
