"""Links in a circle lead nowhere, and that is no accident of ours."""

from __future__ import annotations

from pathlib import Path

from hashing.files.real_path import real_path

_HOUSE = Path(__file__).parents[3]
_ROOMS = ("commands", "exports", "hashing", "intelligence", "fleet", "capture")


def test_links_in_a_circle(tmp_path: Path) -> None:
    """A path that leads round in a circle is returned, and one through another link without it."""
    (tmp_path / "round").symlink_to(tmp_path / "round")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    assert real_path(tmp_path / "round" / "a").name == "a"
    assert real_path(tmp_path / "link" / "a") == real_path(tmp_path / "folder" / "a")


def test_what_a_user_names_is_resolved_by_nothing_else() -> None:
    """No module calls `Path.resolve` but for its own file and for what the demo has made."""
    sources = {path: path.read_text() for room in _ROOMS for path in (_HOUSE / room).rglob("*.py")}
    calls = [(path.name, line) for path, text in sources.items() for line in text.splitlines() if ".resolve()" in line]
    assert {name for name, line in calls if "__file__" not in line} <= {"demo.py"}
