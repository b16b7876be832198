"""`goldenhour verify --receipts`: round after round, each with a receipt."""

from __future__ import annotations

import json
import shutil
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from exports.bundle import export_bundle
from exports.custody import receipt_folder
from exports.custody.receipt import open_receipt
from exports.custody.receipt_folder import ReceiptFolder, repeated
from exports.verification import verify
from hashing.files.user_folders import data_folder
from hashing.ledger.keys import load_or_create_signing_key
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


def _round(case: Path, receipts: Path) -> tuple[int, dict[str, Any]]:
    """Make one round; return its exit code and what it said."""
    words = ["verify", str(case), "--receipts", str(receipts), "--officer", OFFICER, "--json", "-q"]
    ran = CliRunner().invoke(main, words)
    return ran.exit_code, json.loads(ran.stdout)


def test_a_round_is_compared_with_the_last_receipt(tmp_path: Path) -> None:
    """What came since is told; a case that was set back is told each day, though it is whole, as is another's."""
    maker, receipts = make_case(tmp_path), tmp_path / "r"
    maker.capture([Thing("one.jpg", photo(1))])
    shutil.copytree(maker.path, tmp_path / "before")
    assert _round(maker.path, receipts)[1]["since"] is None
    maker.capture([Thing("two.jpg", photo(2))])
    code, said = _round(maker.path, receipts)
    assert (code, said["since"]["holds"], said["since"]["new"]) == (Exit.OK, True, ["MP/2"])
    # 1. The case as it was: whole by itself, and told in this round and in the next.
    maker.path.rename(tmp_path / "newest")
    (tmp_path / "before").rename(maker.path)
    shutil.rmtree(data_folder() / "signed")  # who verifies has not signed it on this computer
    assert verify(maker.path).verdict == "ok"
    for _ in range(2):
        code, said = _round(maker.path, receipts)
        reasons = [each["reason"] for each in said["problems"]]
        assert (code, said["since"]["holds"]) == (Exit.MISMATCH, False)
        assert [reason.partition(":")[0] for reason in reasons][:1] == ["set back"], reasons
    # 2. Put back, all is well; another case in its place is not.
    maker.path.rename(tmp_path / "before")
    (tmp_path / "newest").rename(maker.path)
    assert _round(maker.path, receipts)[0] == Exit.OK
    other = _case(tmp_path / "other")
    maker.path.rename(tmp_path / "newest")
    other.rename(maker.path)
    code, said = _round(maker.path, receipts)
    assert (code, {each["reason"][-16:] for each in said["problems"]}) == (Exit.MISMATCH, {"names, is not here"[-16:]})


def test_a_bundle_in_the_place_of_another(tmp_path: Path) -> None:
    """A later bundle of the same case holds what the receipt names, an earlier one does not; nor does half of it."""
    maker, receipts = make_case(tmp_path), tmp_path / "r"
    place = tmp_path / "BUNDLE"

    def _put(name: str, *exhibits: str) -> None:
        export_bundle(maker.case, key=maker.key, officer="M", output=tmp_path / name, exhibits=exhibits)

    maker.capture([Thing("one.jpg", photo(1))])
    _put("first")
    maker.capture([Thing("two.jpg", photo(2))])
    _put("second")
    _put("half", "MP/2")
    for name, expected in (("first", Exit.OK), ("second", Exit.OK), ("first", Exit.MISMATCH), ("half", Exit.MISMATCH)):
        (tmp_path / name).rename(place)
        assert _round(place, receipts)[0] == expected, name
        place.rename(tmp_path / name)


def test_receipts_that_are_not_what_they_should_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older one under a newer name, one of another key, and one that is gone since the last round are told."""
    case, receipts = _case(tmp_path), tmp_path / "r"
    assert _round(case, receipts)[0] == Exit.OK
    [first] = receipts.glob("*.receipt")
    assert first.name.endswith("Z-1-OP-ALDER.receipt")
    newer = receipts / f"2999{first.name[4:]}"
    shutil.copy(first, newer)
    code, said = _round(case, receipts)
    assert (code, said["unchecked"][0]["reason"].partition(":")[0]) == (Exit.UNCHECKED, newer.name)
    newer.unlink()
    other, _ = load_or_create_signing_key(tmp_path / "other.pem")
    with ReceiptFolder(receipts, [case]) as folder:
        others = folder.write(verify(case), "1-OP-ALDER", key=other, officer="Nobody")
    for _ in range(2):  # the receipt of a round in doubt is nothing to compare with: it is told until the other is gone
        code, said = _round(case, receipts)
        assert (code, "no key of yours" in said["unchecked"][0]["reason"]) == (Exit.UNCHECKED, True)
    others.unlink()
    assert _round(case, receipts)[0] == Exit.OK
    now = 0.0

    def _pause(seconds: float) -> None:
        nonlocal now
        now += seconds
        max(receipts.glob("*.receipt")).unlink()

    monkeypatch.setattr(receipt_folder, "repeated", partial(repeated, pause=_pause, monotonic=lambda: now))
    words = ["verify", str(case), "--every", "24h", "--for", "2d", "--receipts", str(receipts), "--officer", OFFICER]
    ran = CliRunner().invoke(main, [*words, "-q"])
    assert (ran.exit_code, ran.stdout.count("the receipt of the last round is gone")) == (Exit.UNCHECKED, 1)
    assert _round(case, receipts)[0] == Exit.OK
    max(receipts.glob("*.receipt")).unlink()  # also between two rounds that cron starts
    code, said = _round(case, receipts)
    assert (code, "the receipt of the last round is gone" in said["unchecked"][0]["reason"]) == (Exit.UNCHECKED, True)


@pytest.mark.parametrize(
    "words", [["--every", "24h"], ["--receipts", "r", "--for", "2d"], ["--receipts", "r", "--receipt", "x"]]
)
def test_options_that_need_one_another(words: list[str]) -> None:
    """Rounds without a folder for what they find are refused before anything is looked at."""
    assert CliRunner().invoke(main, ["verify", "OP", *words]).exit_code == Exit.USAGE
