"""A case of very many changes: its checkpoints stand in a folder for each ten thousand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exports.format.case_view import case_seal
from exports.verification import verify
from hashing.case import case as case_module
from hashing.case.case import Case, checkpoint_name
from hashing.errors import NotAsSigned
from tests.exports.bundles import bundle_of
from tests.exports.small_case import CaseMaker, Thing, make_case, photo

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def maker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CaseMaker:
    """Return a case of eleven lines, with three checkpoints in a folder."""
    monkeypatch.setattr(case_module, "IN_A_FOLDER", 3)
    made = make_case(tmp_path)
    for number in range(5):
        made.capture([Thing("one.jpg", photo(number))])
    return made


def _checkpoints(path: Path) -> list[str]:
    return sorted(each.relative_to(path / "checkpoints").as_posix() for each in path.rglob("*.checkpoint"))


def test_names_sort_by_length() -> None:
    """Whatever their folders, the names of checkpoints have the order of the lengths that they are of."""
    sizes = [1, 9_999, 10_000, 10_001, 19_999, 20_000, 999_999, 1_000_000, 99_999_999]
    names = [checkpoint_name(size) for size in sizes]
    assert names == sorted(names)
    assert names[:3] == ["00000001.checkpoint", "00009999.checkpoint", "0001/00010000.checkpoint"]


def test_a_case_of_many_changes_is_whole(maker: CaseMaker, tmp_path: Path) -> None:
    """It is verified, shown, exported and added to as any other, and no folder holds more than it should."""
    assert verify(maker.path).verdict == "ok"
    assert _checkpoints(maker.path)[-1] == "0003/00000011.checkpoint"
    assert {len(list(folder.iterdir())) for folder in (maker.path / "checkpoints").iterdir() if folder.is_dir()} == {3}
    seal = case_seal(maker.path)
    assert seal is not None
    assert seal.size == 11
    assert verify(bundle_of(maker, tmp_path / "bundle")).verdict == "ok"
    again = CaseMaker(maker.path, maker.key)
    again.capture([Thing("two.jpg", photo(9))])
    assert verify(maker.path).verdict == "ok"
    assert Case.open(maker.path).unsigned() == 0


def test_what_a_process_that_died_left_is_cleared(maker: CaseMaker) -> None:
    """A folder that is empty yet is no fault; a proposal in it goes with the next change."""
    folder = maker.path / "checkpoints/0004"
    folder.mkdir()
    assert verify(maker.path).verdict == "ok"
    assert case_seal(maker.path) is not None
    (folder / "00000012.checkpoint.part").write_bytes(b"proposed")
    assert verify(maker.path).verdict == "unchecked"
    CaseMaker(maker.path, maker.key).capture([Thing("two.jpg", photo(9))])
    assert verify(maker.path).verdict == "ok"


@pytest.mark.parametrize("name", ["00000002.checkpoint", "0001/00000004.checkpoint", "0003/00000011.checkpoint"])
def test_a_checkpoint_that_is_gone_is_missed(maker: CaseMaker, name: str) -> None:
    """Whichever folder it stood in."""
    (maker.path / "checkpoints" / name).unlink()
    assert verify(maker.path).verdict != "ok"
    if name.startswith("0003"):
        with pytest.raises(NotAsSigned):
            CaseMaker(maker.path, maker.key).capture([Thing("two.jpg", photo(9))])


def test_a_folder_behind_a_link_is_none(maker: CaseMaker, tmp_path: Path) -> None:
    """Checkpoints are not looked for through a link."""
    folder = maker.path / "checkpoints/0003"
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert verify(maker.path).verdict == "mismatch"
    with pytest.raises(NotAsSigned):
        CaseMaker(maker.path, maker.key).capture([Thing("two.jpg", photo(9))])
