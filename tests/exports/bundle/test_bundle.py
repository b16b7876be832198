from __future__ import annotations

import base64
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import bagit
import msgspec
import pytest

from exports.bundle import Bundle, export_bundle
from exports.format.sealed_file import SealedFile, SealedFileReader
from exports.verification import verify
from hashing.case.capture_folder import CHECKPOINT
from hashing.case.events import CaptureSealed, Exported, decode_case_event
from hashing.case.facts import Fact
from hashing.errors import WouldOverwrite
from hashing.ledger.checkpoint import open_checkpoint
from hashing.ledger.merkle import leaf_hash, verify_inclusion
from tests.exports.small_case import OFFICER, CaseMaker, Thing, make_case, photo

if TYPE_CHECKING:
    from collections.abc import Callable

TAGS = {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "README.txt"}


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case with two sealed captures."""
    maker = make_case(tmp_path)
    maker.capture([Thing("page.html", b"<p>hi", "page", "text/html", text="hi\nthere"), Thing("p.jpg", photo())])
    maker.capture([Thing("q.jpg", photo(2))], "https://news.example/other.html")
    return maker


def export(maker: CaseMaker, output: Path | None = None, **options: object) -> Bundle:
    """Export with the case's own key."""
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=output, **options)  # type: ignore[arg-type] # options are those of export_bundle


def files_of(folder: Path) -> set[str]:
    """Return the relative path of every file."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def test_layout(maker: CaseMaker, tmp_path: Path) -> None:
    """A bundle holds its tag files, the case's files as they are, the manifest, the report, the seal, and no more."""
    bundle = export(maker, tmp_path / "out")
    captures = {path.name: path for path in maker.case.captures()}
    expected = TAGS | {"data/case.json", "data/custody.json", "data/items.jsonl", "data/manifest.json"}
    expected |= {"data/report.html"}
    expected |= {"seal/checkpoint", "seal/public-key.pem", "seal/export.json", "seal/export.proof", "seal/consistency"}
    expected |= {"seal/case.json", "seal/case.proof"}
    for name, path in captures.items():
        expected |= {f"data/captures/{name}/{file}" for file in files_of(path)}
        expected |= {f"seal/captures/{name}.json", f"seal/captures/{name}.proof"}
        expected |= {f"seal/registered/{name}.json", f"seal/registered/{name}.proof"}
    pages = {name for name in files_of(bundle.path) if name.startswith("data/report/")}
    assert {name.rpartition(".")[2] for name in pages} == {"html", "jpg"}
    assert files_of(bundle.path) - pages == expected
    for name, path in captures.items():
        for file in files_of(path):
            assert (bundle.path / "data/captures" / name / file).read_bytes() == (path / file).read_bytes()
    assert set(bundle.captures) == set(captures)
    assert (bundle.items, bundle.left_out) == (3, ())
    assert bundle.bytes == 5 + len(photo()) + len(photo(2))


