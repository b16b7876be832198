from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from click.testing import CliRunner
from lxml import etree

from cli import main
from commands.exit import Exit
from exports.bundle import export_bundle
from exports.disclosure.making.request import DisclosureRequest
from exports.errors import ExportError, NotWhole, TooMuch
from exports.forms.pdf import demand_printer
from exports.papers import FORMS, PaperOptions, draft_paper, drafting
from exports.papers.paper import LONGEST, Blank, stated
from exports.papers.source import paper_source
from exports.papers.statement import statement
from hashing.case.custody import Handling, record_custody, record_description
from hashing.case.events import Grade, RenderingBegun
from hashing.case.grade import record_grade
from hashing.case.kinds import ItemKind
from hashing.case.post import Post
from tests.exports.report.bundles import HOSTILE, hostile_bundle
from tests.exports.small_case import OFFICER, SCENE, Thing, make_case, photo
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from exports.papers.paper import Paper
    from tests.exports.small_case import CaseMaker

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
CONTENT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case of two exhibits: one described and handed over, one of which something was not got."""
    maker = make_case(tmp_path)
    maker.capture([Thing("1.jpg", photo(), alt="smoke over the market"), Thing("2.jpg", photo(2), text="words")])
    record_description(maker.case, "MP/1", "two photos of the fire", key=maker.key, officer=OFFICER)
    handling = Handling(action="handed-over", giver=OFFICER, receiver="John Hill", reason="for court")
    record_custody(maker.case, ["MP/1"], handling, key=maker.key, officer=OFFICER)
    second = maker.begin()
    second.add(Thing("half.jpg", photo(3)[:500], partial="the connection broke"))
    second.fail("https://news.example/gone.jpg", "404 Not Found")
    second.seal()
    return maker


@pytest.fixture
def bundle(maker: CaseMaker, tmp_path: Path) -> Path:
    """Make a bundle of that case."""
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "OP").path


def written(bundle: Path, out: Path, form: str, *further: str) -> str:
    """Draft a paper as typed; return what the command said."""
    command = ["paper", str(bundle), "--form", form, "--output", str(out), "--quiet", *further]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    return result.stdout


def text_of(odt: Path | bytes) -> str:
    """Return the text of an ODT file, a line a paragraph."""
    with zipfile.ZipFile(io.BytesIO(odt) if isinstance(odt, bytes) else odt) as archive:
        content = etree.fromstring(archive.read("content.xml"))
    return "\n".join("".join(map(str, each.itertext())) for each in content.iter(f"{CONTENT}p", f"{CONTENT}h"))


def drafted_statement(bundle: Path, witness: str = "") -> Paper:
    """Draft a statement without laying it out."""
    with paper_source(bundle, NOW) as source:
        return statement(source, witness)


def test_papers_open_in_a_word_processor(bundle: Path, tmp_path: Path) -> None:
    """LibreOffice opens each paper, and finds in it what the ledgers say, the marked blanks, and that it is a draft."""
    if not Path("/usr/lib/libreoffice/program/libswlo.so").exists():
        pytest.skip("LibreOffice's word processor (libreoffice-writer-nogui) is not installed")
    papers = [tmp_path / f"{form}.odt" for form in FORMS]
    for form, path in zip(FORMS, papers, strict=True):
        written(bundle, path, form)
    home = (tmp_path / "office").as_uri()
    command: list[str | Path] = [
        "soffice",
        f"-env:UserInstallation={home}",
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(tmp_path),
    ]
    subprocess.run([*command, *papers], check=True, capture_output=True, timeout=PATIENCE)
    said = {form: _pdf_text(tmp_path / f"{form}.pdf") for form in FORMS}
    for text in said.values():
        assert "DRAFT, unsigned: to be read, corrected and signed by a person" in text
        assert re.search(r"Page 1 of \d", text)
        assert "[…… signature ……]" in text
    assert "Statement of Mary Price" in said["statement"]
    assert "described as: two photos of the fire" in said["statement"]
    assert "28 U.S.C. § 1746" in said["certificate"]
    assert "The next schedule" in said["schedule"] or "the next schedule" in said["schedule"]


def _pdf_text(path: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine (Debian: apt-get install poppler-utils)")
    printed = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return " ".join(printed.stdout.decode().split())


def test_a_statement_produces_the_exhibits(bundle: Path, tmp_path: Path) -> None:
    """A statement says of each exhibit how it came about, what was not received, and produces it by its mark."""
    written(bundle, tmp_path / "s.odt", "statement")
    text = text_of(tmp_path / "s.odt")
    assert "Criminal Justice Act 1967, s. 9" in text
    assert f"I began to capture {SCENE}" in text
    for exhibit in ("MP/1", "MP/2"):
        assert f"as exhibit marked {exhibit}." in text
    assert "Sought and not received: https://news.example/gone.jpg (404 Not Found)." in text
    assert "1 of them arrived in part" in text
    assert "by Mary Price: handed-over from Mary Price to John Hill (for court)." in text


def test_papers_tell_what_no_server_sent(maker: CaseMaker, tmp_path: Path) -> None:
    """A browser's picture is made by it, a post of a list is cut out of it, a photo that came in part is not absent."""
    capture = maker.begin("https://social.example/@alice")
    post = b'{"id":"1","url":"https://social.example/@alice/1"}'
    page = capture.add(Thing("list.json", b"[" + post + b"]", kind="listing", mime="application/json"))
    capture.excerpt(page, Post(platform="x", server="social.example", id="1", permalink="https://a.example/1"), post, 1)
    capture.events.pop()  # what the post says is another test's matter
    half = capture.add(Thing("half.jpg", photo(5)[:400], url="https://social.example/half.jpg"))
    capture.fail(half.url, "it ends without its end marker")
    capture.events[-1] = msgspec.structs.replace(capture.events[-1], ref=half.ref)
    capture.skip("https://social.example/list.pdf", "document: not asked for (--media photos,videos)")
    capture.events.append(
        RenderingBegun(
            time=half.time, rendering=1, ref=page.ref, url=SCENE, browser="Chrome/156.0", user_agent="", sandbox=True,
            view="1280x800",
        )
    )  # fmt: skip
    picture = capture.excerpt(page, Post(platform="x", server="social.example", id="2", permalink=SCENE), photo(6), 1)
    capture.events[-2:] = [
        msgspec.structs.replace(picture, kind=ItemKind.FIRST_VIEW, excerpt=None, exchange=0, rendering=1)
    ]
    capture.seal()
    grade = Grade(scheme="3x5x2", source="2", information="B", handling="P", means=(), wording="")
    record_grade(maker.case, ["MP/3"], grade, reason="a word for nobody else", key=maker.key, officer=OFFICER)
    path = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "R").path
    texts = {}
    for form in FORMS:
        written(path, tmp_path / f"{form}.odt", form)
        texts[form] = text_of(tmp_path / f"{form}.odt")
    schedule, said = texts["schedule"], texts["statement"]
    assert re.search(rf"made \S+ \S+ UTC by Chrome/156.0, which was shown {SCENE}", schedule)
    assert re.search(
        r"cut out, byte for byte, of MP/3-0001, received \S+ \S+ UTC; by its own account at https://a", schedule
    )
    assert "NOT WHOLE: it ends without its end marker" in schedule
    assert "It had Chrome/156.0 show 1 page on the computer that I used" in said
    assert "1 of them were made by the browser of what it showed, and sent by no server." in said
    assert f"Received, and not whole: {half.url} (it ends without its end marker)." in said
    assert "as the settings of the capture have it: https://social.example/list.pdf (document: not asked" in said
    assert "made by the browser, and sent by no server" in texts["certificate"]
    assert "An item that is cut out of another" in texts["certificate"]
    assert "a word for nobody else" not in said
    assert "The log also holds grades." in said


