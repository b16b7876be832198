from __future__ import annotations

import contextlib
import io
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from capture.batch import Batch, BatchRow, BatchSettings, BatchSummary, checked_rows, read_rows, recover_batches
from capture.batch.progress import RowDone
from capture.run.disk_room import DiskRoom
from capture.run.recovery import recover_abandoned
from exports.format.capture_view import read_capture
from exports.verification import verify
from hashing.case.batch_events import (
    BATCH_FORMAT,
    BatchFinished,
    BatchStarted,
    RowEnded,
    RowOptions,
    RowStarted,
    RowTaken,
)
from hashing.case.batch_folder import BatchFolder, batch_events, batch_folders
from hashing.case.capture_folder import capture_events
from hashing.case.case import Case
from hashing.case.events import CaptureRegistered, Exchange
from hashing.errors import BadFormat, StorageFull, WouldOverwrite
from hashing.times import system_clock
from tests.capture.conftest import OPTIONS, jpeg
from tests.servers import Body, NoAnswer, SceneServer, Seen, resolving

if TYPE_CHECKING:
    from pathlib import Path

    from hashing.ledger.keys import SigningKey

SETTINGS = BatchSettings(jobs=4, per_host=4, retries=2, pause=0.1)
PHOTO = jpeg(10)


def rows_of(scenes: Sequence[str], **changed: Any) -> list[BatchRow]:  # noqa: ANN401 - any option
    """Return rows of scenes."""
    read = read_rows(io.BytesIO("\n".join(scenes).encode()), "rows.txt")
    base = replace(OPTIONS, **changed)
    rows, bad = checked_rows(read.rows, base, RowOptions(media=base.media), system_clock())
    assert not bad
    return rows


@pytest.fixture
def run(case: Case, key: SigningKey) -> Callable[..., tuple[BatchSummary, list[RowDone]]]:
    """Return a function that runs a batch of scenes on the case."""

    def _run(
        scenes: Sequence[str],
        settings: BatchSettings = SETTINGS,
        **changed: Any,  # noqa: ANN401 - any option
    ) -> tuple[BatchSummary, list[RowDone]]:
        told: list[RowDone] = []
        rows = rows_of(scenes, **changed)
        batch = Batch(rows, case, settings, key=key, officer="Mary Price", source="rows.txt", jitter=lambda: 1.0)
        return batch.run(told.append), told

    return _run


def page(number: int) -> Body:
    """Return a page with one photo."""
    return Body(data=b"<!doctype html><title>%d</title><img src=/one.jpg>" % number, type="text/html")


def captured(case: Case) -> Counter[str]:
    """Return how often each scene of a case was captured."""
    return Counter(event.scene for event in case.events() if isinstance(event, CaptureRegistered))


Run = Callable[..., tuple[BatchSummary, list[RowDone]]]


def test_each_row_is_a_capture_and_is_not_made_again(case: Case, run: Run) -> None:
    """Rows become captures, each on record from the queue to its end; the same rows again make none."""
    with SceneServer({f"/{n}": page(n) for n in range(6)} | {"/one.jpg": PHOTO}) as server:
        scenes = [server.url(f"/{n}") for n in range(6)]
        summary, told = run([*scenes, scenes[0]])
        assert (summary.status, summary.counts.done, summary.counts.left) == ("finished", 6, 0)
        assert {done.status for done in told} == {"complete"}
        again, passed = run(scenes)
        assert {(done.status, done.capture != "") for done in passed} == {("captured before", True)}
        assert (again.counts.before, again.counts.done) == (6, 0)
        assert captured(case) == Counter(scenes)
        anew, _ = run(scenes[:1], replace(SETTINGS, again=True))
        assert anew.counts.done == 1
    assert captured(case)[scenes[0]] == 2
    events = list(batch_events(summary.path))
    assert [type(event) for event in events[1:7]] == [RowTaken] * 6
    assert isinstance(events[-1], BatchFinished)
    assert (events[-1].status, events[-1].done, events[-1].failed, events[-1].left) == ("finished", 6, 0, 0)
    assert verify(case.path).verdict == "ok"


def test_a_server_that_asks_for_patience_gets_it(case: Case, run: Run) -> None:
    """A host that answers 429 with Retry-After to all, and then recovers, gives every row in the end."""
    asked = Counter[str]()

    def _answer(seen: Seen) -> Body:
        asked[seen.path] += 1
        busy = asked[seen.path] == 1
        return Body(status=429, headers=(("Retry-After", "1"),)) if busy else Body(data=PHOTO, type="image/jpeg")

    with SceneServer({f"/{n}": _answer for n in range(5)}) as server:
        scenes = [server.url(f"/{n}") for n in range(5)]
        summary, _ = run(scenes)
    assert (summary.counts.done, summary.counts.failed) == (5, 0)
    assert captured(case) == Counter(scenes)


