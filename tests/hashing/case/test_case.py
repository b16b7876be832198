import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from hashing.case.capture_folder import CaptureFolder, capture_events, capture_origin, is_sealed
from hashing.case.case import Case, case_origin
from hashing.case.events import CAPTURE_FORMAT, CaptureRegistered, CaptureSealed, CaptureStarted, CaseCreated, Custody
from hashing.case.own_runs import signed_here
from hashing.errors import BadFormat, NewerFormat, NotAsSigned, NotRecordable, Unwritable
from hashing.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from hashing.ledger.keys import SigningKey, load_or_create_signing_key
from hashing.ledger.ledger import LEDGER, Ledger
from hashing.times import Clock, system_clock


def _begin(
    case: Case, key: SigningKey, initials: str = "MP", clock: Clock = system_clock
) -> tuple[CaptureFolder, CaptureStarted]:
    def start(capture: str, exhibit: str) -> CaptureStarted:
        return CaptureStarted(
            time="2026-11-24T10:15:02.123Z",
            format=CAPTURE_FORMAT,
            case=case.info.id,
            capture=capture,
            exhibit=exhibit,
            scene="https://example.org/",
            officer="Mary Price",
            initials=initials,
            signer=key.public.raw.hex(),
            tool="test",
            versions={},
            settings={},
        )

    return case.begin_capture(initials, start, key=key, clock=clock)


@pytest.fixture
def case(tmp_path: Path, key: SigningKey) -> Case:
    """Return a new case."""
    return Case.open_or_create(tmp_path / "OP-ALDER", key=key, officer="Mary Price", title="Operation Alder")


def test_a_new_case_says_what_it_is_and_is_signed(case: Case, key: SigningKey) -> None:
    """The case file, the first line and the first checkpoint agree, and the checkpoint is the officer's."""
    first = next(case.events())
    assert isinstance(first, CaseCreated)
    assert (first.case, first.title, first.officer) == (case.info.id, "Operation Alder", "Mary Price")
    note = (case.path / "checkpoints" / "00000001.checkpoint").read_bytes()
    assert open_checkpoint(note, key.public).origin == case_origin(case.info.id)


def test_a_case_is_opened_again_and_not_made_anew(case: Case, key: SigningKey) -> None:
    """Naming an existing case adds to it."""
    assert Case.open_or_create(case.path, key=key, officer="Other").info == case.info


def test_an_empty_folder_may_become_a_case(tmp_path: Path, key: SigningKey) -> None:
    """A folder that the user made beforehand is taken, if nothing is in it."""
    (tmp_path / "empty").mkdir()
    assert Case.open_or_create(tmp_path / "empty", key=key, officer="M").info.title == "empty"


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path, key: SigningKey) -> None:
    """A folder that is no case is refused, with its files untouched."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BadFormat, match="not a case folder"):
        Case.open_or_create(tmp_path, key=key, officer="M")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_case_of_a_later_version_is_not_touched(case: Case) -> None:
    """A format that this version does not know is refused, with a hint to update."""
    file = case.path / "case.json"
    info = json.loads(file.read_bytes())
    file.chmod(0o600)
    file.write_text(json.dumps({**info, "format": "goldenhour-case/9"}))
    with pytest.raises(NewerFormat, match="case format 9") as caught:
        Case.open(case.path)
    assert "update" in caught.value.hint


def test_exhibits_are_numbered_by_officer_and_never_twice(case: Case, key: SigningKey) -> None:
    """Each officer's initials have a count of their own."""
    started = [_begin(case, key, initials) for initials in ("MP", "MP", "JD", "MP")]
    assert [event.exhibit for _, event in started] == ["MP/1", "MP/2", "JD/1", "MP/3"]
    for folder, _ in started:
        folder.close()


def test_many_captures_at_once_get_different_references(case: Case, key: SigningKey) -> None:
    """Registering from many threads gives every capture its own reference and leaves a ledger that is in order."""
    with ThreadPoolExecutor(8) as pool:
        started = list(pool.map(lambda _: _begin(case, key), range(24)))
    assert len({event.exhibit for _, event in started}) == 24
    assert sum(isinstance(event, CaptureRegistered) for event in case.events()) == 24
    for folder, _ in started:
        folder.close()


