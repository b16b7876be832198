"""LibreOffice without a screen, as the judge of what a spreadsheet makes of a table."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from tests.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_UTF8 = 76


def cells_as_opened(path: Path, separator: str) -> tuple[list[str], list[str]]:
    """Open a table with this separator; return every formula that LibreOffice found, and the text of every cell."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice (libreoffice-calc-nogui) is not installed")
    out = path.with_suffix(".ods")
    # Separator and text delimiter by their numbers, first line 1, no columns set, language of the system, quoted fields
    # judged like others, special numbers (dates, exponents) detected: whatever could turn a text into something else.
    tokens = f"CSV:{ord(separator)},34,{_UTF8},1,,0,false,true"
    home = (path.parent / "office").as_uri()
    subprocess.run(
        [
            program,
            f"-env:UserInstallation={home}",
            "--headless",
            f"--infilter={tokens}",
            "--convert-to",
            "ods",
            "--outdir",
            str(path.parent),
            str(path),
        ],
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    with zipfile.ZipFile(out) as archive:
        content = etree.fromstring(archive.read("content.xml"))
    cells = list(content.iter(f"{_TABLE}table-cell"))
    formulas = [formula for cell in cells if (formula := cell.get(f"{_TABLE}formula"))]
    return formulas, ["".join(map(str, cell.itertext())) for cell in cells]
