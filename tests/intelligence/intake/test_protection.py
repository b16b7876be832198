"""What a protected source hands in: who it is stands in the originals, and in what is encrypted to the source unit."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import zipfile
import zlib
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from PIL import Image

from cli import main
from commands.exit import Exit
from exports.verification import verify
from hashing.files.user_folders import data_folder
from tests.exports.small_case import photo
from tests.intelligence.intake import handed_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

pytest.importorskip("pyrage", reason="the extra `sources` is not installed")
_TYPED = "Zoe Quicksand, 07700 900123"
_CANARIES = (b"Quicksand", b"quicksand", b"900123", b"CANARYSERIAL", b"agreed by hand")


def _canary_photo() -> bytes:
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x013B] = "Quicksand"  # artist
    exif.get_ifd(0x8769)[0xA431] = "CANARYSERIAL"
    exif.get_ifd(0x8769)[0x9003] = "2026:11:24 10:15:02"
    Image.new("RGB", (64, 48), "red").save(out, "JPEG", exif=exif, comment=b"of Quicksand")
    return out.getvalue()


def _canary_mail() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "Zoe Quicksand <zoe@quicksand.example>", "from Quicksand"
    mail["Date"], mail["Message-ID"] = "Tue, 24 Nov 2026 10:15:02 +0100", "<1@quicksand.example>"
    mail["Received"] = "from quicksand.example (192.0.2.7)"
    mail.set_content("The van was red.\nZoe Quicksand\n+44 7700 900123\nhttps://quicksand.example/me\n")
    mail.add_attachment(_canary_photo(), maintype="image", subtype="jpeg", filename="quicksand.jpg")
    return bytes(mail)


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Take in, from a source whose identity is kept, files that name the source in every way that there is."""
    folder, case = tmp_path / "Quicksand phone", tmp_path / "OP-ALDER"
    folder.mkdir()
    (folder / "quicksand.jpg").write_bytes(_canary_photo())
    (folder / "quicksand.eml").write_bytes(_canary_mail())
    chat = handed_in.CHAT.replace("Alice", "Zoe Quicksand").replace("hello", "I, Quicksand, saw it")
    files = {"quicksand/_chat.txt": chat.encode(), "quicksand/broken.zip": b"PK\3\4quicksand"}
    (folder / "quicksand.zip").write_bytes(handed_in.zipped(files, {"quicksand": "/home/quicksand"}))
    (folder / "quicksand.link").symlink_to("/home/quicksand")
    assert _typed("init", str(case), "--officer", "Mary Price").exit_code == Exit.OK
    (tmp_path / "unit.pub").write_text(_typed("source", "key", str(tmp_path / "unit.key")).stdout)
    added = _typed(
        "source", "add", "ALPHA-7", "--case", str(case), "--recipients", str(tmp_path / "unit.pub"), said=_TYPED
    )
    assert added.exit_code == Exit.OK, added.output
    return case


def _typed(*words: str, said: str = "") -> Result:
    officer = ("--officer", "Mary Price") if words[0] in {"intake", "grade", "export"} else ()
    return CliRunner().invoke(main, [*words, *officer], input=said)


def _intake(case: Path, *words: str) -> Result:
    folder = str(case.parent / "Quicksand phone")
    consent = ("--consent", "agreed by hand")
    return _typed("intake", folder, "--case", str(case), "--received-from", "ALPHA-7", *consent, *words)