def test_a_host_that_refuses_at_first_is_tried_again_at_the_end(case: Case, key: SigningKey) -> None:
    """While a host forbids everything it is left alone; it is asked again when the others are done, and gives all."""
    told: list[RowDone] = []
    clock = 0.0

    def _others_are_done() -> bool:
        return sum(done.status == "complete" for done in told) >= 8

    def _monotonic() -> float:
        """Every pause is over when the others are done, and none is before."""
        nonlocal clock
        clock += 1000.0 if _others_are_done() else 1e-9
        return clock

    def _answer(_: Seen) -> Body:
        return Body(data=PHOTO, type="image/jpeg") if _others_are_done() else Body(status=403, data=b"no")

    with (
        SceneServer({f"/{n}": _answer for n in range(8)}) as closed,
        SceneServer({f"/{n}": Body(data=PHOTO, type="image/jpeg") for n in range(8)}) as friendly,
    ):
        shut = [closed.url(f"/{n}") for n in range(8)]
        free = [friendly.url(f"/{n}") for n in range(8)]
        batch = Batch(
            rows_of([*shut, *free]), case, SETTINGS, key=key, officer="M", source="-", jitter=lambda: 1.0,
            monotonic=_monotonic,
        )  # fmt: skip
        summary = batch.run(told.append)
        asked = sum(seen.path in {f"/{n}" for n in range(8)} for seen in closed.requests)
    assert (summary.counts.done, summary.counts.failed) == (16, 0)
    assert [done.row.scene for done in told if done.status == "complete"][:8] == [
        done.row.scene for done in told if done.status == "complete" and done.row.scene in free
    ]
    assert asked <= 8 + SETTINGS.per_host


def test_a_host_that_is_down_is_given_up_and_every_row_of_it_named(case: Case, run: Run) -> None:
    """A dead host costs a few captures and not one a row; what was not tried says so and is not lost."""
    with SceneServer({}) as gone:
        scenes = [gone.url(f"/{n}") for n in range(20)]
    with SceneServer({"/": PHOTO}) as server:
        summary, told = run([*scenes, server.url("/")])
        assert (summary.counts.done, summary.counts.failed) == (1, 20)
        assert {row.scene for row, _ in summary.failed} == set(scenes)
        assert sum(captured(case).values()) <= 1 + SETTINGS.per_host + SETTINGS.retries
        untried = [done for done in told if done.status == "not tried"]
        assert len(untried) >= 20 - SETTINGS.per_host - SETTINGS.retries
        assert "connection refused" in untried[0].reason
    assert verify(case.path).verdict == "ok"


def test_what_is_not_there_is_asked_for_once(case: Case, run: Run) -> None:
    """A 404 is final; a 503 is tried again, all in one capture, and then named as failed."""
    with SceneServer({"/down": Body(status=503), "/one.jpg": PHOTO}) as server:
        scenes = [server.url("/gone"), server.url("/down"), server.url("/one.jpg")]
        summary, told = run(scenes)
    assert captured(case) == {scenes[0]: 1, scenes[1]: 1, scenes[2]: 1}
    [down] = [path for path in case.captures() if read_capture(path).started.scene == scenes[1]]
    asked = [event for event in capture_events(down) if isinstance(event, Exchange)]
    assert [exchange.status for exchange in asked] == [503] * 3 * OPTIONS.network.attempts
    assert len(read_capture(down).failed) == 1
    assert [event.attempt for event in batch_events(summary.path) if isinstance(event, RowStarted)].count(3) == 1
    assert verify(case.path).verdict == "ok"
    assert sorted((row.scene, reason.partition(" (")[0]) for row, reason in summary.failed) == [
        (scenes[1], "the server answered 503 Service Unavailable"),
        (scenes[0], "the server answered 404 Not Found"),
    ]
    assert [done.attempt for done in told if done.row.scene == scenes[1]] == [1, 2, 3]
    assert summary.statuses == {"complete", "nothing"}


def test_an_address_of_ours_is_refused(case: Case, run: Run) -> None:
    """A row with an address that goldenhour does not connect to is refused, once, without an exhibit of its own."""
    summary, told = run(["http://127.0.0.1:9/"], network=replace(OPTIONS.network, allow_private=False))
    assert summary.refused
    assert [(done.status, done.again, done.exhibit) for done in told] == [("nothing", False, "")]
    assert sum(captured(case).values()) == 0


