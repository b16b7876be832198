"""Whatever a stranger puts into a bundle, verification takes bounded memory: measured in a process of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
import zlib
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exports.disclosure.openings import LARGEST, load_openings, parse_openings
from exports.format.budget import NameBudget
from exports.format.zip_form import ZipEntry, end_records
from exports.verification import verify
from hashing.errors import BadFormat, Unreadable
from tests.exports.bundles import bundle_of
from tests.exports.small_case import Thing, make_case, photo
from tests.exports.tampering import pack, rewrite, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MOST = 300 << 20
"""Bytes: what a verification may take of anything that is no case of hundreds of thousands of items."""
ROOT = Path(__file__).parents[3]
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return the files of a bundle."""
    folder = tmp_path_factory.mktemp("whole")
    maker = make_case(folder)
    maker.capture([Thing("one.jpg", photo(1)), Thing("a.html", b"<p>dark", "page", "text/html", text="dark")])
    return unpack(bundle_of(maker, folder / "bundle.zip").read_bytes())


def _measured(path: Path) -> tuple[str, int]:
    words = [sys.executable, "-m", "tests.exports.verification.peak_memory", str(path)]
    done = subprocess.run(words, check=True, capture_output=True, text=True, cwd=ROOT, timeout=600)
    verdict, peak = json.loads(done.stdout)
    return verdict, peak


def _named(files: Files, name: str) -> str:
    return next(each for each in files if each.endswith(name))


def _gzip(pieces: Iterator[bytes]) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*map(packer.compress, pieces), packer.flush()])


def _zeros(count: int) -> Iterator[bytes]:
    return (bytes(1 << 20) for _ in range(count))


def _record_of(size: int) -> bytes:
    """Return a WARC record whose block unpacks to very many bytes."""
    head = f"WARC/1.1\r\nWARC-Type: resource\r\nContent-Length: {size << 20}\r\n\r\n".encode()
    return _gzip(iter([head, *_zeros(size), b"\r\n\r\n"]))


