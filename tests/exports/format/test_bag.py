from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.format.bag import bag_info, hash_list, is_portable, oxum


@pytest.mark.parametrize(
    "path",
    [
        "../evil",
        "items/../../evil",
        "/etc/passwd",
        "items//x",
        "items/.",
        "",
        "items/",
        "items/a\nb",
        "items/a\\b",
        "items/100%25",
        "items/\u202egpj.exe",
        "items/a\x00",
    ],
)
def test_paths_that_are_never_given(path: str) -> None:
    """A path that climbs, hides, or is written in two ways by two standards is not portable."""
    assert not is_portable(path)


@pytest.mark.parametrize("path", ["items/0001-photo.jpg", "exchanges-00001.warc.gz", "items/0001 a'b\".jpg", "items/é"])
def test_paths_that_are_fine(path: str) -> None:
    """An ordinary name is portable."""
    assert is_portable(path)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=40).filter(lambda name: "/" not in name and name != "-"), max_size=8))
def test_coreutils_read_what_is_portable(names: list[str]) -> None:
    """Whatever portable name a file has, sha256sum finds it by the list."""
    with TemporaryDirectory() as folder:
        digests = {}
        for name in names:
            if is_portable(name) and len(name.encode("utf-8", "surrogatepass")) < 255:
                Path(folder, name).write_bytes(name.encode())
                digests[name] = sha256(name.encode()).hexdigest()
        if digests:
            checked = subprocess.run(
                ["sha256sum", "--strict", "-c", "-"],
                cwd=folder,
                input=b"".join(hash_list(sorted(digests.items()))),
                capture_output=True,
                check=False,
            )
            assert checked.returncode == 0, checked.stderr


def test_bag_info_holds_a_line_for_each_field() -> None:
    """A line break in a value cannot begin another field."""
    written = bag_info([("External-Description", "a\nPayload-Oxum: 0.0\r\n\x1b[31m"), ("External-Identifier", "MP/1")])
    assert written.decode() == "External-Description: a Payload-Oxum: 0.0 \\x1b[31m\nExternal-Identifier: MP/1\n"


def test_oxum() -> None:
    """Payload-Oxum is bytes, a full stop, files."""
    assert oxum([10, 20, 0]) == "30.3"