def test_rows_wait_for_a_network_that_is_lost(case: Case, key: SigningKey) -> None:
    """While no name can be looked up, two hosts are given up and no more; once the network is back, the rest is got."""
    names = [f"{letter}.example" for letter in "abcdef"]
    told: list[RowDone] = []
    with SceneServer({"/one.jpg": PHOTO}) as server, contextlib.ExitStack() as network:
        network.enter_context(resolving(dict.fromkeys(names, NoAnswer.NOT_NOW)))

        def _told(done: RowDone) -> None:
            told.append(done)
            if len(told) == 6:
                network.enter_context(resolving({name: ["127.0.0.1"] for name in names}))

        rows = rows_of([f"http://{name}:{server.port}/one.jpg" for name in names])
        settings = replace(SETTINGS, retries=0)
        summary = Batch(rows, case, settings, key=key, officer="M", source="-").run(_told)
    assert (summary.counts.done, summary.counts.failed) == (4, 2)
    assert [done.again for done in told[:6]] == [False, False, True, True, True, True]


def test_two_batches_on_one_case_share_the_rows(case: Case, key: SigningKey) -> None:
    """Run at the same time on the same rows, two batches capture each row once, and both end."""
    with SceneServer({f"/{n}": page(n) for n in range(12)} | {"/one.jpg": PHOTO}, latency=0.02) as server:
        rows = rows_of([server.url(f"/{n}") for n in range(12)])
        summaries: list[BatchSummary] = []

        def _other() -> None:
            own = Case.open(case.path)
            batch = Batch(rows[::-1], own, SETTINGS, key=key, officer="John Hill", source="-")
            summaries.append(batch.run())

        thread = threading.Thread(target=_other)
        thread.start()
        summaries.append(Batch(rows, case, SETTINGS, key=key, officer="Mary Price", source="-").run())
        thread.join()
    assert sum(summary.counts.done for summary in summaries) == 12
    assert [summary.counts.done + summary.counts.before for summary in summaries] == [12, 12]
    assert set(captured(case).values()) == {1}
    assert len(captured(case)) == 12
    assert verify(case.path).verdict == "ok"


def test_a_disk_that_is_nearly_full_ends_the_batch(small_disk: Path, key: SigningKey) -> None:
    """The batch stops before the disk is full: what had arrived is sealed, the rest stays queued, all verifies."""
    case = Case.open_or_create(small_disk / "OP", key=key, officer="M")
    large = jpeg(20) + bytes(300_000)
    with SceneServer({f"/{n}.jpg": large for n in range(20)}) as server:
        scenes = [server.url(f"/{n}.jpg") for n in range(20)]
        rows = rows_of(scenes, min_free=1 << 20)
        settings = BatchSettings(jobs=1, pause=0.1)
        summary = Batch(rows, case, settings, key=key, officer="M", source="-").run()
        assert (summary.status, summary.counts.failed) == ("stopped", 0)
        assert "nearly full: less than 1.0 MiB are left (--min-free)" in summary.reason
        assert 0 < summary.counts.done < 20
        assert summary.counts.left == 20 - summary.counts.done
        assert verify(case.path).verdict == "ok"
        (small_disk / "filler").write_bytes(bytes(DiskRoom(small_disk, 0).free() - (1 << 19)))
        with pytest.raises(StorageFull, match="nearly full"):
            Batch(rows, case, settings, key=key, officer="M", source="-").run()


def test_a_disk_that_is_full_in_the_middle_of_a_row_loses_nothing(small_disk: Path, key: SigningKey) -> None:
    """Without the precaution the disk runs full: what was sealed stays, and with room again the case verifies."""
    (small_disk / "filler").write_bytes(bytes(400_000))
    case = Case.open_or_create(small_disk / "OP", key=key, officer="M")
    large = jpeg(20) + bytes(600_000)
    with SceneServer({f"/{n}.jpg": large for n in range(9)}) as server:
        scenes = [server.url(f"/{n}.jpg") for n in range(9)]
        summary = Batch(rows_of(scenes), case, BatchSettings(jobs=1, pause=0.1), key=key, officer="M", source="-").run()
        assert summary.status == "stopped"
        assert "full" in summary.reason
        assert summary.counts.done > 0
        (small_disk / "filler").unlink()
        recover_abandoned(case, key=key, officer="M")
        recover_batches(case, key=key)
    assert verify(case.path).verdict == "ok"
    ended = [event for path in batch_folders(case) for event in batch_events(path) if isinstance(event, RowEnded)]
    done = {event.row for event in ended if event.status == "complete"}
    assert len(done) == summary.counts.done


def _died_with(case: Case, row: BatchRow, key: SigningKey, capture: str = "20261124T101502Z-00000000") -> RowStarted:
    """Leave what a batch leaves whose process died when it had put on record that a row's capture begins."""
    moment = "2026-11-24T10:15:02.123Z"
    folder = BatchFolder.create(case, datetime(2026, 11, 24, 10, 15, tzinfo=UTC), key)
    started = BatchStarted(
        time=moment,
        format=BATCH_FORMAT,
        case=case.info.id,
        batch=folder.id,
        officer="Mary Price",
        signer=key.public.raw.hex(),
        tool="test",
        source="rows.txt",
        rows=1,
        settings={},
    )
    taken = RowTaken(time=moment, row=row.id, line=1, scene=row.scene)
    begun = RowStarted(time=moment, row=row.id, capture=capture, exhibit="MP/1", attempt=1)
    folder.append(started, taken, begun)
    folder.close()
    with (folder.path / "ledger.jsonl").open("ab") as ledger:
        ledger.write(b'{"event":"row-en')
    return begun