def test_two_processes_may_make_the_same_case_at_once(tmp_path: Path) -> None:
    """Both end up with one and the same whole case."""
    program = (
        "import sys; from pathlib import Path; from hashing.case.case import Case; from hashing.ledger.keys import *\n"
        "key, _ = load_or_create_signing_key(Path(sys.argv[2]))\n"
        "print(Case.open_or_create(Path(sys.argv[1]), key=key, officer='M').info.id)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "OP"), str(tmp_path / "key.pem")]
    root = Path(__file__).parents[3]
    both = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    ids = {process.communicate()[0].strip() for process in both}
    assert len(ids) == 1
    assert [path.name for path in tmp_path.iterdir() if ".part" in path.name] == []


def test_a_sealed_capture_is_recorded_and_closed(case: Case, key: SigningKey) -> None:
    """The seal verifies, the case's ledger repeats it, and nothing is left on its way in."""
    folder, started = _begin(case, key)
    seal = folder.seal(key, capture_origin(case.info.id, started.capture))
    case.record_seal(started.capture, started.exhibit, "nothing", seal, key=key)
    note = (folder.path / "checkpoint").read_bytes()
    checkpoint = open_checkpoint(note, key.public)
    assert (checkpoint.size, checkpoint.root.hex(), checkpoint.fingerprint()) == (1, seal.root, seal.fingerprint)
    last = list(case.events())[-1]
    assert isinstance(last, CaptureSealed)
    assert (last.capture, last.root, last.checkpoint_sha256) == (started.capture, seal.root, seal.checkpoint_sha256)
    assert is_sealed(folder.path)
    assert sorted(path.name for path in folder.path.iterdir()) == ["checkpoint", "items", "ledger.jsonl", "working"]


def test_only_what_died_is_taken_over(case: Case, key: SigningKey) -> None:
    """A running capture is left to its process; one whose process died is handed over."""
    running, _ = _begin(case, key)
    dead, event = _begin(case, key)
    dead.close()
    taken, left = case.lock_abandoned(key)
    assert left == []
    assert [folder.path.name for folder in taken] == [event.capture]
    first = next(iter(capture_events(taken[0].path)))
    assert isinstance(first, CaptureStarted)
    assert msgspec.structs.replace(first, salt="") == event
    running.close()
    taken[0].close()


def test_a_capture_that_was_never_registered_is_cleared_away(case: Case, key: SigningKey) -> None:
    """A folder made by a process that died before it registered holds nothing, and goes."""
    CaptureFolder.create(case.path / "captures" / "20261124T101502Z-00000000", key.mac("any")).close()
    assert case.lock_abandoned(key) == ([], [])
    assert case.captures() == []


@pytest.mark.parametrize("name", ["items/0001-a.jpg", "exchanges-00001.warc.gz", "incoming/000001.body", "notes"])
def test_a_folder_that_holds_something_is_never_cleared_away(case: Case, key: SigningKey, name: str) -> None:
    """A folder that the ledger does not know, a capture whose line was lost or one copied here, keeps every byte."""
    capture = case.path / "captures" / "20261124T101502Z-00000000"
    CaptureFolder.create(capture, key.mac("any")).close()
    (capture / name).write_bytes(b"evidence")
    assert case.lock_abandoned(key) == ([], [])
    assert (capture / name).read_bytes() == b"evidence"


@pytest.mark.parametrize("ledger", [b'{"event":"a"}\n{"event":"b"}\n', b"x" * (4 << 20)])
def test_a_folder_with_a_ledger_of_its_own_is_never_cleared_away(case: Case, key: SigningKey, ledger: bytes) -> None:
    """A ledger that says more than its first line was written by a capture that had begun to fetch."""
    capture = case.path / "captures" / "20261124T101502Z-00000000"
    CaptureFolder.create(capture, key.mac("any")).close()
    (capture / "ledger.jsonl").write_bytes(ledger)
    case.lock_abandoned(key)
    assert (capture / "ledger.jsonl").read_bytes() == ledger


def test_a_link_among_the_captures_is_not_followed(case: Case, key: SigningKey, tmp_path: Path) -> None:
    """A link to a folder elsewhere is left alone, and so is what it leads to."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine").touch()
    (case.path / "captures" / "link").symlink_to(tmp_path / "elsewhere")
    assert case.lock_abandoned(key) == ([], [])
    assert (tmp_path / "elsewhere" / "mine").exists()


def test_a_line_that_nobody_signed_is_told_and_never_signed(case: Case, key: SigningKey) -> None:
    """What stands behind the newest checkpoint was not written by goldenhour: nothing changes until it is set aside."""
    with Ledger.open(case.path / "ledger.jsonl") as ledger:
        line = next(iter((case.path / "ledger.jsonl").read_bytes().splitlines()))
        ledger.append([line])
    before = (case.path / "ledger.jsonl").read_bytes()
    with pytest.raises(NotAsSigned, match="its last 1 lines are not signed") as caught:
        _begin(case, key)
    assert "goldenhour recover" in caught.value.hint
    assert (case.path / "ledger.jsonl").read_bytes() == before
    assert not (case.path / "checkpoints" / "00000002.checkpoint").exists()
    assert case.set_aside() == line + b"\n"
    _begin(case, key)[0].close()
    assert case.unsigned() == 0


def test_what_a_process_had_signed_and_written_is_on_record(case: Case, key: SigningKey) -> None:
    """A process that died between its lines and the name of their checkpoint loses nothing: it had signed them."""
    _begin(case, key)[0].close()
    newest = case.path / "checkpoints" / "00000002.checkpoint"
    note = newest.read_bytes()
    newest.rename(newest.with_name(newest.name + ".part"))
    signed_here(case.info.id, case.path)[1].unlink()  # it had not come to this note
    again = Case.open(case.path)
    assert again.unsigned() == 1
    _begin(again, key)[0].close()
    assert newest.read_bytes() == note


def test_a_line_in_another_name_is_not_built_upon(case: Case, key: SigningKey, tmp_path: Path) -> None:
    """A stranger with a key of his own cannot add a line that names the officer's key."""
    stranger, _ = load_or_create_signing_key(tmp_path / "stranger.pem")
    _begin(case, key)[0].close()
    ledger = case.path / "ledger.jsonl"
    first, second = ledger.read_bytes().splitlines()
    named = second.replace(key.public.raw.hex().encode(), stranger.public.raw.hex().encode())
    for lines in ([second], [second, named]):
        with Ledger.open(ledger) as opened:
            opened.append(lines)
            checkpoint = Checkpoint(case_origin(case.info.id), opened.size, opened.root())
        made = case.path / "checkpoints" / f"{checkpoint.size:08d}.checkpoint"
        made.write_text(sign_checkpoint(checkpoint, stranger))
        for each in (case, Case.open(case.path)):
            with pytest.raises(NotAsSigned, match="not signed for this case by the key"):
                _begin(each, key)
        made.unlink()
        ledger.write_bytes(first + b"\n" + second + b"\n")


def test_a_case_that_was_set_back_is_told(case: Case, key: SigningKey) -> None:
    """An older state of the whole case, with all its signatures, is not built upon where a newer one was signed."""
    older = shutil.copytree(case.path, case.path.with_name("older"))
    _begin(case, key)[0].close()
    shutil.rmtree(case.path)
    older.rename(case.path)
    with pytest.raises(NotAsSigned, match="set back: it has 1 lines, and had 2") as caught:
        _begin(Case.open(case.path), key)
    Path(caught.value.hint.rpartition("remove ")[2]).unlink()
    _begin(Case.open(case.path), key)[0].close()


def _altered(case: Case) -> None:
    ledger = case.path / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"Mary", b"Gary"))


