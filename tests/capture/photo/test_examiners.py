from __future__ import annotations

from typing import TYPE_CHECKING

from capture.photo import Examiners
from capture.photo.examiners import _MOST_CAPTURES
from tests.capture.conftest import jpeg

if TYPE_CHECKING:
    from pathlib import Path


def test_an_examiner_serves_one_capture_after_another(tmp_path: Path) -> None:
    """One that came back is lent again, two at a time are two, and after many captures a new one takes over."""
    (tmp_path / "photo.jpg").write_bytes(jpeg(10))
    examiners = Examiners()
    with examiners.lend() as first, examiners.lend() as second:
        assert first is not second
        assert first.examine(tmp_path / "photo.jpg")
    served = []
    for _ in range(2 * _MOST_CAPTURES):
        with examiners.lend() as examiner:
            served.append(examiner)
    assert len({id(each) for each in served}) == 3
    examiners.close()


def test_an_examiner_that_is_lent_ends_when_it_comes_back(tmp_path: Path) -> None:
    """Closing waits for nobody; what comes back later is ended, and examines nothing more."""
    (tmp_path / "photo.jpg").write_bytes(jpeg(10))
    examiners = Examiners()
    with examiners.lend() as lent:
        examiners.close()
        assert "stopped" not in str(lent.examine(tmp_path / "photo.jpg"))
    assert "the examination was stopped" in str(lent.examine(tmp_path / "photo.jpg"))