def test_a_row_that_was_begun_in_a_batch_that_died_is_made_anew(case: Case, key: SigningKey, run: Run) -> None:
    """Its batch is finished off, torn line and all; the row is captured, and its line names the capture before."""
    with SceneServer({"/one.jpg": PHOTO}) as server:
        scene = server.url("/one.jpg")
        begun = _died_with(case, rows_of([scene])[0], key)
        assert verify(case.path).verdict == "mismatch"  # the case has not heard of it
        assert len(recover_batches(case, key=key)) == 1
        assert recover_batches(case, key=key) == []
        assert verify(case.path).verdict == "ok"
        [died] = batch_folders(case)
        summary, _ = run([scene])
    assert summary.counts.done == 1
    assert len(batch_folders(case)) == 2
    before, after = list(batch_events(died)), list(batch_events(summary.path))
    assert isinstance(before[-1], BatchFinished)
    assert (before[-1].status, before[-1].reason, before[-1].left) == ("interrupted", "its process died", 1)
    [anew] = [event for event in after if isinstance(event, RowStarted)]
    assert anew.after == begun.capture
    assert verify(case.path).verdict == "ok"


def test_a_batch_that_dies_beside_another_is_taken_over(case: Case, key: SigningKey, run: Run) -> None:
    """A row that was begun by a batch that has died meanwhile is captured, after a look at what there is of it."""
    with SceneServer({"/one.jpg": PHOTO}) as server:
        scene = server.url("/one.jpg")
        _died_with(case, rows_of([scene])[0], key)
        summary, _ = run([scene])
    assert summary.counts.done == 1
    assert verify(case.path).verdict == "ok"


def test_a_folder_without_a_line_is_cleared_away(case: Case, key: SigningKey) -> None:
    """A batch that died before it wrote a line had taken in nothing, and goes."""
    BatchFolder.create(case, system_clock(), key).close()
    assert recover_batches(case, key=key) == []
    assert batch_folders(case) == []


@pytest.mark.parametrize("name", ["../../../../etc", "a\0b", "", "x" * 9000])
def test_a_ledger_that_names_no_capture_is_an_error_of_ours(case: Case, key: SigningKey, name: str) -> None:
    """What a hostile ledger calls a capture leads nowhere."""
    _died_with(case, rows_of(["a.example"])[0], key, name)
    with pytest.raises(BadFormat, match="names no capture but"):
        recover_batches(case, key=key)


def test_what_the_case_has_not_signed_is_not_taken_for_done(case: Case, key: SigningKey, run: Run) -> None:
    """A ledger that somebody put there, by which a row is done, keeps nothing from being captured."""
    with SceneServer({"/one.jpg": PHOTO}) as server:
        scene = server.url("/one.jpg")
        [row] = rows_of([scene])
        begun = _died_with(case, row, key)
        ended = RowEnded(time=begun.time, row=row.id, status="complete", capture=begun.capture, exhibit="MP/1")
        folder = BatchFolder.reopen(case, batch_folders(case)[0], key)
        folder.append(ended)
        folder.close()
        summary, _ = run([scene])
    assert (summary.counts.done, summary.counts.before) == (1, 0)


def test_a_link_where_batches_are_kept_is_not_followed(case: Case, key: SigningKey, tmp_path: Path, run: Run) -> None:
    """Nothing is written, read or cleared away behind a link."""
    (tmp_path / "elsewhere" / "x").mkdir(parents=True)
    (case.path / "batches").symlink_to(tmp_path / "elsewhere")
    assert recover_batches(case, key=key) == []
    with pytest.raises(WouldOverwrite, match="a link"):
        run(["a.example"])
    assert [path.name for path in (tmp_path / "elsewhere").rglob("*")] == ["x"]


def test_a_ledger_that_is_none_is_named(case: Case, run: Run) -> None:
    """A ledger that cannot be read ends a batch before anything is captured, with its path and what to do."""
    (case.path / "batches" / "x").mkdir(parents=True)
    (case.path / "batches" / "x" / "ledger.jsonl").write_bytes(b'{"event":"row-ended","row":7}\n')
    with pytest.raises(BadFormat, match=r"batches/x/ledger\.jsonl: not an event of a batch") as caught:
        run(["http://127.0.0.1:9/"])
    assert "another case" in caught.value.hint
    assert not captured(case)
