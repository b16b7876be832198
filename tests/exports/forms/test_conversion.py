from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from commands.exit import Exit
from exports.errors import ExportError, NotCheckable, NotWhole
from exports.forms.conversion import FORMS, convert
from hashing.errors import StorageFull, WouldOverwrite
from tests.exports.bundles import bundle_of
from tests.exports.small_case import Thing, make_case, photo
from tests.exports.social_case import social_case
from tests.exports.tampering import pack
from tests.test_cli import typed

if TYPE_CHECKING:
    from tests.exports.small_case import CaseMaker

EVERY = sorted(FORMS)


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case of two photos."""
    maker = make_case(tmp_path)
    maker.capture([Thing("a.jpg", photo(1)), Thing("b.jpg", photo(2))])
    return maker


def left_behind(folder: Path) -> list[str]:
    """Return what stands beside case and bundle."""
    return sorted(path.name for path in folder.iterdir() if path.name not in {"OP-ALDER", "key", "bundle"})


@pytest.mark.parametrize("form", EVERY)
def test_same_bytes_each_time_from_folder_and_zip(tmp_path: Path, form: str) -> None:
    """A form is made anew, byte for byte, from the same bundle: as it is, renamed and moved, and packed into a zip."""
    bundle = bundle_of(social_case(tmp_path), tmp_path / "bundle")
    first = convert(bundle, form)
    moved = tmp_path / "moved" / "elsewhere"
    shutil.copytree(bundle, moved)
    files = {
        path.relative_to(bundle.parent).as_posix(): path.read_bytes()
        for path in sorted(bundle.rglob("*"))
        if path.is_file()
    }
    pack(moved.with_suffix(".zip"), files)
    again, of_zip = convert(moved, form, tmp_path / "2"), convert(moved.with_suffix(".zip"), form)
    assert first.path.read_bytes() == again.path.read_bytes() == of_zip.path.read_bytes()
    assert first.sha256 == again.sha256 == of_zip.sha256
    assert first.path == tmp_path / f"bundle{FORMS[form].ending}"
    assert first.path.stat().st_size == first.size


@pytest.mark.parametrize("form", EVERY)
def test_what_does_not_match_is_refused(maker: CaseMaker, tmp_path: Path, form: str) -> None:
    """A bundle with an altered or a missing item is not written in another form; every fault is named."""
    bundle = bundle_of(maker, tmp_path / "bundle")
    first, second = sorted(bundle.glob("data/captures/*/items/*"))
    first.chmod(0o600)
    first.write_bytes(photo(3))
    second.unlink()
    with pytest.raises(NotWhole, match=r"(?s)altered .*0001-a\.jpg.*missing .*0002-b\.jpg"):
        convert(bundle, form)
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("form", EVERY)
def test_what_is_altered_after_it_was_verified_is_noticed(maker: CaseMaker, tmp_path: Path, form: str) -> None:
    """Whatever a form is made of is compared with the bag's list once more while it is read."""
    bundle = bundle_of(maker, tmp_path / "bundle")
    manifest = bundle / "data" / "manifest.json"
    manifest.chmod(0o600)
    manifest.write_bytes(manifest.read_bytes().replace(b"Operation Alder", b"Operation Elder"))
    with pytest.raises(NotWhole, match=r"manifest\.json is not as it was sealed"):
        convert(bundle, form, verified=True)
    assert left_behind(tmp_path) == []


