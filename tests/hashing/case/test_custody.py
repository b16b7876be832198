from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from hashing.case.custody import ACTIONS, LONGEST_TEXT, VERIFIED, Handling, record_custody, record_description
from hashing.case.events import CaptureRegistered, Custody
from hashing.case.exhibit import exhibit_of
from hashing.errors import NoSuchExhibit, NotRecordable
from hashing.times import system_clock, time_text
from tests.exports.small_case import OFFICER, CaseMaker, Thing, make_case, photo
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[3]
WHOLE = {"giver": "Mary Price", "receiver": "John Hill", "reason": "for court", "place": "exhibits store"}


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case with one exhibit of one item."""
    maker = make_case(tmp_path)
    maker.capture([Thing("p.jpg", photo())])
    return maker


def _custody(maker: CaseMaker) -> list[Custody]:
    return [event for event in maker.case.events() if isinstance(event, Custody)]


@pytest.mark.parametrize("action", [action for action in ACTIONS if action != VERIFIED])
def test_what_is_stated_is_what_the_ledger_holds(maker: CaseMaker, action: str) -> None:
    """Every custody event is recorded with all that was said, its own time apart from that of the recording."""
    at = system_clock()
    handling = Handling(action=action, at=at, **WHOLE)  # type: ignore[arg-type]  # texts all
    recorded = record_custody(maker.case, ["MP/1", "MP/1-0001"], handling, key=maker.key, officer=OFFICER)
    held = [msgspec.structs.replace(each, after="") for each in _custody(maker)]  # the case adds what it follows on
    assert tuple(held) == recorded
    assert [event.ref for event in recorded] == ["MP/1", "MP/1-0001"]
    [event, _] = recorded
    assert (event.giver, event.receiver, event.reason, event.place) == tuple(WHOLE.values())
    assert (event.action, event.officer, event.at) == (action, OFFICER, time_text(at))
    assert event.time >= event.at
    maker.case.demand_as_signed()


@pytest.mark.parametrize("ref", ["MP/2", "MP/1-0002", "MP/1-1", "MP", "", "mp/1", "MP/1\n"])
def test_exhibits_that_are_not_there(maker: CaseMaker, ref: str) -> None:
    """An event of an exhibit or an item that does not exist is refused, and so is all that was to go with it."""
    with pytest.raises(NoSuchExhibit):
        record_custody(maker.case, ["MP/1", ref], Handling(action="opened"), key=maker.key, officer=OFFICER)
    with pytest.raises(NoSuchExhibit):
        record_description(maker.case, ref, "a photo", key=maker.key, officer=OFFICER)
    assert not _custody(maker)


@pytest.mark.parametrize(
    "handling",
    [
        Handling(action="lost"),
        Handling(action=VERIFIED),
        Handling(action="handed-over", receiver="John Hill"),
        Handling(action="handed-over", giver="Mary Price", receiver="  "),
        Handling(action="received"),
        Handling(action="disclosed"),
        Handling(action="disposed"),
        Handling(action="opened", reason="x" * (LONGEST_TEXT + 1)),
        Handling(action="opened", place="\udc80"),
        Handling(action="opened", at=datetime(2020, 1, 1, tzinfo=UTC)),
        Handling(action="opened", at=system_clock() + timedelta(days=1)),
    ],
)
def test_gaps_and_impossible_times(maker: CaseMaker, handling: Handling) -> None:
    """What would leave a gap in the chain, cannot be kept, or cannot have been yet, is refused."""
    with pytest.raises(NotRecordable):
        record_custody(maker.case, ["MP/1"], handling, key=maker.key, officer=OFFICER)
    assert not _custody(maker)


def test_a_description_says_something_of_the_past(maker: CaseMaker) -> None:
    """An empty description, and one of a seizure in the future, are refused."""
    with pytest.raises(NotRecordable, match="must say something"):
        record_description(maker.case, "MP/1", " ", key=maker.key, officer=OFFICER)
    later = system_clock() + timedelta(hours=1)
    with pytest.raises(NotRecordable, match="in the future"):
        record_description(maker.case, "MP/1", "a photo", key=maker.key, officer=OFFICER, at=later)


def test_the_exhibit_of_a_reference() -> None:
    """An item's reference names its exhibit; anything else stands for itself."""
    pairs = {"MP/1": "MP/1", "MP/1-0003": "MP/1", "A-B/12-12345": "A-B/12", "MP-0003": "MP-0003", "": ""}
    assert {ref: exhibit_of(ref) for ref in pairs} == pairs


_OFFICER_AT_WORK = """
import sys
from pathlib import Path
from hashing.case.custody import Handling, record_custody
from tests.exports.small_case import CaseMaker
from hashing.ledger.keys import load_signing_key

maker = CaseMaker(Path(sys.argv[1]), load_signing_key(Path(sys.argv[2])))
for _ in range(8):
    exhibit = maker.begin().started.exhibit
    record_custody(maker.case, [exhibit, "MP/1"], Handling(action="opened"), key=maker.key, officer=sys.argv[3])
"""


def test_two_officers_at_once(maker: CaseMaker, tmp_path: Path) -> None:
    """Two officers in one case never get the same reference, and every event of both is kept and signed."""
    words = [sys.executable, "-c", _OFFICER_AT_WORK, str(maker.path), str(tmp_path / "key" / "signing-key.pem")]
    officers = [subprocess.Popen([*words, name], cwd=ROOT, stderr=subprocess.PIPE, text=True) for name in ("A", "B")]
    for officer in officers:
        _, said = officer.communicate(timeout=PATIENCE)
        assert officer.returncode == 0, said
    given = [event.exhibit for event in maker.case.events() if isinstance(event, CaptureRegistered)]
    assert sorted(given, key=lambda ref: int(ref[3:])) == [f"MP/{number}" for number in range(1, 18)]
    assert len(_custody(maker)) == 2 * 8 * 2
    maker.case.demand_as_signed()
