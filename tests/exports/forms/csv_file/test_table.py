from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exports.forms.conversion import convert
from exports.forms.csv_file.cell import original
from exports.forms.csv_file.table import COLUMNS
from hashing.case.facts import Fact
from hashing.case.post import Account, Post
from tests.exports.bundles import bundle_of
from tests.exports.forms.csv_file.formulas import FORMULAS
from tests.exports.forms.csv_file.spreadsheet import cells_as_opened
from tests.exports.small_case import Thing, make_case, photo

if TYPE_CHECKING:
    from tests.exports.small_case import CaseMaker

ROOT = Path(__file__).parents[4]


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table, each cell read back to what it says."""
    text = path.read_bytes().removeprefix(b"\xef\xbb\xbf").decode()
    return [
        {name: original(cell) for name, cell in row.items()} for row in csv.DictReader(io.StringIO(text, newline=""))
    ]


@pytest.fixture
def hostile(tmp_path: Path) -> CaseMaker:
    """Make a case in which everything that others can word is a formula."""
    maker = make_case(tmp_path)
    capture = maker.begin("https://news.example/fire", title="=1+1", note="@SUM(1)")
    for number, formula in enumerate(FORMULAS):
        facts = (Fact("description", formula, "EXIF ImageDescription"), Fact("title", formula, formula))
        url = f"https://news.example/{number}?{formula}"
        thing = Thing(f"{number}.jpg", photo(number), url=url, alt=formula, claimed_name=formula, facts=facts)
        listing = capture.add(thing)
        post = Post(platform="x", server="s", id=formula, author=Account(name=formula), text=formula, warning=formula)
        capture.excerpt(listing, post, b"\xff", offset=0)
        capture.fail(formula, formula)
        capture.skip(formula, formula)
    capture.seal()
    return maker


def test_a_row_for_each_item_and_for_each_that_was_not_got(tmp_path: Path) -> None:
    """Items, failures and skips have a row each that says what the manifest says; numbers are numbers."""
    maker = make_case(tmp_path)
    capture = maker.begin()
    where = (
        Fact("GPS latitude", -33.85, "GPS"),
        Fact("GPS longitude", 151.2, "GPS"),
        Fact("camera model", "X1", "EXIF"),
    )
    item = capture.add(Thing("one.jpg", photo(), alt="line one\nline two; =1", facts=where))
    capture.fail("https://news.example/gone.jpg", "404 Not Found")
    capture.skip("https://news.example/a.pdf", "document: not asked for", count=3)
    capture.seal()
    path = convert(bundle_of(maker, tmp_path / "bundle"), "csv").path
    assert path == tmp_path / "bundle.csv"
    got, failed, skipped = rows_of(path)
    assert (got["row"], got["ref"], got["sha256"], got["size"]) == ("item", item.ref, item.sha256, str(item.size))
    assert (got["latitude"], got["longitude"], got["camera"]) == ("-33.85", "151.2", "X1")
    assert (got["alt"], got["http_status"]) == ("line one\nline two; =1", "200")
    assert (failed["row"], failed["url"], failed["reason"]) == (
        "failed",
        "https://news.example/gone.jpg",
        "404 Not Found",
    )
    assert (skipped["row"], skipped["reason"], skipped["count"]) == ("skipped", "document: not asked for", "3")
    assert path.read_bytes().count(b"\r\n") == path.read_bytes().count(b"\n") == 4


def test_every_column_is_documented() -> None:
    """docs/formats.md names every column of the table."""
    text = (ROOT / "docs/formats.md").read_text("utf-8").partition("### CSV")[2].partition("\n#")[0]
    assert set(COLUMNS) <= set(re.findall(r"`([a-z0-9_]+)`", text))


def test_what_others_worded_can_be_read_back(hostile: CaseMaker, tmp_path: Path) -> None:
    """Every formula that came from the network stands in the table as the text that it is."""
    rows = rows_of(convert(bundle_of(hostile, tmp_path / "bundle.zip"), "csv").path)
    assert [row["alt"] for row in rows if row["row"] == "item" and row["kind"] == "photo"] == [*FORMULAS]
    assert [row["text"] for row in rows if row["kind"] == "post"] == [*FORMULAS]
    assert [row["reason"] for row in rows if row["row"] == "failed"] == [*FORMULAS]


@pytest.mark.parametrize("separator", [",", ";", "|"])
def test_a_spreadsheet_finds_no_formula(hostile: CaseMaker, tmp_path: Path, separator: str) -> None:
    """LibreOffice, under whatever separator it reads the table, finds texts and numbers in it and no formula."""
    path = convert(bundle_of(hostile, tmp_path / "bundle"), "csv").path
    assert b"=1+1" in path.read_bytes()
    formulas, texts = cells_as_opened(path, separator)
    assert formulas == []
    assert any("1+1" in text for text in texts)
    if separator == ",":
        assert "'=cmd|' /C calc'!A0" in texts


@pytest.mark.parametrize("separator", [",", ";"])
def test_the_spreadsheet_does_find_formulas(tmp_path: Path, separator: str) -> None:
    """The same texts without their guard are formulas to LibreOffice: it is a judge that can say no."""
    path = tmp_path / "unguarded.csv"
    path.write_text(f"a{separator}b\r\n=1+1{separator}=2+2\r\n", newline="")
    formulas, _ = cells_as_opened(path, separator)
    assert formulas == ["of:=1+1", "of:=2+2"]