def _all_bytes(folder: Path, *, but: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield every file below a folder, and whatever is compressed in it: gzip, zip, PDF."""
    for path in folder.rglob("*"):
        yield str(path.relative_to(folder)), b""
        if path.is_file() and (not but or but not in path.relative_to(folder).parts):
            yield from _unpacked(str(path), path.read_bytes())


def _unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, data
    if data.startswith(b"\x1f\x8b"):
        yield from _unpacked(f"{name}!", gzip.decompress(data))
    elif data.startswith(b"PK\3\4"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                yield from _unpacked(f"{name}!{entry.filename}", archive.read(entry))
    elif data.startswith(b"%PDF"):
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
            yield f"{name}!", zlib.decompressobj().decompress(stream) if stream[:1] == b"x" else stream


def _telling(folder: Path, *, but: str = "") -> list[tuple[str, bytes]]:
    return [
        (name, canary)
        for name, data in _all_bytes(folder, but=but)
        for canary in _CANARIES
        if canary in data or canary in name.encode()
    ]


def _confirmed(case: Path, folder: Path) -> list[str]:
    """Return the originals of MP/1 on which a recipient could try a name: whose digest stands in what went out."""
    originals = [path for path in case.glob("captures/*/items/*") if path.read_bytes() != photo(3)]
    assert any(path.name.endswith("-post.txt") for path in originals)
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest().encode() for path in originals}
    out = [
        data for path in folder.iterdir() if "openings" not in path.name for _, data in _unpacked("", path.read_bytes())
    ]
    return [name for name, digest in digests.items() if any(digest in data or digest.upper() in data for data in out)]


def test_who_it_is_stands_in_the_originals_alone(case: Path, tmp_path: Path) -> None:
    """No byte of case, report or lists but the originals names the source; nor does what the command prints."""
    ran = _intake(case)
    assert ran.exit_code == Exit.IN_PART, ran.output
    assert "kept     beside the identity of ALPHA-7, and not in the case: names of files; " in ran.stdout
    for named in ("From", "Received", "Message-ID", "serial number", "artist", "author"):
        assert named in ran.stdout
    assert not [canary for canary in _CANARIES if canary in ran.output.encode()]
    assert _telling(case, but="items") == []
    assert verify(case).verdict == "ok"
    out = tmp_path / "whole"
    refused = _typed("export", str(case), "--output", str(out))
    assert (refused.exit_code, out.exists()) == (Exit.REFUSED, False)
    assert "MP/1: originals of a protected source" in refused.stderr
    out.mkdir()
    ran = _typed("export", str(case), "--output", str(out / "bundle"), "--with-source-material", "--csv", "--case-uco")
    assert ran.exit_code == Exit.OK, ran.output
    assert verify(out / "bundle", report=True).verdict == "ok"
    assert _telling(out, but="items") == []
    assert _telling(data_folder()) == []


def test_a_sanitised_export_has_redacted_copies(case: Path, tmp_path: Path) -> None:
    """What goes out to others holds a copy in the place of each original, its proofs, and nothing of the source."""
    (tmp_path / "plain.jpg").write_bytes(photo(3))
    assert _intake(case).exit_code == Exit.IN_PART
    words = ("--case", str(case), "--received-from", "BETA-1")
    open_one = _typed("intake", str(tmp_path / "plain.jpg"), *words)
    assert "BETA-1: no identity is kept here" in open_one.stderr
    codes = ("--source", "2", "--information", "C", "--handling", "P")
    assert _typed("grade", "MP/1", "MP/2", "--case", str(case), *codes).exit_code == Exit.OK
    folder = tmp_path / "out"
    folder.mkdir()
    wanted = ("--sanitised", "--output", str(folder / "bundle.zip"), "--zip", "--csv", "--case-uco")
    ran = _typed("export", str(case), *wanted)
    assert ran.exit_code == Exit.OK, ran.output
    bare = "of a protected source, and withheld whole: only photos, mails and messages have redacted copies"
    assert any(line.startswith("note     MP/1-00") and line.endswith(bare) for line in ran.stdout.splitlines())
    assert verify(folder / "bundle.zip", report=True).verdict == "ok"
    assert _telling(folder) == []
    assert _confirmed(case, folder) == []
    with zipfile.ZipFile(folder / "bundle.zip") as archive:
        names = {name.partition("/")[2]: name for name in archive.namelist()}
        lines = [json.loads(line) for line in archive.read(names["data/items.jsonl"]).splitlines()]
        texts = [archive.read(name).decode() for name in sorted(names.values()) if name.endswith("redacted-text.txt")]
        copies = [Image.open(io.BytesIO(archive.read(name))) for name in names.values() if "redacted.jpg" in name]
    assert any("The van was red.\n█████ █████\n█████\n█████" in text for text in texts)
    assert any(text.startswith("participant 1: I, █████, saw it") for text in texts)
    assert {copy.size for copy in copies} == {(64, 48)}
    protected = [line for line in lines if line.get("withheld")]
    assert {line["exhibit"] for line in protected} == {"MP/1"}
    assert not [line for line in protected if line["path"] in names]
    assert {(line["size"], line["sha256"]) for line in protected} == {(0, "[withheld]")}
    assert [line["path"] in names for line in lines if line.get("exhibit") == "MP/2"] == [True]
    openings = str(folder / "bundle.zip.openings.json")
    opened = _typed("verify", str(folder / "bundle.zip"), "--openings", openings, "--json")
    assert opened.exit_code == Exit.OK
    [chat] = case.glob("captures/*/items/*-chat.txt")
    assert hashlib.sha256(chat.read_bytes()).hexdigest() in opened.stdout
    for form in ("statement", "certificate", "schedule"):
        assert _typed("paper", str(folder / "bundle.zip"), "--form", form).exit_code == Exit.OK
    assert _confirmed(case, folder) == []


def test_a_disclosure_without_content_has_no_copies(case: Path, tmp_path: Path) -> None:
    """Single items go out with their redacted copies and no original; whoever withholds the content withholds both."""
    assert _intake(case).exit_code == Exit.IN_PART
    for name, words, count in (("one", (), 1), ("none", ("--redact", "content"), 0)):
        out = tmp_path / name
        ran = _typed("export", str(case), "--only", "MP/1-0002", "--output", str(out), *words)
        assert ran.exit_code == Exit.OK, ran.output
        assert verify(out, report=True).verdict == "ok"
        assert len([path for path in out.rglob("working/*") if path.is_file()]) == count
        assert not list(out.rglob("items/*"))
        assert _telling(out) == []


def test_the_unit_reads_the_names(case: Path) -> None:
    """The source unit's key opens what was kept: names, headers, serial numbers, and why something was not opened."""
    assert _intake(case).exit_code == Exit.IN_PART
    key = str(case.parent / "unit.key")
    told = _typed("source", "open", "ALPHA-7", "--case", str(case), "--unit-key", key, "--names").stdout
    assert told.splitlines()[0] == _TYPED
    assert "MP/1  intake:  Quicksand phone\n" in told
    assert "MP/1  intake:  consent: agreed by hand\n" in told
    for kept in ("Quicksand phone/quicksand.jpg", "From: Zoe Quicksand", "CANARYSERIAL", "not a zip that can be read"):
        assert kept in told


def test_two_intakes_from_one_source(case: Path) -> None:
    """What a source hands in later is kept beside what it handed in before."""
    assert _intake(case).exit_code == Exit.IN_PART
    assert _intake(case).exit_code == Exit.IN_PART
    key = str(case.parent / "unit.key")
    told = _typed("source", "open", "ALPHA-7", "--case", str(case), "--unit-key", key, "--names").stdout
    assert {line.partition(" ")[0] for line in told.splitlines()[1:]} == {"MP/1", "MP/2"}


def test_a_name_that_cannot_be_kept_stops_the_intake(case: Path) -> None:
    """Where it is not known to whom names are encrypted, nothing is taken in."""
    [public] = data_folder().rglob("ALPHA-7.pub")
    public.unlink()
    refused = _intake(case)
    assert (refused.exit_code, "names of ALPHA-7's files are encrypted to whom it names" in refused.stderr) == (
        Exit.USAGE,
        True,
    )
    assert _telling(case) == []


def test_no_exhibit_says_that_a_protected_source_has_the_same(case: Path) -> None:
    """Somebody else hands in a file that a protected source has, before or after: no line of either says so."""
    words = ("--case", str(case), "--received-from", "BETA-1")
    shared = str(case.parent / "Quicksand phone" / "quicksand.jpg")
    assert _typed("intake", shared, *words).exit_code == Exit.OK
    assert _intake(case).exit_code == Exit.IN_PART
    again = _typed("intake", shared, *words)
    assert "1 item has bytes that the case had already" in again.stdout
    lines = {path.parent.name: path.read_text() for path in sorted(case.glob("captures/*/ledger.jsonl"))}
    first, protected, last = lines.values()
    assert ("same bytes as" in first, '"MP/1-0001"' in protected, '"MP/2-' in last) == (False, False, False)
    assert '"MP/1-0001"' in last


def test_a_source_whose_identity_is_out_of_reach_is_not_taken_for_an_open_one(case: Path, tmp_path: Path) -> None:
    """Where the folder is not mounted, or another computer has it, nothing is taken in: a ledger forgets no name."""
    assert _intake(case).exit_code == Exit.IN_PART
    absent = _intake(case, "--sources", str(tmp_path / "not mounted"))
    assert (absent.exit_code, "it is not known who is protected" in absent.stderr) == (Exit.UNCHECKED, True)
    (tmp_path / "elsewhere").mkdir()
    for words in (("--sources", str(tmp_path / "elsewhere")), ("--received-from", "alpha-7")):
        refused = _intake(case, *words)
        assert "ALPHA-7 is a protected source of this case" in refused.stderr
        assert refused.exit_code == Exit.USAGE
    assert len(list(case.glob("captures/*"))) == 1
    assert _telling(case, but="items") == []
