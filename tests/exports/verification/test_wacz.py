from __future__ import annotations

import hashlib
import json
import re
import zipfile
from typing import TYPE_CHECKING

import pytest

from exports.forms.conversion import convert
from exports.verification import MISMATCH, OK, UNCHECKED, Verification, verify
from tests.exports.bundles import bundle_of
from tests.exports.small_case import Thing, make_case, photo
from tests.exports.tampering import pack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Files = dict[str, bytes]
PACKAGE, DIGEST, INDEX = "datapackage.json", "datapackage-digest.json", "indexes/index.cdxj"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return the files of a WACZ of a page and a photo."""
    folder = tmp_path_factory.mktemp("whole")
    maker = make_case(folder)
    maker.capture([Thing("a.html", b"<p>dark", "page", "text/html"), Thing("a.jpg", photo(1))])
    with zipfile.ZipFile(convert(bundle_of(maker, folder / "bundle"), "wacz").path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def relisted(files: Files) -> Files:
    """Return the files with a list and a digest that fit them, as an attacker would write them."""
    package = json.loads(files[PACKAGE])
    for resource in package["resources"]:
        data = files.get(resource["path"], b"")
        resource |= {"hash": f"sha256:{hashlib.sha256(data).hexdigest()}", "bytes": len(data)}
    listed = json.dumps(package).encode()
    digest = json.dumps({"path": PACKAGE, "hash": f"sha256:{hashlib.sha256(listed).hexdigest()}"}).encode()
    return files | {PACKAGE: listed, DIGEST: digest}


def warc_of(files: Files) -> str:
    """Return the name of the WARC with the bodies."""
    (name,) = [name for name in files if name.startswith("archive/") and name.endswith("-bodies.warc.gz")]
    return name


def faults(found: Verification) -> list[str]:
    """Return every fault in words."""
    named = [f"altered {each.path}" for each in found.altered] + [f"missing {each.path}" for each in found.missing]
    named += [f"added {each.path}" for each in found.added]
    named += [f"{each.path}: {each.reason}" for each in found.problems]
    return named + [f"{each.path}: {each.reason}" for each in found.unchecked]


def test_a_whole_one_is_whole(whole: Files, tmp_path: Path) -> None:
    """A WACZ is whole as a file and unpacked; what that does not prove is said, and the bundle's seal is named."""
    path = pack(tmp_path / "a.wacz", whole)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "unpacked")
    for each in (path, tmp_path / "unpacked"):
        found = verify(each)
        assert (found.verdict, found.what, faults(found)) == (OK, "WACZ", [])
        assert "nothing in a WACZ says who made it" in found.notes[0]
        assert "bundle whose seal is" in found.notes[1]


@pytest.mark.parametrize("name", [0, 1, 2, 3, 4, 5])
def test_every_altered_file_is_named(whole: Files, tmp_path: Path, name: int) -> None:
    """A changed byte in any file is found."""
    target = sorted(whole)[name]
    data = bytearray(whole[target])
    data[len(data) // 2] ^= 1
    found = verify(pack(tmp_path / "a.wacz", whole | {target: bytes(data)}))
    assert found.verdict == MISMATCH


@pytest.mark.parametrize("name", [0, 1, 2, 3, 4, 5])
def test_every_missing_file_is_named(whole: Files, tmp_path: Path, name: int) -> None:
    """Without any one of its files a WACZ is not whole; without the digest of its list it cannot be checked."""
    target = sorted(whole)[name]
    found = verify(pack(tmp_path / "a.wacz", {each: data for each, data in whole.items() if each != target}))
    assert found.verdict == (UNCHECKED if target == DIGEST else MISMATCH)
    assert target in " ".join(faults(found))


def _extra_file(files: Files) -> Files:
    return files | {"pages/hidden.jsonl": b"{}"}


def _index(change: Callable[[bytes], bytes]) -> Callable[[Files], Files]:
    return lambda files: relisted(files | {INDEX: change(files[INDEX])})


def _offset(number: bytes) -> Callable[[bytes], bytes]:
    return lambda data: re.sub(rb'"offset":"[0-9]+"', b'"offset":"%b"' % number, data, count=1)


def _other_body(files: Files) -> Files:
    line = files[INDEX].splitlines(keepends=True)[0]
    digest = json.loads(line.split(b" ", 2)[2])["digest"].encode()
    return relisted(files | {INDEX: files[INDEX].replace(digest, b"sha256:" + b"0" * 64)})


def _cut_warc(files: Files) -> Files:
    return relisted(files | {warc_of(files): files[warc_of(files)][:-9]})


def _listed_twice(files: Files) -> Files:
    package = json.loads(files[PACKAGE])
    package["resources"] *= 2
    return relisted(files | {PACKAGE: json.dumps(package).encode()})


def _no_records(files: Files) -> Files:
    return {name: data for name, data in relisted(files).items() if not name.startswith("archive/")}


FORGERIES = {
    "added pages/hidden.jsonl": _extra_file,
    "is not what the index says it is": _index(lambda data: data.replace(b".html", b".htm0")),
    "does not match the index": _other_body,
    "answers that no index leads to": _index(lambda data: data.splitlines(keepends=True)[0]),
    "out of order": _index(lambda data: b"".join(sorted(data.splitlines(keepends=True), reverse=True))),
    "points twice": _index(lambda data: data + data.splitlines(keepends=True)[-1]),
    "not a line of an index": _index(lambda data: data + b"zz not json\n"),
    "no time, offset or length": _index(_offset(b"-1")),
    "no record at offset 1": _index(_offset(b"1")),
    "an index points to it, and it is not there": _index(lambda data: data.replace(b"-bodies.warc", b"-00002.warc")),
    "is cut off": _cut_warc,
    "lists ": _listed_twice,
    "holds no WARC": _no_records,
}


@pytest.mark.parametrize("said", FORGERIES)
def test_a_forger_who_fits_the_list_is_found_by_what_it_lists(whole: Files, tmp_path: Path, said: str) -> None:
    """Where list and digest were made to fit, what index and records contradict each other in is still found."""
    found = verify(pack(tmp_path / "a.wacz", FORGERIES[said](whole)))
    assert found.verdict == MISMATCH
    assert said in "; ".join(faults(found))


@pytest.mark.parametrize(
    "package",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"resources": 1}',
        b'{"resources": [{"path": 1}]}',
        b"[" * 100_000,
        b'{"resources": [{"path": "a", "hash": "sha256:\\ud800"}]}',
    ],
)
def test_a_list_that_is_none_is_a_fault_and_no_crash(whole: Files, tmp_path: Path, package: bytes) -> None:
    """Whatever stands in the place of the list, the answer is a verdict."""
    found = verify(pack(tmp_path / "a.wacz", whole | {PACKAGE: package}))
    assert found.verdict == MISMATCH
    assert "cannot be read" in "; ".join(faults(found))


def test_a_path_that_leads_out_is_refused(whole: Files, tmp_path: Path) -> None:
    """A list that names files outside of the WACZ is not followed."""
    package = json.loads(whole[PACKAGE])
    package["resources"].append({"path": "../../etc/passwd", "hash": "sha256:" + "0" * 64})
    found = verify(pack(tmp_path / "a.wacz", relisted(whole | {PACKAGE: json.dumps(package).encode()})))
    assert found.verdict != OK
    assert "leads out" in "; ".join(faults(found))