def test_a_zip_that_was_cut_short_is_refused(maker: CaseMaker, tmp_path: Path) -> None:
    """A bundle of which only part arrived is said to be that."""
    bundle = bundle_of(maker, tmp_path / "half.zip")
    data = bundle.read_bytes()
    bundle.chmod(0o600)
    bundle.write_bytes(data[: len(data) // 2])
    with pytest.raises(NotCheckable, match="a zip whose end is missing or damaged"):
        convert(bundle, "csv")


def test_a_manifest_of_a_newer_version_is_refused(maker: CaseMaker, tmp_path: Path) -> None:
    """What a later goldenhour made is not guessed at: the message says to update."""
    bundle = bundle_of(maker, tmp_path / "bundle")
    manifest, listed = bundle / "data" / "manifest.json", bundle / "manifest-sha256.txt"
    manifest.chmod(0o600)
    manifest.write_bytes(manifest.read_bytes().replace(b"goldenhour-manifest/2", b"goldenhour-manifest/3"))
    sha256 = hashlib.sha256(manifest.read_bytes()).hexdigest()
    lines = listed.read_text().splitlines()
    listed.chmod(0o600)
    listed.write_text("".join(f"{sha256}{line[64:]}\n" if "manifest.json" in line else f"{line}\n" for line in lines))
    with pytest.raises(NotCheckable, match="goldenhour-manifest/3") as caught:
        convert(bundle, "csv", verified=True)
    assert caught.value.hint == "update goldenhour"


@pytest.mark.parametrize("what", ["case", "capture", "empty folder", "text", "nothing"])
def test_only_a_bundle_is_converted(maker: CaseMaker, tmp_path: Path, what: str) -> None:
    """A case, a capture, and what is neither are named for what they are."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("hello")
    paths = {"case": maker.path, "capture": maker.case.captures()[0], "empty folder": tmp_path / "empty"}
    paths |= {"text": tmp_path / "text", "nothing": tmp_path / "gone"}
    with pytest.raises(NotCheckable, match=str(paths[what])):
        convert(paths[what], "csv", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("form", EVERY)
def test_nothing_is_overwritten_and_nothing_written_inside(maker: CaseMaker, tmp_path: Path, form: str) -> None:
    """A name that is taken is refused, and so is a place inside of the bundle or of a case."""
    bundle = bundle_of(maker, tmp_path / "bundle")
    (tmp_path / "taken").write_bytes(b"mine")
    with pytest.raises(WouldOverwrite):
        convert(bundle, form, tmp_path / "taken")
    assert (tmp_path / "taken").read_bytes() == b"mine"
    for inside in (bundle / "out", bundle / "data" / "out", maker.path / "out"):
        with pytest.raises(ExportError, match="inside of evidence"):
            convert(bundle, form, inside)
    with pytest.raises(ExportError, match="not a name in UTF-8"):
        convert(bundle, form, tmp_path / os.fsdecode(b"b\xff"))
    assert left_behind(tmp_path) == ["taken"]


@pytest.mark.parametrize("form", EVERY)
def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, small_disk: Path, form: str) -> None:
    """Where the disk is full the message says so, and no draft stays behind."""
    maker = make_case(tmp_path)
    maker.capture([Thing("a.jpg", photo(1))])
    bundle = bundle_of(maker, tmp_path / "bundle")
    (small_disk / "filler").write_bytes(bytes(4 << 20))
    with pytest.raises(StorageFull, match="the disk is full"):
        convert(bundle, form, small_disk / "out")
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_convert_as_typed(maker: CaseMaker, tmp_path: Path) -> None:
    """`convert` prints where the file is and its digest, as text and as JSON; its errors have their exit codes."""
    bundle = bundle_of(maker, tmp_path / "a bundle, with 'names' é火.zip")
    ran = typed("convert", bundle.name, "--to", "csv", cwd=tmp_path)
    written = tmp_path / "a bundle, with 'names' é火.csv"
    sha256 = hashlib.sha256(written.read_bytes()).hexdigest()
    assert (ran.returncode, ran.stderr) == (Exit.OK, "")
    assert ran.stdout == f"csv      {written}\n         sha256:{sha256}\n"
    assert typed("convert", bundle.name, "--to", "csv", cwd=tmp_path).returncode == Exit.REFUSED
    said = json.loads(typed("convert", bundle.name, "--to", "csv", "--output", "x", "--json", cwd=tmp_path).stdout)
    assert said == {"form": "csv", "path": "x", "size": written.stat().st_size, "sha256": sha256}
    for words in (["convert", "OP-ALDER", "--to", "csv"], ["convert", "gone", "--to", "csv"]):
        refused = typed(*words, cwd=tmp_path)
        assert refused.returncode == Exit.UNCHECKED
        assert "Traceback" not in refused.stderr
    assert typed("convert", bundle.name, "--to", "docx", cwd=tmp_path).returncode == Exit.USAGE


def test_export_writes_other_forms_beside_the_bundle(maker: CaseMaker, tmp_path: Path) -> None:
    """`export --csv …` writes each form asked for under the bundle's name, and none of them into it."""
    forms = [f"--{form}" for form in EVERY]
    ran = typed("export", str(maker.path), "--output", "bundle.zip", "--zip", "--json", *forms, cwd=tmp_path)
    assert (ran.returncode, ran.stderr.count("Traceback")) == (Exit.OK, 0), ran.stderr
    derived = json.loads(ran.stdout)["derived"]
    assert {each["form"]: each["path"] for each in derived} == {
        form: str(tmp_path / f"bundle{FORMS[form].ending}") for form in EVERY
    }
    for each in derived:
        assert (
            convert(tmp_path / "bundle.zip", each["form"], tmp_path / f"again {each['form']}").sha256 == each["sha256"]
        )


def test_export_makes_no_bundle_where_the_name_of_a_form_is_taken(maker: CaseMaker, tmp_path: Path) -> None:
    """A file that another form would overwrite is found before the bundle is made, not after."""
    (tmp_path / "bundle.csv").write_bytes(b"mine")
    ran = typed("export", str(maker.path), "--output", "bundle", "--csv", cwd=tmp_path)
    assert ran.returncode == Exit.REFUSED
    assert "bundle.csv: exists already" in ran.stderr
    assert not (tmp_path / "bundle").exists()
    assert (tmp_path / "bundle.csv").read_bytes() == b"mine"
