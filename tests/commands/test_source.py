from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from hashing.files.user_folders import data_folder
from tests.exports.small_case import photo

if TYPE_CHECKING:
    from click.testing import Result

pytest.importorskip("pyrage", reason="the extra `sources` is not installed")
_CANARY = "Zoe Canary, 07700 900123"


def _typed(*words: str, said: str = "") -> Result:
    return CliRunner().invoke(main, list(words), input=said)


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Make a case in which a source has handed in a photo, and a source unit with its key."""
    (tmp_path / "1.jpg").write_bytes(photo())
    case = tmp_path / "OP-ALDER"
    words = ("--case", str(case), "--received-from", "ALPHA-7", "--officer", "Mary Price")
    assert _typed("intake", str(tmp_path / "1.jpg"), *words).exit_code == Exit.OK
    made = _typed("source", "key", str(tmp_path / "unit.key"))
    (tmp_path / "unit.pub").write_text(f"# the source unit\n{made.stdout}")
    return case


def _add(case: Path, pseudonym: str, *words: str, said: str = _CANARY) -> Result:
    unit = ("--recipients", str(case.parent / "unit.pub"), "--sources", str(case.parent / "sources"))
    return _typed("source", "add", pseudonym, "--case", str(case), *unit, *words, said=said)


def test_only_the_source_unit_can_read_who_it_is(case: Path) -> None:
    """An identity is encrypted at once; the key of the unit opens it, and another one does not."""
    assert _add(case, "ALPHA-7").exit_code == Exit.OK
    where = ("--case", str(case), "--sources", str(case.parent / "sources"))
    shown = _typed("source", "open", "ALPHA-7", *where, "--unit-key", str(case.parent / "unit.key"))
    assert (shown.exit_code, shown.stdout) == (Exit.OK, f"{_CANARY}\n")
    assert "AGE-SECRET-KEY" not in _typed("source", "key", str(case.parent / "other.key")).output
    refused = _typed("source", "open", "ALPHA-7", *where, "--unit-key", str(case.parent / "other.key"))
    assert (refused.exit_code, refused.stdout) == (Exit.UNCHECKED, "")
    listed = json.loads(_typed("source", "list", *where, "--json").stdout)
    assert listed == {"pseudonym": "ALPHA-7", "exhibits": ["MP/1"], "identity_kept": True}
    assert _typed("source", "list", *where).stdout == "ALPHA-7  identity kept here  MP/1\n"
    assert (case.parent / "unit.key").stat().st_mode & 0o077 == 0


def test_the_identity_stands_nowhere(case: Path) -> None:
    """No byte of case, bundle, report, or of the file beside them shows it, compressed ones included."""
    told = _add(case, "ALPHA-7").output
    out = case.parent / "out"
    assert _typed("export", str(case), "--output", str(out), "--officer", "M", "--csv").exit_code == Exit.OK
    files = [path for path in case.parent.rglob("*") if path.is_file()]
    assert any(path.suffix == ".age" for path in files)
    assert not [path for path in files if b"Canary" in path.read_bytes() or b"07700" in path.read_bytes()]
    packed = [path for path in files if path.suffix == ".gz"]
    assert not [path for path in packed if b"Canary" in gzip.decompress(path.read_bytes())]
    assert "Canary" not in told


def test_what_is_refused(case: Path, tmp_path: Path) -> None:
    """A second identity under one pseudonym, a folder in the case, a name that climbs, and no recipient are refused."""
    assert _add(case, "ALPHA-7").exit_code == Exit.OK
    kept = (tmp_path / "sources/ALPHA-7.age").read_bytes()
    assert _add(case, "ALPHA-7", said="another").exit_code == Exit.REFUSED
    assert (tmp_path / "sources/ALPHA-7.age").read_bytes() == kept
    inside = _add(case, "BETA-1", "--sources", str(case / "sources"))
    assert (inside.exit_code, (case / "sources").exists()) == (Exit.USAGE, False)
    assert "not a pseudonym" in _add(case, "../BETA").stderr
    assert "typed or piped in" in _add(case, "BETA-1", said="  ").stderr
    (tmp_path / "unit.pub").write_text("age1nonsense\n")
    assert "'age1nonsense' is no recipient of age" in _add(case, "BETA-1").stderr
    unknown = _typed("source", "open", "BETA-1", "--case", str(case), "--unit-key", str(tmp_path / "unit.key"))
    assert (unknown.exit_code, "no source of this case" in unknown.stderr) == (Exit.USAGE, True)


def test_age_itself_opens_it(case: Path) -> None:
    """The file is of age's format, so that the unit needs no goldenhour to read it."""
    _add(case, "ALPHA-7")
    assert (case.parent / "sources/ALPHA-7.age").read_bytes().startswith(b"age-encryption.org/v1\n-> X25519 ")


def test_a_strangers_case_chooses_no_folder(case: Path) -> None:
    """What a case says of its own id leads to no place outside of the user's folder of sources."""
    info = json.loads((case / "case.json").read_text())
    (case / "case.json").chmod(0o600)
    home = Path(os.environ["HOME"])
    for strange in ("../../../../elsewhere", str(case.parent / "elsewhere"), "a/b", ""):
        (case / "case.json").write_text(json.dumps({**info, "id": strange}))
        unit = ("--recipients", str(case.parent / "unit.pub"))
        assert _typed("source", "add", "ALPHA-7", "--case", str(case), *unit, said=_CANARY).exit_code == Exit.OK
    kept = [path for path in [*home.rglob("*.age"), *case.parent.rglob("*.age")] if path.is_file()]
    assert len({*kept}) == 4
    assert {path.parents[1] for path in kept} == {data_folder() / "sources"}
