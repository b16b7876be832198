from __future__ import annotations

import re
import subprocess
import sys
import zlib
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from exports.bundle import export_bundle
from exports.errors import ExportError
from exports.forms import pdf
from exports.forms.held_bundle import held_bundle
from exports.forms.pdf import demand_printer, write_pdf
from hashing.files.digest import Digest
from tests.exports.small_case import OFFICER, Thing, make_case, photo


@pytest.fixture(autouse=True)
def _printer() -> None:
    """Skip where PDFs cannot be printed."""
    try:
        demand_printer()
    except ExportError as error:
        pytest.skip(f"{error}; {error.hint}")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Make a bundle of three items."""
    maker = make_case(tmp_path)
    hostile = "<img src=https://canary.example/a>\u202e"
    maker.capture(
        [
            Thing("1.jpg", photo(), alt=hostile),
            Thing("2.jpg", photo(2)),
            Thing("half.jpg", photo(3)[:500], partial="the connection broke"),
        ]
    )
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "OP").path


def text_of(path: Path) -> str:
    """Return the text of a PDF."""
    printed = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return " ".join(printed.stdout.decode().split())


def streams(data: bytes) -> bytes:
    """Return the content of a PDF with its packed parts unpacked."""
    found = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL)
    unpacked = []
    for each in found:
        try:
            unpacked.append(zlib.decompress(each))
        except zlib.error:
            continue  # a photo, which is packed in its own way
    return data + b"".join(unpacked)


def test_tagged_with_bookmarks_and_pictures(bundle: Path, tmp_path: Path) -> None:
    """A PDF is tagged, has bookmarks, and holds the photos that can be drawn."""
    [part] = write_pdf(bundle, tmp_path / "out.pdf")
    data = part.path.read_bytes()
    assert part.sha256 == Digest.of_bytes(data).hex
    whole = streams(data)
    for said in (b"%PDF-", b"/MarkInfo", b"/StructTreeRoot", b"/Outlines", b"/Lang", b"/Title (Operation Alder"):
        assert said in whole, said
    assert whole.count(b"/Subtype /Image") == 2
    assert b"canary" not in b"".join(re.findall(rb"/URI \(.*?\)", whole))


def test_the_seal_and_the_page_stand_on_every_foot(bundle: Path, tmp_path: Path) -> None:
    """Each page's foot has the fingerprint of the bundle's seal, and says which page of how many it is."""
    if subprocess.run(["which", "pdftotext"], capture_output=True, check=False).returncode:
        pytest.skip("no pdftotext on this machine (Debian: apt-get install poppler-utils)")
    with held_bundle(bundle) as held:
        fingerprint = held.fingerprint
    write_pdf(bundle, tmp_path / "out.pdf")
    text = text_of(tmp_path / "out.pdf")
    pages = int(re.findall(r"page \d+ of (\d+)", text)[0])
    assert text.count(f"Seal of the bundle {fingerprint}") == pages
    assert re.findall(r"page (\d+) of", text) == [str(number) for number in range(1, pages + 1)]
    assert "What it does not prove" in text
    assert "canary.example/a>\\u202e" in text


def test_a_large_bundle_comes_in_parts(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more items than fit in one, the parts are numbered, told one by one, and name each other's number."""
    monkeypatch.setattr(pdf, "_ONE_PART", 2)
    monkeypatch.setattr("exports.report.site.ITEMS", 2)
    told: list[tuple[int, int]] = []
    parts = write_pdf(bundle, tmp_path / "out.pdf", lambda done, whole: told.append((done, whole)))
    assert [part.path.name for part in parts] == ["out-1.pdf", "out-2.pdf", "out-3.pdf"]
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert b"part 3 of 3" in streams(parts[2].path.read_bytes())


def test_nothing_is_fetched() -> None:
    """Whatever address the printer asks for is refused: other hosts, files, and photos that are not at hand."""
    fetcher = pdf.fetcher({"ab": b"jpeg"}, {"1-0-0.png": b"png"})
    assert fetcher.fetch("photo:ab").read() == b"jpeg"
    assert fetcher.fetch("tile:1-0-0.png").read() == b"png"
    for url in (
        "https://canary.example/",
        "file:///etc/passwd",
        "photo:cd",
        "tile:ab",
        "data:text/html,x",
        "ab",
        "http://photo:ab",
    ):
        with pytest.raises(ValueError, match="refused"):
            fetcher.fetch(url)


def test_where_the_printer_is_missing(bundle: Path, tmp_path: Path) -> None:
    """Without WeasyPrint a sentence says what to install, and nothing is written."""
    script = (
        "import sys; sys.modules['weasyprint'] = None; from cli import main;"
        f"main(['report', {str(bundle)!r}, '--pdf', {str(tmp_path / 'out.pdf')!r}])"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3]
    )
    assert result.returncode == Exit.REFUSED
    assert "a PDF takes WeasyPrint" in result.stderr
    assert "-m pip install 'weasyprint>=66'" in result.stderr
    assert not (tmp_path / "out.pdf").exists()


def test_beside_the_bundle_at_export(tmp_path: Path) -> None:
    """`export --pdf` prints the report beside the bundle and shows its SHA-256; what has the name is kept."""
    maker = make_case(tmp_path)
    maker.capture([Thing("1.jpg", photo())])
    key = ["--key", str(tmp_path / "key/signing-key.pem"), "--officer", OFFICER]
    command = ["export", str(maker.path), "--zip", "--pdf", *key, "--output"]
    result = CliRunner().invoke(main, [*command, str(tmp_path / "OP.zip")])
    assert result.exit_code == 0, result.stderr
    assert f"pdf      {tmp_path / 'OP.pdf'}" in result.stdout
    assert f"sha256:{Digest.of_bytes((tmp_path / 'OP.pdf').read_bytes()).hex}" in result.stdout
    (tmp_path / "B.pdf").write_bytes(b"mine")
    result = CliRunner().invoke(main, [*command, str(tmp_path / "B.zip")])
    assert result.exit_code == Exit.REFUSED
    assert not (tmp_path / "B.zip").exists()
    assert (tmp_path / "B.pdf").read_bytes() == b"mine"
    result = CliRunner().invoke(main, [*command, str(tmp_path / "C.zip"), "--json"])
    assert msgspec.json.decode(result.stdout)["pdf"][0]["path"] == str(tmp_path / "C.pdf")
