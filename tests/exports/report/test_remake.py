from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from exports.bundle import export_bundle
from exports.errors import ExportError, NotCheckable, NotWhole
from exports.format import kept, lookup
from exports.forms.held_bundle import write_report
from hashing.errors import WouldOverwrite
from tests.exports.small_case import OFFICER
from tests.exports.social_case import social_case


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the report's files by their names; what it links to is not among them."""
    pages = [folder / "report.html", *(path for path in (folder / "report").rglob("*") if path.is_file())]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in pages}


def test_the_same_pages_as_at_the_export(ordinary: Path, tmp_path: Path) -> None:
    """Made anew from the bundle, every page and preview is the same, byte for byte, and links to originals lead on."""
    first = write_report(ordinary, tmp_path / "again")
    assert first == tmp_path / "again/report.html"
    assert files_of(tmp_path / "again") == files_of(ordinary / "data")
    assert len(files_of(ordinary / "data")) > 15
    assert (tmp_path / "again/captures").resolve() == (ordinary / "data/captures").resolve()


def test_hostile_bundle_made_anew(hostile: Path, tmp_path: Path) -> None:
    """Hostile text changes nothing of that."""
    write_report(hostile, tmp_path / "again")
    assert files_of(tmp_path / "again") == files_of(hostile / "data")


def test_out_of_a_zip(tmp_path: Path) -> None:
    """A zip gives the same pages as well, and is not unpacked."""
    maker = social_case(tmp_path)
    made = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "b.zip", zipped=True).path
    write_report(made, tmp_path / "again")
    shutil.unpack_archive(made, tmp_path / "unpacked")
    assert files_of(tmp_path / "again") == files_of(tmp_path / "unpacked/b/data")
    assert not (tmp_path / "again/captures").exists()


def test_the_same_pages_where_little_is_held_in_memory(
    ordinary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where what is listed and looked up stands on the disk, as that of a large case does, the pages are the same."""
    monkeypatch.setattr(lookup, "HELD", 0)
    monkeypatch.setattr(kept, "_HELD", 0)
    write_report(ordinary, tmp_path / "again")
    assert files_of(tmp_path / "again") == files_of(ordinary / "data")


def test_of_what_was_altered_no_report_is_made(ordinary: Path, tmp_path: Path) -> None:
    """A bundle with one changed byte is refused, and nothing is left behind."""
    copy = tmp_path / "copy"
    shutil.copytree(ordinary, copy)
    photo = next(copy.glob("data/captures/*/items/*.jpg"))
    photo.chmod(0o600)
    photo.write_bytes(photo.read_bytes()[:-1] + b"x")
    with pytest.raises(NotWhole, match="does not match its seal"):
        write_report(copy, tmp_path / "again")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy"]


def test_what_is_no_bundle(ordinary: Path, tmp_path: Path) -> None:
    """A case, an empty folder and a missing path are refused with what to do."""
    (tmp_path / "empty").mkdir()
    case = ordinary.parent / "OP-ALDER"
    for path in (tmp_path / "empty", tmp_path / "none", case):
        with pytest.raises(NotCheckable):
            write_report(path, tmp_path / "again")
    result = CliRunner().invoke(main, ["report", str(case), "--output", str(tmp_path / "again")])
    assert result.exit_code == Exit.UNCHECKED
    assert "a case, not a bundle" in result.stderr
    assert "hint: make a bundle of it: goldenhour export" in result.stderr


def test_never_into_the_bundle_nor_over_anything(ordinary: Path, tmp_path: Path) -> None:
    """The report is not written into evidence, and not over what is there."""
    with pytest.raises(ExportError, match="inside of evidence"):
        write_report(ordinary, ordinary / "data/again")
    with pytest.raises(WouldOverwrite):
        write_report(ordinary, tmp_path)


def test_as_typed(ordinary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`report BUNDLE` says where the first page is, named for the bundle; `--json` says it to a program."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["report", str(ordinary)])
    assert (result.exit_code, result.stdout) == (0, "report   OP-ALDER_all-report/report.html\n")
    result = CliRunner().invoke(main, ["report", str(ordinary), "--output", "other", "--json"])
    assert msgspec.json.decode(result.stdout) == {"path": "other/report.html", "pdf": []}