def _cut(case: Case) -> None:
    ledger = case.path / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().splitlines(keepends=True)[0])


def _without_checkpoints(case: Case) -> None:
    for path in (case.path / "checkpoints").iterdir():
        path.unlink()


def _checkpoint_to_come(case: Case) -> None:
    (case.path / "checkpoints" / "00000003.checkpoint").write_bytes(b"whatever")


@pytest.mark.parametrize("spoil", [_altered, _cut, _without_checkpoints, _checkpoint_to_come])
def test_an_altered_ledger_is_not_signed_anew(case: Case, key: SigningKey, spoil: Callable[[Case], None]) -> None:
    """Whoever changes a case's ledger does not get the officer's signature on it with the officer's next command."""
    _begin(case, key)[0].close()
    spoil(case)
    before = {path.name: path.read_bytes() for path in (case.path / "checkpoints").iterdir()}
    with pytest.raises(NotAsSigned) as caught:
        _begin(case, key)
    assert "another case" in caught.value.hint
    assert {path.name: path.read_bytes() for path in (case.path / "checkpoints").iterdir()} == before
    assert len(case.captures()) == 1


def test_a_checkpoint_by_a_stranger_is_not_built_upon(case: Case, key: SigningKey, tmp_path: Path) -> None:
    """A checkpoint over the right lines by a key that the ledger does not name is refused."""
    stranger, _ = load_or_create_signing_key(tmp_path / "stranger.pem")
    newest = case.path / "checkpoints" / "00000001.checkpoint"
    checkpoint = open_checkpoint(newest.read_bytes(), key.public)
    newest.chmod(0o600)
    newest.write_text(sign_checkpoint(checkpoint, stranger))
    with pytest.raises(NotAsSigned, match="by the key that the case's ledger names"):
        case.lock_abandoned(key)