def test_what_the_ledgers_do_not_know_stays_blank(bundle: Path) -> None:
    """Age, occupation, reference, purpose, clock, notebook, signature are blanks; so is a description, if none is."""
    paper = drafted_statement(bundle)
    cells = [words for block in paper.blocks if hasattr(block, "rows") for row in block.rows for words in row]
    texts = [block.words for block in paper.blocks if hasattr(block, "words")]
    blanks = [each.what for words in (*cells, *texts) for each in words if isinstance(each, Blank)]
    for known in ("age", "occupation", "URN", "who I am", "for what purpose", "clock", "notebook", "signature", "date"):
        assert any(known in what for what in blanks), known
    assert blanks.count("a description in my own words") == 1


def test_an_officer_who_is_withheld_is_a_blank(maker: CaseMaker, tmp_path: Path) -> None:
    """In a disclosure without the officer's name, a statement leaves it blank, and says that it is a disclosure."""
    only = DisclosureRequest(items=("MP/1-0001",), redact=("officer",), receiver="", reason="")
    path = export_bundle(maker.case, key=maker.key, officer="Unit 7", output=tmp_path / "D", only=only).path
    written(path, tmp_path / "s.odt", "statement")
    text = text_of(tmp_path / "s.odt")
    assert "[…… name; it is withheld from this bundle ……]" in text
    assert "The bundle is a disclosure" in text
    assert OFFICER not in text


