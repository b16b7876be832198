"""Bags of others: every intact one is intact, whatever its lists are written like; every other has its own reason."""

from __future__ import annotations

import hashlib
import unicodedata
import zipfile
from typing import TYPE_CHECKING

import pytest

from commands.exit import Exit
from exports.verification import verify
from tests.test_cli import typed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hashing.ledger.keys import SigningKey
    from tests.exports.small_case import CaseMaker

DECLARATION = "BagIt-Version: {version}\nTag-File-Character-Encoding: {encoding}\n"
NOTE = b"scene note\n"


def _bag(
    path: Path,
    *,
    version: str = "1.0",
    encoding: str = "UTF-8",
    algorithms: tuple[str, ...] = ("sha256",),
    between: str = "  ",
    named: str = "data/note.txt",
    on_disk: str = "data/note.txt",
    end: str = "\n",
) -> Path:
    file = path / on_disk
    file.parent.mkdir(parents=True)
    file.write_bytes(NOTE)
    (path / "bagit.txt").write_text(DECLARATION.format(version=version, encoding=encoding), newline="")
    for algorithm in algorithms:
        line = f"{hashlib.new(algorithm, NOTE).hexdigest()}{between}{named}{end}"
        (path / f"manifest-{algorithm}.txt").write_bytes(line.encode(encoding))
    return path


def _renamed(bag: Path, name: str) -> Path:
    (bag / "manifest-sha256.txt").rename(bag / name)
    return bag


def _beside(bag: Path, named: str, on_disk: str) -> Path:
    (bag / on_disk).write_bytes(other := b"a note beside it\n")
    with (bag / "manifest-sha256.txt").open("a") as listed:
        listed.write(f"{hashlib.sha256(other).hexdigest()}  {named}\n")
    return bag


INTACT: dict[str, Callable[[Path], Path]] = {
    "one blank": lambda path: _bag(path, between=" "),
    "two blanks": lambda path: _bag(path, between="  "),
    "tab": lambda path: _bag(path, between="\t"),
    "blanks and tabs": lambda path: _bag(path, between=" \t  "),
    "as of md5sum": lambda path: _bag(path, algorithms=("md5",), between=" *"),
    "md5": lambda path: _bag(path, algorithms=("md5",)),
    "sha1": lambda path: _bag(path, algorithms=("sha1",)),
    "sha512": lambda path: _bag(path, algorithms=("sha512",)),
    "several": lambda path: _bag(path, algorithms=("md5", "sha256", "sha512")),
    "dot slash": lambda path: _bag(path, named="./data/note.txt"),
    "carriage returns": lambda path: _bag(path, end="\r\n"),
    "no last line end": lambda path: _bag(path, end=""),
    "UTF-16": lambda path: _bag(path, encoding="UTF-16", on_disk="data/née.txt", named="data/née.txt"),
    "ISO-8859-1": lambda path: _bag(path, encoding="ISO-8859-1", on_disk="data/née.txt", named="data/née.txt"),
    "percent": lambda path: _bag(path, named="data/100%25.txt", on_disk="data/100%.txt"),
    "line end in a name": lambda path: _bag(path, named="data/a%0Ab.txt", on_disk="data/a\nb.txt"),
    "percent as it stands": lambda path: _bag(path, version="0.97", named="data/%7Ea", on_disk="data/%7Ea"),
    "paths of Windows": lambda path: _bag(path, named="data\\a\\note.txt", on_disk="data/a/note.txt"),
    "SHA-256 in a list's name": lambda path: _renamed(_bag(path), "manifest-SHA-256.txt"),
    "percent beside what it could mean": lambda path: _beside(
        _bag(path, named="data/a%2525", on_disk="data/a%25"), "data/a%25", "data/a%"
    ),
    "0.93": lambda path: _bag(path, version="0.93"),
    "0.97": lambda path: _bag(path, version="0.97"),
    "a name in two Unicode forms": lambda path: _bag(
        path, named="data/café.txt", on_disk=unicodedata.normalize("NFD", "data/café.txt")
    ),
}