def _many(line: bytes, megabytes: int) -> bytes:
    return line * ((megabytes << 20) // len(line))


def _numbered(line: str, megabytes: int) -> bytes:
    return "".join(line % number for number in range((megabytes << 20) // len(line % 1_000_000))).encode()


def _dictionary(name: str, megabytes: int) -> bytes:
    return b'{"event":"exported","%s":{%s"z":"z"}}' % (
        name.encode(),
        _numbered('"%07d":"%%d",'.replace("%%d", ""), megabytes),
    )


def _altered(files: Files) -> None:
    files[_named(files, "one.jpg")] += b"0"


def _removed(files: Files) -> None:
    del files[_named(files, "one.jpg")]


def _added(files: Files) -> None:
    files["bundle/data/captures/more"] = b"0"


def _exchange_elsewhere(files: Files) -> None:
    name = _named(files, ".warc.gz")
    files[name] = files[name][1:]


TAMPERINGS: dict[str, Callable[[Files], None]] = {
    "nothing": lambda _files: None,
    "altered": _altered,
    "removed": _removed,
    "added": _added,
    "an exchange file": _exchange_elsewhere,
}

HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a manifest of lists": ("data/manifest.json", lambda: b"[" + b"[]," * (5 << 18) + b"[]]"),
    "a manifest of nested lists": ("data/manifest.json", lambda: b"[" * (5 << 20)),
    "a manifest of captures": ("data/manifest.json", lambda: b'{"format":"","captures":[' + _many(b"{},", 5) + b"{}]}"),
    "a manifest that is one text": ("data/manifest.json", lambda: b'{"format":"' + b"a" * (20 << 20) + b'"}'),
    "a hash list of empty lines": ("/manifest-sha256.txt", lambda: b"\n" * (20 << 20)),
    "a hash list of one line": ("/manifest-sha256.txt", lambda: b"a" * (20 << 20)),
    "a hash list of very many files": ("/manifest-sha256.txt", lambda: _numbered("0" * 64 + "  data/%07d\n", 40)),
    "a list of tag files without end": ("tagmanifest-sha256.txt", lambda: _numbered("0" * 64 + "  seal/%07d\n", 40)),
    "an export of very many digests": ("seal/export.json", lambda: _dictionary("files", 15)),
    "an export of very many lines": ("seal/export.json", lambda: b'{"custody":[' + b"1," * (4 << 20) + b"1]}"),
    "proofs without end": ("seal/consistency", lambda: b"9\n" + _many(b"1 " + b"A" * 43 + b"=\n", 15)),
    "a checkpoint of very many signatures": (
        "seal/checkpoint",
        lambda: b"a\n1\nb\n\n" + _many("— a AAAAAAAA\n".encode(), 15),
    ),
    "a ledger of broken lines": ("ledger.jsonl", lambda: b"{}\n" * (5 << 18)),
    "a ledger of one line": ("ledger.jsonl", lambda: b"{" + b" " * (20 << 20)),
    "a ledger of items": (
        "ledger.jsonl",
        lambda: _numbered('{"event":"failed","time":"","url":"%07d","reason":""}\n', 20),
    ),
    "a record that unpacks to far more": (".warc.gz", lambda: _record_of(400)),
    "a record whose head unpacks to far more": (".warc.gz", lambda: _gzip(_zeros(400))),
    "very many records": (
        ".warc.gz",
        lambda: _many(_gzip(iter([b"WARC/1.1\r\nContent-Length: 0\r\n\r\n\r\n\r\n"])), 8),
    ),
    "a case file of one text": ("case.json", lambda: b'{"format":"' + b"a" * (20 << 20) + b'"}'),
    "a page of the report": ("report.html", lambda: b"<p>" * (8 << 20)),
    "a log of custody": ("custody.json", lambda: b"[" + b"{}," * (5 << 18) + b"{}]"),
}


@pytest.mark.sample(5)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_bundle_of_a_stranger_takes_little_memory(name: str, whole: Files, tmp_path: Path) -> None:
    """A file that is far larger than any of its kind, or unpacks to far more, is a fault and costs little memory."""
    ending, data = HOSTILE[name]
    verdict, peak = _measured(pack(tmp_path / "bundle.zip", {**whole, _named(whole, ending): data()}))
    assert verdict != "ok"
    assert peak < MOST, f"{peak >> 20} MiB"


@pytest.mark.sample(1)
@pytest.mark.parametrize(("event", "lines"), [("item", 160_000), ("exchange", 149_000)])
def test_a_ledger_of_very_many_lines_takes_little_memory(event: str, lines: int, whole: Files, tmp_path: Path) -> None:
    """Items and exchanges by the hundred thousand are compared within the bound."""
    name = _named(whole, "ledger.jsonl")
    first, *others = whole[name].splitlines(keepends=True)
    line = next(each for each in others if f'"event":"{event}"'.encode() in each)
    named = re.compile(rb"(?<=[0-9]-)0001(?=[-\"])|(?<=\"exchange\":)1|(?<=urn:uuid:)[0-9a-f]{8}")
    many = b"".join(named.sub(b"%08d" % number, line) for number in range(10_000_000, 10_000_000 + lines))
    verdict, peak = _measured(pack(tmp_path / "bundle.zip", {**whole, name: first + many}))
    assert (verdict != "ok", peak < MOST) == (True, True), f"{peak >> 20} MiB"


def test_a_ledger_of_long_lines_takes_little_memory(whole: Files, tmp_path: Path) -> None:
    """Items whose words fill megabytes each are not kept by the hundred."""
    name = _named(whole, "ledger.jsonl")
    first, *others = whole[name].splitlines(keepends=True)
    line = next(each for each in others if b'"event":"item"' in each)
    long = b"".join(
        line.replace(b"-0001", b"-%04d" % each).replace(b'"url":"', b'"url":"' + b"a" * (3 << 20))
        for each in range(130)
    )
    verdict, peak = _measured(pack(tmp_path / "bundle.zip", {**whole, name: first + long}))
    assert (verdict, peak < MOST) == ("mismatch", True), f"{peak >> 20} MiB"


@pytest.mark.parametrize("change", [*TAMPERINGS])
def test_what_is_looked_up_on_the_disk_is_judged_alike(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a verification looks things up in a table on the disk it finds what it finds in memory, fault by fault."""
    maker = make_case(tmp_path)
    maker.capture([Thing("one.jpg", photo(1)), Thing("a.html", b"<p>dark", "page", "text/html", text="dark")])
    bundle = bundle_of(maker, tmp_path / "bundle.zip")
    files = unpack(bundle.read_bytes())
    TAMPERINGS[change](files)
    pack(tmp_path / "changed.zip", files)
    held = verify(tmp_path / "changed.zip")
    monkeypatch.setattr("exports.format.lookup.HELD", 1)
    assert verify(tmp_path / "changed.zip") == held
    assert held.verdict == ("ok" if change == "nothing" else "mismatch")
    assert verify(maker.path).verdict == "ok"


def test_openings_of_any_size_take_little_memory(tmp_path: Path) -> None:
    """A file of openings that is larger than any is not read, nor is one of the largest size too much."""
    head, line = b'{"format":"","case":"","bundle":"","openings":[', b'{"capture":"","line":0,"of":"","withheld":[]},'
    with pytest.raises(BadFormat, match="knows"):
        parse_openings(head + line + line[:-1] + b"]}", "a")
    (tmp_path / "large").write_bytes(b" " * (LARGEST + 1))
    with pytest.raises(Unreadable, match="larger than"):
        load_openings(tmp_path / "large")


def test_very_many_files_take_little_memory(whole: Files, tmp_path: Path) -> None:
    """A zip of tens of thousands of files that nobody sealed, in a few megabytes, costs little memory."""
    more = {f"bundle/data/{number:05d}": b"" for number in range(60_000)}
    verdict, peak = _measured(pack(tmp_path / "bundle.zip", {**whole, **more}))
    assert (verdict, peak < MOST) == ("mismatch", True), f"{peak >> 20} MiB"


def _zip_of(path: Path, files: Iterable[tuple[str, bytes]]) -> Path:
    """Write a zip in goldenhour's form, a file at a time."""
    entries, offset, size = list[ZipEntry](), 0, 0
    with path.open("xb") as out:
        for name, data in files:
            entries.append(ZipEntry(name, len(data), zlib.crc32(data), offset))
            offset += out.write(entries[-1].local() + data)
        for entry in entries:
            size += out.write(entry.central())
        out.write(end_records(len(entries), size, offset))
    return path


def test_files_by_the_hundred_thousand_take_little_memory(whole: Files, tmp_path: Path) -> None:
    """Hundreds of thousands of files, each of them in the list of the payload, stay within the bound."""
    folder = _named(whole, "ledger.jsonl").rpartition("/")[0]
    names = [f"{folder}/items/{number:07d}-photo.jpg" for number in range(235_000)]
    listed = "".join(f"{sha256().hexdigest()}  {name.partition('/')[2]}\n" for name in names).encode()
    files = {**whole, _named(whole, "/manifest-sha256.txt"): whole[_named(whole, "/manifest-sha256.txt")] + listed}
    path = _zip_of(tmp_path / "bundle.zip", chain(files.items(), ((name, b"") for name in names)))
    verdict, peak = _measured(path)
    assert (verdict, peak < MOST) == ("mismatch", True), f"{peak >> 20} MiB"


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    "names",
    [
        (f"bundle/data/{number:07d}" for number in range(400_000)),
        (f"bundle/{number:04d}/{'a/' * 1900}x" for number in range(1_000)),
        (f"bundle/{number:04d}{chr(0x2603) * 1300}" for number in range(50_000)),
    ],
    ids=["many", "deep", "long"],
)
def test_very_many_names_take_little_memory(names: Iterator[str], tmp_path: Path) -> None:
    """A zip of 400,000 files, of long names, or of names that name millions of folders, costs little memory."""
    verdict, peak = _measured(_zip_of(tmp_path / "bundle.zip", ((name, b"") for name in names)))
    assert (verdict, peak < MOST) == ("unchecked", True), f"{peak >> 20} MiB"


def test_more_deep_folders_than_are_verified_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deep folders beyond all that a case has are refused, in words that say what to do; others are no such matter."""
    budget = NameBudget(10_000)
    monkeypatch.setattr("exports.format.folder_tree.NameBudget", lambda: budget)
    for number in range(300):
        (tmp_path / f"{number}").mkdir()
    [refused] = verify(tmp_path).unchecked
    assert refused.reason.startswith("not a case")
    for number in range(60):
        (tmp_path / f"{number}" / "/".join("abcdefghi")).mkdir(parents=True)
    [refused] = verify(tmp_path).unchecked
    assert refused.reason.startswith("more deep folders than goldenhour verifies at once: no case")


def test_a_bomb_of_deflate_takes_little_memory(whole: Files, tmp_path: Path) -> None:
    """A manifest of 400 MiB in a megabyte of zip is not unpacked: goldenhour writes no such zip."""
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in whole.items():
            if name.endswith("manifest.json"):
                with archive.open(name, "w") as entry:
                    for piece in _zeros(400):
                        entry.write(piece)
            else:
                archive.writestr(name, data)
    verdict, peak = _measured(tmp_path / "bundle.zip")
    assert (verdict, peak < MOST) == ("unchecked", True), f"{peak >> 20} MiB"


@pytest.mark.parametrize(
    "ending", ["manifest-sha256.txt", "manifest.json", "ledger.jsonl", "seal/export.json", "one.jpg"]
)
def test_a_file_with_a_hole_takes_little_memory(ending: str, whole: Files, tmp_path: Path) -> None:
    """A file of a folder that was grown by a hole, which takes no room on the disk, is a fault as any other."""
    for name, data in whole.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        rewrite(tmp_path / name, data)
    with (tmp_path / _named(whole, ending)).open("r+b") as file:
        file.truncate(400 << 20)
    verdict, peak = _measured(tmp_path / "bundle")
    assert (verdict != "ok", peak < MOST) == (True, True), f"{peak >> 20} MiB"


def test_a_list_of_a_wacz_takes_little_memory(tmp_path: Path) -> None:
    """A WACZ that lists very many files, or one of them over and over, costs little memory."""
    listed = b'{"resources":[' + _many(b'{"path":"a"},', 15) + b'{"path":"a"}]}'
    path = pack(tmp_path / "a.wacz", {"datapackage.json": listed, "datapackage-digest.json": b"{}"})
    verdict, peak = _measured(path)
    assert (verdict, peak < MOST) == ("mismatch", True), f"{peak >> 20} MiB"
