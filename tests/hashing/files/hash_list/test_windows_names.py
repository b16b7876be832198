from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from hashing.files.hash_list import check_list

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
    assert (report.ok, report.missing, report.windows_names) == (3, (), 3)


def test_a_name_with_a_backslash_is_itself(tmp_path: Path) -> None:
    r"""Where a file is called `back\slash`, its name is read as it stands."""
    (tmp_path / "back\\slash").write_bytes(b"a")
    report = check_list(_listed(tmp_path / "list.hd", ["back\\slash"]), base=tmp_path)
    assert (report.ok, report.windows_names) == (1, 0)