@pytest.mark.parametrize("name", INTACT)
def test_an_intact_bag_is_intact(tmp_path: Path, name: str) -> None:
    """It is intact by the standard and not sealed: unchecked, and whole where that is accepted; altered, it is not."""
    bag = INTACT[name](tmp_path / "bag")
    found = verify(bag)
    assert (found.what, found.verdict) == ("bag", "unchecked")
    [unchecked] = found.unchecked
    assert unchecked.reason.startswith("intact by RFC 8493, not sealed by goldenhour")
    assert verify(bag, accept_bag=True).verdict == "ok"
    next(file for file in (bag / "data").rglob("*") if file.is_file()).write_bytes(b"another note\n")
    spoilt = verify(bag, accept_bag=True)
    assert (spoilt.verdict, len(spoilt.problems)) == ("mismatch", 0)
    assert spoilt.altered


def test_two_unicode_forms_are_said_in_one_line(tmp_path: Path) -> None:
    """A name in the form NFC in the list and NFD on disk is found, and that is said."""
    bag = INTACT["a name in two Unicode forms"](tmp_path / "bag")
    [note] = [note for note in verify(bag).notes if "NFC" in note]
    assert "written in two Unicode forms" in note


def _write(name: str, text: str) -> Callable[[Path], object]:
    return lambda bag: (bag / name).write_text(text, newline="")


