"""`goldenhour verify --receipts`: round after round, each with a receipt."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from exports.custody import receipt_folder
from exports.custody.receipt import open_receipt
from exports.custody.receipt_folder import ReceiptFolder, repeated
from tests.exports.small_case import OFFICER, Thing, make_case, photo
from tests.test_cli import typed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _case(folder: Path) -> Path:
    maker = make_case(folder)
    maker.capture([Thing("one.jpg", photo(1))])
    return maker.path


def _alter(case: Path) -> None:
    [item] = case.glob("captures/*/items/*.jpg")
    item.chmod(0o600)
    item.write_bytes(b"altered")


def _receipts(folder: Path) -> list[tuple[str, str]]:
    """Return what each receipt says, in the order of their names: the target and the verdict."""
    paths = sorted(folder.glob("*.receipt"))
    return [(path.stem.partition("Z-")[2], open_receipt(path.read_bytes()).verdict) for path in paths]


def test_rounds_begin_at_a_steady_pace() -> None:
    """A round begins so long after the one before it began; after one that takes longer, the next begins at once."""
    now, begun, takes = 0.0, list[tuple[int, float]](), [1.0, 30.0, 1.0, 1.0]

    def _once(number: int) -> None:
        nonlocal now
        begun.append((number, now))
        now += takes[number - 1]

    def _pause(seconds: float) -> None:
        nonlocal now
        now += seconds

    repeated(_once, every=24.0, length=90.0, pause=_pause, monotonic=lambda: now)
    assert begun == [(1, 0.0), (2, 24.0), (3, 54.0), (4, 78.0)]


def test_a_change_is_told_in_the_next_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was altered, and what is gone, is told in the round that follows, and the rounds go on: the worst counts."""
    first, second, now = _case(tmp_path / "a"), _case(tmp_path / "b"), 0.0
    changes: list[Callable[[], Any]] = [
        lambda: _alter(first),
        lambda: second.rename(tmp_path / "gone"),
        lambda: (tmp_path / "gone").rename(second),
    ]

    def _pause(seconds: float) -> None:
        nonlocal now
        now += seconds
        changes.pop(0)()

    monkeypatch.setattr(receipt_folder, "repeated", partial(repeated, pause=_pause, monotonic=lambda: now))
    words = ["verify", str(first), str(second), "--every", "24h", "--for", "4d", "--receipts", str(tmp_path / "r")]
    ran = CliRunner().invoke(main, [*words, "--officer", OFFICER, "-q"])
    assert ran.exit_code == Exit.MISMATCH
    assert _receipts(tmp_path / "r") == [
        ("1-OP-ALDER", "ok"),
        ("2-OP-ALDER", "ok"),
        ("1-OP-ALDER", "mismatch"),
        ("2-OP-ALDER", "ok"),
        ("1-OP-ALDER", "mismatch"),
        ("2-OP-ALDER", "unchecked"),
        ("1-OP-ALDER", "mismatch"),
        ("2-OP-ALDER", "ok"),
    ]
    rounds = [line for line in ran.stdout.splitlines() if "  round " in line]
    assert [line.split("  ")[1:3] for line in rounds[:4]] == [
        ["round 1", "WHOLE"],
        ["round 1", "WHOLE"],
        ["round 2", "DOES NOT MATCH"],
        ["round 2", "WHOLE"],
    ]
    assert f"unchecked  {second}: no such file or folder" in ran.stdout
    assert ran.stdout.count("altered    ") == 3


def test_one_round_as_cron_starts_it(tmp_path: Path) -> None:
    """Without --every there is one round; its exit code is the verdict, and the receipt stands in the folder."""
    case = _case(tmp_path)
    words = ("--receipts", "r", "--officer", OFFICER, "-q")
    whole = typed("verify", str(case), *words, cwd=tmp_path)
    assert (whole.returncode, whole.stdout.count("\n")) == (Exit.OK, 1), whole.stderr
    _alter(case)
    altered = typed("verify", str(case), *words, "--json", cwd=tmp_path)
    assert altered.returncode == Exit.MISMATCH
    assert '"round": 1' in altered.stdout
    assert [verdict for _, verdict in _receipts(tmp_path / "r")] == ["ok", "mismatch"]


def test_a_receipt_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round without its receipt is not called whole, and the next is made all the same."""
    case, now = _case(tmp_path), 0.0

    def _pause(seconds: float) -> None:
        nonlocal now
        now += seconds
        (tmp_path / "gone").rename(tmp_path / "r")

    monkeypatch.setattr(receipt_folder, "repeated", partial(repeated, pause=_pause, monotonic=lambda: now))
    moving = ReceiptFolder.__enter__
    monkeypatch.setattr(
        ReceiptFolder, "__enter__", lambda self: ((tmp_path / "r").rename(tmp_path / "gone"), moving(self))[1]
    )
    words = ["verify", str(case), "--every", "24h", "--for", "2d", "--receipts", str(tmp_path / "r")]
    ran = CliRunner().invoke(main, [*words, "--officer", OFFICER, "-q"])
    assert ran.exit_code == Exit.UNCHECKED
    assert "no receipt was written" in ran.stderr
    assert _receipts(tmp_path / "r") == [("1-OP-ALDER", "ok")]


def test_one_process_at_a_time(tmp_path: Path) -> None:
    """While one process writes its receipts to a folder another is refused; and none may stand inside of evidence."""
    case = _case(tmp_path)
    with ReceiptFolder(tmp_path / "r", [case]):
        refused = CliRunner().invoke(main, ["verify", str(case), "--receipts", str(tmp_path / "r"), "--officer", "A"])
    assert (refused.exit_code, "another verification" in refused.stderr) == (Exit.REFUSED, True)
    inside = CliRunner().invoke(main, ["verify", str(case), "--receipts", str(case / "r"), "--officer", "A"])
    assert (inside.exit_code, "inside of evidence" in inside.stderr) == (Exit.REFUSED, True)
    assert not (case / "r").exists()


@pytest.mark.parametrize(
    "words", [["--every", "24h"], ["--receipts", "r", "--for", "2d"], ["--receipts", "r", "--receipt", "x"]]
)
def test_options_that_need_one_another(words: list[str]) -> None:
    """Rounds without a folder for what they find are refused before anything is looked at."""
    assert CliRunner().invoke(main, ["verify", "OP", *words]).exit_code == Exit.USAGE
