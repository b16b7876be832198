"""`goldenhour init`: a case with its reference, and where none may be made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from commands.exit import Exit
from tests.capture.conftest import jpeg
from tests.servers import SceneServer
from tests.test_cli import typed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REFERENCE = ("--reference", "22/12345", "--title", "Fire on Market Street", "--officer", "Mary Price")


@pytest.fixture
def server() -> Iterator[SceneServer]:
    """Return a server with a photo."""
    with SceneServer({"/one.jpg": jpeg(10)}) as running:
        yield running


def _capture(folder: Path, server: SceneServer, case: str) -> int:
    return typed("capture", server.url("/one.jpg"), "--case", case, "--allow-private", cwd=folder).returncode


def test_the_reference_goes_all_the_way(tmp_path: Path, server: SceneServer) -> None:
    """Reference and title stand in `show`, label, manifest, report, bag-info.txt and README.txt, and are sealed."""
    made = typed("init", "OP", *REFERENCE, cwd=tmp_path)
    assert made.returncode == Exit.OK, made.stderr
    assert _capture(tmp_path, server, "OP") == Exit.OK
    assert typed("export", "OP", "--output", "bundle", cwd=tmp_path).returncode == Exit.OK
    bundle = tmp_path / "bundle"
    manifest = json.loads((bundle / "data/manifest.json").read_text())
    assert (manifest["case"]["reference"], manifest["case"]["title"]) == ("22/12345", "Fire on Market Street")
    for text in (
        typed("show", "OP", cwd=tmp_path).stdout,
        typed("label", "OP", "MP/1", cwd=tmp_path).stdout,
        (bundle / "data/report.html").read_text(),
        (bundle / "bag-info.txt").read_text(),
        (bundle / "README.txt").read_text(),
    ):
        assert "22/12345" in text
        assert "Fire on Market Street" in text
    assert json.loads(typed("show", "OP", "--json", cwd=tmp_path).stdout)["reference"] == "22/12345"
    assert typed("verify", "OP", cwd=tmp_path).returncode == Exit.OK
    assert typed("verify", "bundle", "--report", cwd=tmp_path).returncode == Exit.OK

    case = tmp_path / "OP/case.json"
    case.chmod(0o600)
    case.write_text(case.read_text().replace("22/12345", "22/12346"))
    assert typed("verify", "OP", cwd=tmp_path).returncode == Exit.MISMATCH


def test_what_is_there_is_not_made_again(tmp_path: Path, server: SceneServer) -> None:
    """`init` on a case, a file, or a folder with something in it is refused, changes nothing, and says what to do."""
    assert typed("init", "OP", cwd=tmp_path).returncode == Exit.OK
    before = (tmp_path / "OP/case.json").read_bytes()
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").touch()
    for name, said in (("OP", "goldenhour show OP"), ("file", "choose another name"), ("full", "choose another name")):
        told = typed("init", name, *REFERENCE, cwd=tmp_path)
        assert (told.returncode, said in told.stderr) == (Exit.REFUSED, True), told.stderr
    assert (tmp_path / "OP/case.json").read_bytes() == before
    assert _capture(tmp_path, server, "OP") == Exit.OK


@pytest.mark.parametrize("inside", ["OP/UNIT-2", "OP/captures/UNIT-2", "link/UNIT-2"])
def test_no_case_is_made_inside_of_another(tmp_path: Path, server: SceneServer, inside: str) -> None:
    """A case inside of a case, however its path is written, is refused by all that make cases."""
    assert typed("init", "OP", cwd=tmp_path).returncode == Exit.OK
    (tmp_path / "link").symlink_to("OP")
    assert typed("init", inside, cwd=tmp_path).returncode == Exit.REFUSED
    assert _capture(tmp_path, server, inside) == Exit.REFUSED
    assert typed("verify", "OP", cwd=tmp_path).returncode == Exit.OK
    assert not server.requests


def test_a_merge_makes_its_case(tmp_path: Path, server: SceneServer) -> None:
    """`merge` into a case that is not there makes it; with a source that is not there, it makes nothing."""
    assert _capture(tmp_path, server, "UNIT-2") == Exit.OK
    absent = typed("merge", "OP", "UNIT-2", "UNIT-3", cwd=tmp_path)
    assert (absent.returncode, "UNIT-3" in absent.stderr) == (Exit.USAGE, True)
    assert not (tmp_path / "OP").exists()
    merged = typed("merge", "OP", "UNIT-2", cwd=tmp_path)
    assert merged.returncode == Exit.OK, merged.stderr
    assert "MP/1" in typed("show", "OP", cwd=tmp_path).stdout
    assert typed("verify", "OP", cwd=tmp_path).returncode == Exit.OK
