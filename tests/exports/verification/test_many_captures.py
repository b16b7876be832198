"""A case of very many captures is verified without holding what is said of each of them in memory."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from exports.custody.receipt import KeptReceipt, write_receipt
from exports.verification import Verification, verify
from exports.verification.summary import verification_lines
from hashing.case.custody import Handling, record_custody
from tests.exports.small_case import OFFICER, CaseMaker, Thing, make_case, photo
from tests.exports.tampering import forget_here, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_OPENED = Handling(action="opened", reason="looked at")


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> CaseMaker:
    """Return a case of four captures, of an item of which something is said."""
    made = make_case(tmp_path_factory.mktemp("many"))
    for number in range(4):
        made.capture([Thing("one.jpg", photo(number))])
    record_custody(
        made.case, ["MP/2-0001"], Handling(action="opened", reason="looked at"), key=made.key, officer=OFFICER
    )
    return made


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes memory hold next to nothing."""

    def _make() -> None:
        monkeypatch.setattr("exports.format.budget.MOST_LINES", 1)
        monkeypatch.setattr("exports.format.lookup.HELD", 1)
        monkeypatch.setattr("exports.format.kept._HELD", 1)

    return _make


def test_more_lines_than_memory_holds(maker: CaseMaker, small: Callable[[], None]) -> None:
    """A ledger of any length is verified, and what is found is what is found of one that memory holds."""
    held = verify(maker.path)
    small()
    found = verify(maker.path)
    assert found.verdict == "ok"
    assert found == held
    assert [seal.exhibit for seal in found.seals] == ["", "MP/1", "MP/2", "MP/3", "MP/4"]
    assert found.signers[0].covers == "checkpoints/00000010.checkpoint"


def _lines(path: Path, change: Callable[[list[bytes]], object]) -> None:
    lines = (path / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    change(lines)
    rewrite(path / "ledger.jsonl", b"".join(lines))


TAMPERINGS: dict[str, Callable[[Path], None]] = {
    "a line removed": lambda case: _lines(case, lambda lines: lines.pop(4)),
    "the last lines removed": lambda case: _lines(case, lambda lines: lines.__delitem__(slice(-2, None))),
    "a line twice": lambda case: _lines(case, lambda lines: lines.insert(3, lines[2])),
    "another item": lambda case: _lines(
        case, lambda lines: lines.__setitem__(-1, lines[-1].replace(b"MP/2-0001", b"MP/2-0002"))
    ),
    "a line that is none": lambda case: _lines(case, lambda lines: lines.__setitem__(5, b"{}\n")),
    "a checkpoint removed": lambda case: (case / "checkpoints/00000005.checkpoint").unlink(),
    "a checkpoint of no line": lambda case: rewrite(case / "checkpoints/00000077.checkpoint", b"1"),
    "a capture of nobody": lambda case: (case / "captures/stranger/items").mkdir(parents=True),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_told_alike(name: str, small: Callable[[], None], tmp_path: Path) -> None:
    """What was removed, added or changed in the case's ledger is told as where it is held in memory."""
    made = make_case(tmp_path)
    for number in range(3):
        made.capture([Thing("one.jpg", photo(number))])
    record_custody(
        made.case, ["MP/2-0001"], Handling(action="opened", reason="looked at"), key=made.key, officer=OFFICER
    )
    TAMPERINGS[name](made.path)
    held = verify(made.path)
    assert held.verdict != "ok"
    small()
    assert verify(made.path) == held


def test_the_first_seals_are_told(maker: CaseMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many seals the first are told, how many more there are, and by what they hang together."""
    monkeypatch.setattr("exports.verification.summary.MOST_SEALS", 2)
    told = [line for line in verification_lines(verify(maker.path)) if line.startswith("seal")]
    assert [line.split()[-1] for line in told[:2]] == ["case", "MP/1"]
    assert told[2:] == ["seal       and 3 more, for which the seal of the case stands: --json names each"]


def test_json_is_written_in_pieces(maker: CaseMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pieces of a result are, one behind the other, the JSON of all of it."""
    monkeypatch.setattr("exports.format.result._AT_ONCE", 2)
    found: Verification = verify(maker.path)
    assert "".join(found.json_pieces()) == json.dumps(found.to_json()) + "\n"
    assert len(found.to_json()["seals"]) == 5


def test_a_receipt_of_very_many_seals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many seals a receipt names the case's own, and with it what is set back is told all the same."""
    for module in ("exports.custody.receipt", "exports.verification.last_receipt"):
        monkeypatch.setattr(f"{module}.MOST_SEALS", 2)
    made = make_case(tmp_path)
    made.capture([Thing("one.jpg", photo(1))])
    shutil.copytree(made.path, tmp_path / "before")
    made.capture([Thing("two.jpg", photo(2))])
    receipt = write_receipt(tmp_path / "receipt", verify(made.path), key=made.key, officer=OFFICER)
    assert [seal.size for seal in receipt.seals] == [5]
    made.capture([Thing("three.jpg", photo(3))])
    last = KeptReceipt("receipt", receipt)
    since = verify(made.path, last=last).since
    assert since is not None
    assert (since.holds, since.captures, since.new) == (True, 0, ())
    forget_here(made.path)
    back = verify(tmp_path / "before", last=last)
    assert (back.verdict, back.problems[0].reason[:8]) == ("mismatch", "set back")