def test_a_statement_is_one_persons(maker: CaseMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two officers captured, the one who states must be named, and produces only what is his or hers."""
    monkeypatch.setattr("tests.exports.small_case.OFFICER", "John Hill")
    maker.capture([Thing("3.jpg", photo(4))], initials="JH")
    path = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "TWO").path
    with pytest.raises(ExportError, match="captures of 2 officers") as refused:
        drafted_statement(path)
    assert "Mary Price, John Hill" in refused.value.hint
    with pytest.raises(ExportError, match="Nobody captured nothing"):
        drafted_statement(path, "Nobody")
    written(path, tmp_path / "j.odt", "statement", "--witness", "John Hill")
    text = text_of(tmp_path / "j.odt")
    assert re.findall(r"as exhibit marked (\S+)\.", text) == ["JH/1"]
    assert "MP/1, MP/2: captured by somebody else" in text


def test_a_certificate_names_the_hash_of_each(bundle: Path, tmp_path: Path) -> None:
    """A certificate names tool and versions, root and fingerprint of each seal, and the SHA-256 of each item."""
    written(bundle, tmp_path / "c.odt", "certificate")
    text = text_of(tmp_path / "c.odt")
    with paper_source(bundle, NOW) as source:
        for item in source.listing.items:
            assert item.sha256 in text
        for capture in source.listing.captures:
            assert capture.seal.root in text
            assert capture.seal.fingerprint in text
        assert source.manifest_sha256 in text
    assert "python 3.11.7, requests 2.34.2" in text
    assert re.findall(r"^(\d+)\.(?=[A-Z])", text, re.MULTILINE) == [str(number) for number in range(1, 9)]


def test_a_certificate_says_nothing_of_certificates_that_were_not_there(maker: CaseMaker, tmp_path: Path) -> None:
    """Where items came unencrypted no certificate is called verified, and where some did, it is said how many."""
    maker.capture([Thing("1.jpg", photo(7))], "http://news.example/plain.html")
    maker.capture([Thing("1.jpg", photo(8), url="http://img.example/1.jpg"), Thing("2.jpg", photo(9))])
    path = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "P").path
    written(path, tmp_path / "c.odt", "certificate")
    rows = [line for line in text_of(tmp_path / "c.odt").splitlines() if "not received" in line]
    assert [row.split("; ")[1] for row in rows] == [
        "certificates verified",
        "certificates verified",
        "not encrypted, so there were no certificates",
        "certificates verified, but 1 of 2 items came unencrypted",
    ]


def test_a_schedule_numbers_on(bundle: Path, tmp_path: Path) -> None:
    """Every file of the captures is an item by itself, numbered from --start-at; it says where the next one begins."""
    said = written(bundle, tmp_path / "d.odt", "schedule", "--start-at", "58")
    text = text_of(tmp_path / "d.odt")
    numbers = [int(number) for number in re.findall(r"^(\d+)$", text, re.MULTILINE)]
    held = [path for path in (bundle / "data/captures").rglob("*") if path.is_file()]
    assert numbers == list(range(58, 58 + len(held)))
    assert f"the next schedule begins with --start-at {58 + len(held)}" in said
    for path in held:
        assert path.relative_to(bundle).as_posix() in text
    assert "described, where it was found, as: “smoke over the market”" in text
    assert "NOT WHOLE: the connection broke" in text


def test_what_was_not_checked_is_said(bundle: Path, tmp_path: Path) -> None:
    """Each paper says whose key and which times nobody checked, and that no file tells whether a post is true."""
    for form in FORMS:
        written(bundle, tmp_path / f"{form}.odt", form)
        text = text_of(tmp_path / f"{form}.odt")
        assert "Not checked: whose key" in text
        assert "Not checked: the times" in text
        assert "whether what was captured is true" in text


def test_a_bundle_that_does_not_match_makes_no_paper(bundle: Path, tmp_path: Path) -> None:
    """Of a bundle in which one byte is another, no paper is made; nor of a case, for which the next step is named."""
    [item, *_] = (bundle / "data/captures").glob("*/items/*.jpg")
    item.chmod(0o600)
    item.write_bytes(item.read_bytes()[:-1] + b"!")
    for form in FORMS:
        with pytest.raises(NotWhole, match="no paper is made"):
            draft_paper(bundle, PaperOptions(form=form), tmp_path / "no.odt")
    assert not (tmp_path / "no.odt").exists()
    result = CliRunner().invoke(main, ["paper", str(tmp_path / "OP-ALDER"), "--form", "schedule"])
    assert result.exit_code == Exit.UNCHECKED
    assert "goldenhour export" in result.stderr


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    """Markup, control characters and long lines from the network are shown as text, and become no element."""
    bundle = hostile_bundle(tmp_path)
    for form in ("statement", "certificate", "schedule"):
        witness = ["--witness", OFFICER] if form == "statement" else []
        written(bundle, tmp_path / f"{form}.odt", form, *witness)
        text = text_of(tmp_path / f"{form}.odt")
        assert HOSTILE[1] in text
        assert "\u202e" not in text
        assert "\\x1b[31m" in text
    with zipfile.ZipFile(tmp_path / "schedule.odt") as archive:
        content = etree.fromstring(archive.read("content.xml"))
    assert {etree.QName(each).localname for each in content.iter() } <= {
        "document-content", "scripts", "font-face-decls", "font-face", "automatic-styles", "style", "text-properties",
        "paragraph-properties", "table-properties", "table-column-properties", "table-row-properties",
        "table-cell-properties", "body", "text", "p", "h", "span", "s", "tab", "table", "table-column", "table-row",
        "table-cell", "table-header-rows",
    }  # fmt: skip


def test_as_pdf(bundle: Path, tmp_path: Path) -> None:
    """The same paper as PDF is tagged and holds the same words."""
    try:
        demand_printer()
    except ExportError as error:
        pytest.skip(f"{error}; {error.hint}")
    written(bundle, tmp_path / "s.pdf", "statement", "--format", "pdf")
    text = _pdf_text(tmp_path / "s.pdf")
    assert "DRAFT, unsigned" in text
    assert "as exhibit marked MP/2." in text
    assert "[…… occupation, rank and number ……]" in text
    told = subprocess.run(["pdfinfo", str(tmp_path / "s.pdf")], capture_output=True, check=True).stdout.decode()
    assert re.search(r"Tagged: +yes", told)


def test_a_draft_can_be_corrected(bundle: Path, tmp_path: Path) -> None:
    """The file is its owner's to change and nobody else's to read; one that is there already is kept."""
    out = tmp_path / "s.odt"
    written(bundle, out, "statement")
    assert out.stat().st_mode & 0o777 == 0o600
    command = ["paper", str(bundle), "--form", "statement", "-o", str(out), "--quiet"]
    assert CliRunner().invoke(main, command).exit_code == Exit.REFUSED
    inside = CliRunner().invoke(main, [*command[:4], "-o", str(bundle / "data/s.odt"), "--quiet"])
    assert inside.exit_code != 0
    assert not (bundle / "data/s.odt").exists()


def test_for_scripts(bundle: Path) -> None:
    """`--json` says what was written, beside the bundle under its name, and where the next schedule begins."""
    result = CliRunner().invoke(main, ["paper", str(bundle), "--form", "schedule", "--json", "--quiet"])
    found = msgspec.json.decode(result.stdout)
    assert found["path"] == f"{bundle}-schedule.odt"
    assert found["next"] == 1 + sum(path.is_file() for path in (bundle / "data/captures").rglob("*"))


def test_too_much_for_one_paper(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle with more rows than one paper holds is refused with what to do, before anything is laid out."""
    monkeypatch.setitem(drafting._MOST_ROWS, "odt", 5)
    with pytest.raises(TooMuch, match="a paper as ODT holds 5") as refused:
        draft_paper(bundle, PaperOptions(form="schedule"), tmp_path / "no.odt")
    assert "--start-at" in refused.value.hint


def test_where_the_writer_is_missing(bundle: Path, tmp_path: Path) -> None:
    """Without odfdo a sentence says what to install, and nothing is written."""
    script = (
        "import sys; sys.modules['odfdo'] = None; from cli import main;"
        f"main(['paper', {str(bundle)!r}, '--form', 'schedule', '--output', {str(tmp_path / 'no.odt')!r}])"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3]
    )
    assert result.returncode == Exit.REFUSED
    assert "-m pip install 'odfdo>=3.27'" in result.stderr
    assert not (tmp_path / "no.odt").exists()


def test_a_long_text_is_cut_and_says_so() -> None:
    """A text longer than a paper shows ends with where it is whole."""
    assert stated("a" * LONGEST) == "a" * LONGEST
    assert stated("a" * (LONGEST + 1)).endswith("… (cut here; whole in the bundle)")