def test_bagit_judges_it_valid(maker: CaseMaker, tmp_path: Path) -> None:
    """The BagIt reference implementation finds the bundle complete and valid, and notices one file more."""
    bundle = export(maker, tmp_path / "out")
    command = [sys.executable, str(Path(sys.executable).with_name("bagit.py")), "--validate", str(bundle.path)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    bag = bagit.Bag(str(bundle.path))
    assert bag.info["External-Identifier"] == [maker.case.info.id, "MP/1", "MP/2"]
    assert bag.info["Bag-Software-Agent"].startswith("goldenhour")
    (bundle.path / "data" / "one-more").write_bytes(b"")
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("name", ["manifest-sha256.txt", "tagmanifest-sha256.txt"])
def test_sha256sum_judges_it_whole(maker: CaseMaker, tmp_path: Path, name: str) -> None:
    """Coreutils accept both lists, strictly."""
    bundle = export(maker, tmp_path / "out")
    checked = subprocess.run(["sha256sum", "--strict", "--quiet", "-c", name], cwd=bundle.path, check=False)
    assert checked.returncode == 0


def test_we_judge_it_whole(maker: CaseMaker, tmp_path: Path) -> None:
    """Our own verification accepts the bundle as folder and as zip."""
    assert verify(export(maker, tmp_path / "out").path).verdict == "ok"
    assert verify(export(maker, tmp_path / "out.zip", zipped=True).path).verdict == "ok"


def test_seal(maker: CaseMaker, tmp_path: Path) -> None:
    """The seal is the case's checkpoint, and the proofs tie the export and every capture to it."""
    bundle = export(maker, tmp_path / "out")
    seal = bundle.path / "seal"
    checkpoint = open_checkpoint((seal / "checkpoint").read_bytes(), maker.key.public)
    assert checkpoint.fingerprint() == bundle.fingerprint
    assert (seal / "public-key.pem").read_text() == maker.key.public.pem()

    def _proven(line: Path) -> bytes:
        index, size, *hashes = line.with_suffix(".proof").read_text().split()
        proof = [base64.b64decode(each) for each in hashes]
        assert int(size) == checkpoint.size
        assert verify_inclusion(int(index), int(size), leaf_hash(line.read_bytes()), proof, checkpoint.root)
        return line.read_bytes()

    exported = decode_case_event(_proven(seal / "export.json"))
    assert isinstance(exported, Exported)
    assert set(exported.files) == {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "README.txt"}
    for name, digest in exported.files.items():
        assert sha256((bundle.path / name).read_bytes()).hexdigest() == digest
    assert exported.captures == bundle.captures
    for capture in bundle.captures:
        sealed = decode_case_event(_proven(seal / "captures" / f"{capture}.json"))
        assert isinstance(sealed, CaptureSealed)
        note = (bundle.path / "data/captures" / capture / CHECKPOINT).read_bytes()
        assert sealed.checkpoint_sha256 == sha256(note).hexdigest()


def test_json(maker: CaseMaker, tmp_path: Path) -> None:
    """What is said of a bundle can be said to a program."""
    bundle = export(maker, tmp_path / "out", exhibits=["MP/1"])
    told = json.loads(json.dumps(bundle.to_json()))
    assert (told["path"], told["captures"], told["items"]) == (str(bundle.path), list(bundle.captures), 2)
    assert (told["fingerprint"], told["left_out"]) == (bundle.fingerprint, [])


def test_export_is_recorded_in_the_case(maker: CaseMaker, tmp_path: Path) -> None:
    """The case's ledger says which bundle was made, of what and by whom."""
    export(maker, tmp_path / "out", exhibits=["MP/2"])
    recorded = [event for event in maker.case.events() if isinstance(event, Exported)]
    assert [(event.bundle, event.exhibits, event.officer) for event in recorded] == [("out", ("MP/2",), OFFICER)]


def test_one_exhibit(maker: CaseMaker, tmp_path: Path) -> None:
    """Only the capture whose exhibit is named goes into the bundle."""
    bundle = export(maker, tmp_path / "out", exhibits=["MP/2"])
    assert [path.name for path in (bundle.path / "data" / "captures").iterdir()] == list(bundle.captures)
    manifest = msgspec.json.decode((bundle.path / "data" / "manifest.json").read_bytes())
    assert [capture["started"]["exhibit"] for capture in manifest["captures"]] == ["MP/2"]


def test_only_the_owner_may_read(maker: CaseMaker, tmp_path: Path) -> None:
    """Folders and files of a bundle, and a zip, are their owner's alone, and files are read-only."""
    bundle = export(maker, tmp_path / "out").path
    for path in [bundle, *bundle.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o400), path
    assert stat.S_IMODE(export(maker, tmp_path / "out.zip", zipped=True).path.stat().st_mode) == 0o400


def test_zip(maker: CaseMaker, tmp_path: Path) -> None:
    """A zip has one folder at its top, bagit.txt first, nothing compressed, and unpacks into a valid bag."""
    bundle = export(maker, tmp_path / "OP.zip", zipped=True)
    with zipfile.ZipFile(bundle.path) as packed:
        assert packed.testzip() is None
        names = packed.namelist()
        assert names[0] == "OP/bagit.txt"
        assert all(name.startswith("OP/") for name in names)
        assert len(set(names)) == len(names)
        assert {info.compress_type for info in packed.infolist()} == {zipfile.ZIP_STORED}
        packed.extractall(tmp_path / "unpacked")
    bagit.Bag(str(tmp_path / "unpacked" / "OP")).validate()
    assert subprocess.run(["unzip", "-tq", bundle.path], capture_output=True, check=False).returncode == 0


def test_zip_and_folder_hold_the_same(maker: CaseMaker, tmp_path: Path) -> None:
    """The same case gives the same payload in either form, and the same order every time."""
    one_more, another = _copies(maker, tmp_path)  # an export stands in the case's log from then on
    folder = export(maker, tmp_path / "a", clock=_noon).path
    first, second = (
        export(copy, copy.path.parent / "a.zip", zipped=True, clock=_noon).path for copy in (one_more, another)
    )
    with zipfile.ZipFile(first) as one, zipfile.ZipFile(second) as two:
        assert one.namelist() == two.namelist()
        assert {name.partition("/")[2] for name in one.namelist()} == files_of(folder)
        assert one.read("a/manifest-sha256.txt") == (folder / "manifest-sha256.txt").read_bytes()
        assert {info.date_time for info in one.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def _copies(maker: CaseMaker, tmp_path: Path) -> list[CaseMaker]:
    folders = [tmp_path / name / maker.path.name for name in ("x", "y")]
    return [CaseMaker(Path(shutil.copytree(maker.path, folder)), maker.key) for folder in folders]


def _noon() -> datetime:
    return datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_default_name(maker: CaseMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name the bundle stands in the current folder, named for the case and its exhibits."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert export(maker).path == tmp_path / "here" / "OP-ALDER_all"
    assert export(maker, exhibits=["MP/2", "MP/1"]).path.name == "OP-ALDER_MP-1+MP-2"
    assert export(maker, exhibits=["MP/1"], zipped=True).path.name == "OP-ALDER_MP-1.zip"


def test_default_name_inside_the_case(maker: CaseMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stands inside the case gets the bundle beside it: nothing but captures belongs into a case."""
    monkeypatch.chdir(maker.path / "captures")
    assert export(maker).path == tmp_path / "OP-ALDER_all"


def test_progress(maker: CaseMaker, tmp_path: Path) -> None:
    """Progress grows to exactly the bytes in all."""
    for zipped in (False, True):
        told: list[tuple[int, int]] = []
        export(maker, tmp_path / f"out{zipped}", zipped=zipped, progress=lambda *now: told.append(now))  # noqa: B023 - called before the next turn
        done = [each for each, _ in told]
        assert done == sorted(done)
        assert done[-1] == told[-1][1]


def test_two_exports_at_once(maker: CaseMaker, tmp_path: Path) -> None:
    """Two exports at the same time both succeed under two names; under one name exactly one does, and it is whole."""

    def _try(name: str) -> str:
        try:
            return export(maker, tmp_path / name).path.name
        except WouldOverwrite:
            return "refused"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(_try, ["a", "b"])) == ["a", "b"]
        outcomes = sorted(pool.map(_try, ["c", "c", "c"]))
    assert outcomes == ["c", "refused", "refused"]
    assert all(verify(tmp_path / name).verdict == "ok" for name in "abc")
    assert not list(tmp_path.glob(".*.part"))


def test_bytes_beyond_one_piece(tmp_path: Path) -> None:
    """Files larger than any buffer arrive whole, in a folder and in a zip."""
    maker = make_case(tmp_path)
    body = b"0123456789abcdef" * (5 << 16) + b"end"
    maker.capture([Thing("v.mp4", body, "video", "video/mp4"), Thing("empty.bin", b"", "document", "text/plain")])
    item = f"data/captures/{maker.case.captures()[0].name}/items/0001-v.mp4"
    assert (export(maker, tmp_path / "out").path / item).read_bytes() == body
    with zipfile.ZipFile(export(maker, tmp_path / "out.zip", zipped=True).path) as packed:
        assert packed.read(f"out/{item}") == body


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda _path: None, "missing"),
        (lambda path: path.write_bytes(b"abd"), "altered: .*expected sha256:ba7816bf"),
        (lambda path: path.write_bytes(b"abcd"), "altered: .*expected 3 bytes, found 4"),
        (lambda path: path.write_bytes(b"ab"), "altered: .*expected 3 bytes, found 2"),
        (lambda path: path.mkdir(), "altered: .*not a file"),
        (lambda path: path.symlink_to(__file__), "altered: .*not a file"),
        (os.mkfifo, "altered: .*not a file"),
    ],
)
def test_source_that_is_not_as_recorded(tmp_path: Path, make: Callable[[Path], None], fault: str) -> None:
    """A source says what is wrong with it, whatever stands in its place."""
    make(tmp_path / "file")
    reader = SealedFileReader(SealedFile(tmp_path / "file", "data/file", 3, sha256(b"abc").hexdigest(), tmp_path))
    b"".join(reader.chunks())
    assert reader.fault is not None
    assert re.search(fault, str(reader.fault))


def test_a_report_with_times_that_cannot_be_placed(tmp_path: Path) -> None:
    """Every page that a report can have is a file that a bundle may hold, that of unclear times as well."""
    maker = make_case(tmp_path)
    facts = (Fact("published", "2026-11-24T09:58:00", "JSON-LD"), Fact("GPS latitude", 51.5, "GPS"))
    maker.capture([Thing("page.html", b"<p>hi", "page", "text/html", facts=facts, text="hi"), Thing("p.jpg", photo())])
    bundle = export(maker, tmp_path / "out")
    assert (bundle.path / "data/report/timeline-unclear-1.html").is_file()
    assert verify(bundle.path).verdict == "ok"
