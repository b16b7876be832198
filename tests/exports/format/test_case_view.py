from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from exports.format.case_view import case_seal, read_case
from hashing.errors import BadFormat
from tests.exports.small_case import Thing, make_case, photo

if TYPE_CHECKING:
    from pathlib import Path


def test_case_with_its_captures(tmp_path: Path) -> None:
    """A case is shown with its captures in the order in which they began."""
    maker = make_case(tmp_path)
    scenes = [f"https://news.example/{number}.html" for number in range(3)]
    for scene in scenes:
        maker.capture([Thing("p.jpg", photo())], scene)
    view = read_case(maker.path)
    assert view.info.title == "Operation Alder"
    assert [capture.started.scene for capture in view.captures] == scenes
    assert [capture.started.exhibit for capture in view.captures] == ["MP/1", "MP/2", "MP/3"]


def test_captures_gone_and_captures_unknown(tmp_path: Path) -> None:
    """A registered capture without its folder, and a folder that nobody registered, are both named."""
    maker = make_case(tmp_path)
    gone = maker.capture([Thing("p.jpg", photo())])
    there = maker.capture([Thing("p.jpg", photo())])
    shutil.copytree(there, there.with_name("smuggled"))
    shutil.rmtree(gone)
    view = read_case(maker.path)
    assert [capture.path for capture in view.captures] == [there]
    assert view.missing == (gone.name,)
    assert view.unregistered == ("smuggled",)


def test_not_a_case(tmp_path: Path) -> None:
    """A folder that is no case is refused by name."""
    with pytest.raises(BadFormat, match="not a case"):
        read_case(tmp_path)


def test_the_seal_of_a_case_is_its_newest(tmp_path: Path) -> None:
    """The seal of a case is what its newest checkpoint says; a checkpoint that is none is named."""
    maker = make_case(tmp_path)
    maker.capture([Thing("p.jpg", photo())])
    before = read_case(maker.path).seal
    maker.capture([Thing("p.jpg", photo())])
    after = case_seal(maker.path)
    assert before is not None
    assert after is not None
    assert before.size < after.size == len((maker.path / "ledger.jsonl").read_bytes().splitlines())
    (maker.path / "checkpoints/99999999.checkpoint").write_text("nonsense")
    with pytest.raises(BadFormat, match=r"99999999\.checkpoint"):
        case_seal(maker.path)
    shutil.rmtree(maker.path / "checkpoints")
    assert case_seal(maker.path) is None
