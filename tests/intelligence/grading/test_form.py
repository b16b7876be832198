from __future__ import annotations

import html
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from tests.exports.small_case import photo
from tests.intelligence.intake import handed_in

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def _typed(*words: str) -> Result:
    officer = ("--officer", "Mary Price") if words[0] in {"intake", "grade", "export"} else ()
    return CliRunner().invoke(main, [*words, *officer])


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Grade items by both schemes, one of them twice, and leave one ungraded."""
    folder, case = tmp_path / "handed-in", tmp_path / "OP-ALDER"
    folder.mkdir()
    (folder / "1.jpg").write_bytes(photo(1))
    (folder / "2.jpg").write_bytes(photo(2))
    (folder / "_chat.txt").write_text(handed_in.CHAT.replace("hello", "<script>the van</script>"))
    assert _typed("intake", str(folder), "--case", str(case), "--received-from", "ALPHA-7").exit_code == Exit.OK
    _grade(case, "MP/1-0001", "2", "C", "P")
    _grade(case, "MP/1-0001", "1", "B", "C", "--conditions", "not to the press", "--reason", "seen on CCTV")
    _grade(case, "MP/1-0004", "B", "2", "1", "--scheme", "5x5x5")
    assert _typed("export", str(case), "--output", str(tmp_path / "out")).exit_code == Exit.OK
    return tmp_path / "out"


def _grade(case: Path, ref: str, source: str, information: str, handling: str, *words: str) -> None:
    codes = ("--source", source, "--information", information, "--handling", handling)
    ran = _typed("grade", ref, "--case", str(case), *codes, *words)
    assert ran.exit_code == Exit.OK, ran.output


def _rows(page: str) -> list[list[str]]:
    """Return the cells of all rows of the page's tables, as text."""
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in re.findall(r"<tr>(.*?)</tr>", page)]
    return [[html.unescape(re.sub("<[^>]+>", "", cell)) for cell in row] for row in cells]


def test_the_form_has_what_is_graded(bundle: Path, tmp_path: Path) -> None:
    """Each graded item stands with its codes, under its scheme, with meanings, conditions, and earlier grades."""
    out = tmp_path / "MP-1.html"
    ran = _typed("report", str(bundle), "--intelligence", "--output", str(out))
    assert (ran.exit_code, ran.stdout) == (Exit.OK, f"report   {out}\n")
    page = out.read_text()
    rows = _rows(page)
    codes = {row[0]: row[2:] for row in rows if len(row) == 5 and row[0].startswith("MP/1-")}
    assert codes.pop("MP/1-0004") == ["B", "2", "1"]
    changed = [(row[2], row[4]) for row in rows if row[0] == "MP/1-0001" and row[2].startswith("3x5x2")]
    assert changed == [("3x5x2 2 C P", ""), ("3x5x2 1 B C", "seen on CCTV")]
    assert ["source", "1", "reliable"] in rows
    assert ["information", "2", "known personally to the source, but not to the officer"] in rows
    assert "Condition for MP/1-0001: not to the press" in page
    assert "4 items of the bundle: " in page
    assert "handed in by ALPHA-7" in page
    [said] = [row[1] for row in rows if row[0] == "MP/1-0004"]
    assert "<script>the van</script>" in said
    assert "<script>" not in page
    assert not re.findall(r"(?:src|href)=", page)


def test_the_form_as_pdf(bundle: Path, tmp_path: Path) -> None:
    """The same stands in a PDF, which is made alone where it alone is asked for."""
    pytest.importorskip("weasyprint", reason="the extra `pdf` is not installed")
    ran = _typed("report", str(bundle), "--intelligence", "--pdf", str(tmp_path / "MP-1.pdf"))
    assert ran.exit_code == Exit.OK, ran.output
    assert [path.name for path in tmp_path.glob("MP-1*")] == ["MP-1.pdf"]
    if shutil.which("pdftotext"):
        text = subprocess.run(
            ["pdftotext", "-layout", str(tmp_path / "MP-1.pdf"), "-"], capture_output=True, check=True
        ).stdout.decode()
        assert "Intelligence report (3x5x2 and 5x5x5)" in text
        assert "not to the press" in text


def test_nothing_is_overwritten_and_nothing_made_of_what_does_not_match(bundle: Path, tmp_path: Path) -> None:
    """A name that is taken is refused, and a bundle that was altered gives no report."""
    (tmp_path / "taken.html").write_text("mine")
    refused = _typed("report", str(bundle), "--intelligence", "--output", str(tmp_path / "taken.html"))
    assert (refused.exit_code, (tmp_path / "taken.html").read_text()) == (Exit.REFUSED, "mine")
    (bundle / "data/custody.json").chmod(0o600)
    (bundle / "data/custody.json").write_text("{}")
    altered = _typed("report", str(bundle), "--intelligence", "--output", str(tmp_path / "new.html"))
    assert (altered.exit_code, (tmp_path / "new.html").exists()) == (Exit.MISMATCH, False)