def test_two_who_change_a_case_in_turn_see_what_the_other_did(case: Case, key: SigningKey) -> None:
    """Each number is given once and each line is signed, though each reads only what is new to it."""
    other = Case.open(case.path)
    for each in (case, other, other, case, case, other):
        with pytest.raises(LookupError):
            each.begin_capture("MP", _refusing, key=key)
        _begin(each, key)[0].close()
    registered = [event.exhibit for event in case.events() if isinstance(event, CaptureRegistered)]
    assert registered == [f"MP/{number}" for number in range(1, 7)]
    assert Case.open(case.path).demand_as_signed() == 7
    _altered(case)
    for each in (case, other):
        with pytest.raises(NotAsSigned):
            _begin(each, key)


def _refusing(*_: str) -> CaptureStarted:
    raise LookupError


def test_another_officer_goes_on_with_a_case(case: Case, key: SigningKey, tmp_path: Path) -> None:
    """Each command signs with its own officer's key, over what the last one signed with another."""
    second, _ = load_or_create_signing_key(tmp_path / "second.pem")
    for each in (second, key, second):
        _begin(case, each)[0].close()
    assert len(case.captures()) == 3


def test_a_clock_that_jumps_back_changes_no_order(case: Case, key: SigningKey) -> None:
    """References and ledger lines stand in the order of what was done, whatever the clock said."""
    begin = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    for hours in (0, -30, 5):
        now = begin + timedelta(hours=hours)
        _begin(case, key, clock=lambda now=now: now)[0].close()  # type: ignore[misc] # a default binds this turn's value
    registered = [event for event in case.events() if isinstance(event, CaptureRegistered)]
    assert [event.exhibit for event in registered] == ["MP/1", "MP/2", "MP/3"]
    assert [event.capture[:8] for event in registered] == ["20261124", "20261123", "20261124"]


def test_nobody_else_may_read_a_case_whatever_the_umask(tmp_path: Path, key: SigningKey) -> None:
    """Folders are the owner's alone and files too, also where the account hides nothing by itself."""
    before = os.umask(0)
    try:
        case = Case.open_or_create(tmp_path / "OP", key=key, officer="M")
        _begin(case, key)[0].close()
    finally:
        os.umask(before)
    for path in [case.path, *case.path.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_folder_name_that_is_no_text_is_written_out(tmp_path: Path, key: SigningKey) -> None:
    """A case in a folder whose name is not UTF-8 has a title that can be written and read."""
    case = Case.open_or_create(tmp_path / os.fsdecode(b"OP\xff"), key=key, officer="M")
    assert case.info.title == r"OP\xff"


@pytest.mark.parametrize(("title", "officer"), [("\udcff", "M"), ("T", "\ud800")])
def test_words_that_are_no_text_are_refused(tmp_path: Path, key: SigningKey, title: str, officer: str) -> None:
    """A title or a name that UTF-8 cannot carry is an error of ours, and no case is made."""
    with pytest.raises(BadFormat, match="not valid UTF-8"):
        Case.open_or_create(tmp_path / "OP", key=key, officer=officer, title=title)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_place_is_refused_in_plain_words(tmp_path: Path, key: SigningKey) -> None:
    """A case cannot be made where we may not write, and the message says where."""
    tmp_path.chmod(0o500)
    with pytest.raises(Unwritable, match="permission denied"):
        Case.open_or_create(tmp_path / "OP", key=key, officer="M")


def test_a_disk_too_small_for_a_case_leaves_no_half_case(small_disk: Path, key: SigningKey) -> None:
    """Where a case does not fit, nothing of it stays."""
    with (small_disk / "filler").open("wb") as file:
        file.write(bytes((4 << 20) - 4096))
    with pytest.raises(Unwritable):
        Case.open_or_create(small_disk / "OP", key=key, officer="M")
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_a_line_that_no_reader_would_take_is_not_written(case: Case, key: SigningKey) -> None:
    """A line of the longest length is refused, and the case is as it was before."""
    before = (case.path / LEDGER).read_bytes()
    moment, signer = "2026-11-24T10:15:02.123Z", key.public.raw.hex()
    event = Custody(time=moment, action="opened", officer="Mary Price", ref="a" * (4 << 20), signer=signer)
    with pytest.raises(NotRecordable, match="a line would be longer than any may be: nothing was recorded"):
        case.record(event, key=key)
    assert (case.path / LEDGER).read_bytes() == before
    case.record(msgspec.structs.replace(event, ref="MP/1"), key=key)
    assert len(list(case.events())) == 2