SUM = hashlib.sha256(NOTE).hexdigest()
BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no version": (_write("bagit.txt", "Tag-File-Character-Encoding: UTF-8\n"), "its version is not a number"),
    "version .97": (
        _write("bagit.txt", DECLARATION.format(version=".97", encoding="UTF-8")),
        "its version is not a number",
    ),
    "no encoding": (_write("bagit.txt", "BagIt-Version: 1.0\n"), "does not name the encoding"),
    "blank before colon": (
        _write("bagit.txt", "BagIt-Version : 1.0\nTag-File-Character-Encoding : UTF-8\n"),
        "blank before a colon",
    ),
    "mark": (_write("bagit.txt", "\ufeff" + DECLARATION.format(version="1.0", encoding="UTF-8")), "byte order mark"),
    "more lines": (
        _write("bagit.txt", DECLARATION.format(version="1.0", encoding="UTF-8") + "More: 1\n"),
        "other lines than the two",
    ),
    "listed twice": (
        _write("manifest-sha256.txt", f"{SUM}  data/note.txt\n{SUM}  data/note.txt\n"),
        "RFC 8493 allows it once",
    ),
    "two hashes": (
        _write("manifest-sha256.txt", f"{SUM}  data/note.txt\n{'0' * 64}  data/note.txt\n"),
        "twice, with different hashes",
    ),
    "not in every list": (
        _write("manifest-md5.txt", f"{hashlib.md5(b'x').hexdigest()}  data/other.txt\n"),  # noqa: S324 - a bag's list
        "does not list data/note.txt",
    ),
    "no hash list": (_write("manifest-sha256.txt", "hello\n"), "line 1 is not a line of a hash list"),
    "outside the payload": (_write("manifest-sha256.txt", f"{SUM}  bagit.txt\n"), "which belongs elsewhere"),
    "home": (_write("manifest-sha256.txt", f"{SUM}  ~/note.txt\n"), "which belongs elsewhere"),
    "above it": (_write("manifest-sha256.txt", f"{SUM}  data/../../x\n"), "leads out"),
    "absolute": (_write("manifest-sha256.txt", f"{SUM}  /etc/passwd\n"), "leads out"),
    "Windows": (_write("manifest-sha256.txt", f"{SUM}  C:\\x\n"), "leads out"),
    "fetched outside": (_write("fetch.txt", "https://a.example/x - ../x\n"), "leads out"),
    "fetched beside": (_write("fetch.txt", "https://a.example/x - ~/x\n"), "outside of data/"),
    "sum of the payload": (_write("bag-info.txt", "Payload-Oxum: 12.1\n"), "states 12 bytes in 1 files"),
    "added": (_write("data/more.txt", "x"), "data/more.txt"),
    "missing": (lambda bag: (bag / "data" / "note.txt").unlink(), "data/note.txt"),
    "missing tag file": (_write("tagmanifest-sha256.txt", f"{SUM}  bag-info.txt\n"), "bag-info.txt"),
    "no declaration": (lambda bag: (bag / "bagit.txt").unlink(), "bagit.txt"),
    "no list at all": (lambda bag: (bag / "manifest-sha256.txt").unlink(), "manifest-sha256.txt"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_bag_is_refused_for_its_own_reason(tmp_path: Path, name: str) -> None:
    """What breaks the standard, or is not as it is listed, is never accepted, and the reason names what it is."""
    bag = _bag(tmp_path / "bag")
    spoil, reason = BROKEN[name]
    spoil(bag)
    found = verify(bag, accept_bag=True)
    assert found.verdict != "ok"
    said = [problem.reason for problem in found.problems] + [unchecked.reason for unchecked in found.unchecked]
    said += [added.path for added in found.added] + [missing.path for missing in found.missing]
    assert any(reason in each for each in said), said


def test_what_is_to_be_fetched_could_not_be_checked(tmp_path: Path) -> None:
    """A file that fetch.txt promises is not missing: it could not be checked."""
    bag = _bag(tmp_path / "bag")
    (bag / "fetch.txt").write_text("https://a.example/note.txt 11 data/note.txt\n")
    (bag / "data" / "note.txt").unlink()
    found = verify(bag, accept_bag=True)
    assert (found.verdict, found.missing) == ("unchecked", ())
    assert "to be fetched" in found.unchecked[0].reason


def test_an_unknown_algorithm_could_not_be_checked(tmp_path: Path) -> None:
    """A list by an algorithm that is not known here is no mismatch."""
    bag = _bag(tmp_path / "bag")
    (bag / "manifest-sha256.txt").rename(bag / "manifest-whirlpool9.txt")
    assert verify(bag, accept_bag=True).verdict == "unchecked"


def test_the_exit_code_says_what_an_intact_bag_is_worth(tmp_path: Path, key: SigningKey) -> None:
    """As typed: 6 by itself, 0 with --bag, 6 with a key demanded all the same; a zip of it is to be unpacked."""
    _bag(tmp_path / "bag", algorithms=("md5",))
    with zipfile.ZipFile(tmp_path / "bag.zip", "w") as archive:
        for file in (tmp_path / "bag").rglob("*"):
            archive.write(file, file.relative_to(tmp_path))
    (tmp_path / "key.pem").write_text(key.public.pem())
    alone = typed("verify", "bag", cwd=tmp_path)
    assert alone.returncode == Exit.UNCHECKED
    assert "intact by RFC 8493, not sealed by goldenhour" in alone.stdout
    assert typed("verify", "bag", "--bag", cwd=tmp_path).returncode == Exit.OK
    assert typed("verify", "bag", "--bag", "--key", "key.pem", cwd=tmp_path).returncode == Exit.UNCHECKED
    packed = typed("verify", "bag.zip", "--bag", cwd=tmp_path)
    assert packed.returncode == Exit.UNCHECKED
    assert "unpack it with another program, and verify the folder" in packed.stdout


def test_a_bundle_of_ours_without_its_seal_is_told_as_such(maker: CaseMaker, tmp_path: Path) -> None:
    """Whoever takes the seal and the manifest out of a bundle does not make an intact bag of others of it."""
    capture = next((maker.path / "captures").iterdir())
    bag = tmp_path / "bag"
    files = {f"data/captures/{capture.name}/ledger.jsonl": (capture / "ledger.jsonl").read_bytes()}
    lines = ""
    for name, data in files.items():
        (bag / name).parent.mkdir(parents=True)
        (bag / name).write_bytes(data)
        lines += f"{hashlib.sha256(data).hexdigest()}  {name}\n"
    (bag / "manifest-sha256.txt").write_text(lines)
    (bag / "bagit.txt").write_text(DECLARATION.format(version="1.0", encoding="UTF-8"))
    found = verify(bag, accept_bag=True)
    assert (found.what, found.verdict) == ("bundle", "mismatch")
    assert "whose seal and manifest were taken out" in found.problems[0].reason


def test_a_payload_with_common_names_is_not_taken_for_ours(tmp_path: Path) -> None:
    """A bag of others may hold a manifest.json or case.json of its own."""
    bag = _bag(tmp_path / "bag", named="data/manifest.json", on_disk="data/manifest.json")
    assert verify(bag, accept_bag=True).verdict == "ok"


def test_a_zip_that_macos_made_anew_says_so(tmp_path: Path) -> None:
    """A zip with __MACOSX beside its folder gets a sentence that explains, and what to do."""
    _bag(tmp_path / "bag")
    with zipfile.ZipFile(tmp_path / "bag.zip", "w") as archive:
        for file in (tmp_path / "bag").rglob("*"):
            archive.write(file, file.relative_to(tmp_path))
        archive.writestr("__MACOSX/bag/._bagit.txt", b"\0\5\x16\7")
    [unchecked] = verify(tmp_path / "bag.zip").unchecked
    assert "macOS has packed it anew" in unchecked.reason
    assert "unpack it" in unchecked.reason
