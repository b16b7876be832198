from __future__ import annotations

import hashlib

from capture.batch.outcome import RowTrouble
from capture.batch.row import BatchRow, GivenRow
from capture.batch.schedule import Schedule, Try
from capture.request.options import CaptureOptions
from hashing.case.batch_events import RowOptions

OPTIONS = CaptureOptions(officer="Mary Price", initials="MP")


def row(scene: str) -> Try:
    """Return a row of a scene such as `a/1`, on the host before the slash."""
    given = GivenRow(line=1, scene=scene, options=RowOptions(), written=(scene,))
    name = hashlib.sha256(scene.encode()).hexdigest()
    return Try(BatchRow(id=name, given=given, scene=scene, options=OPTIONS, places=(scene.partition("/")[0],)))


def schedule(*scenes: str, per_host: int = 2, delay: float = 0.0, retries: int = 2) -> Schedule:
    """Return a schedule of scenes, with pauses of 10 seconds and no chance in them."""
    made = Schedule(per_host=per_host, delay=delay, retries=retries, pause=10.0, jitter=lambda: 1.0)
    for scene in scenes:
        made.add(row(scene))
    return made


def ready(made: Schedule, now: float) -> list[Try]:
    """Take all rows that may begin now."""
    taken = []
    while (tried := made.next(now)) is not None:
        taken.append(tried)
    return taken


def names(tries: list[Try]) -> list[str]:
    """Return the scenes of rows."""
    return [tried.row.scene for tried in tries]


def test_hosts_take_turns_and_none_is_crowded() -> None:
    """No more rows of a host run at once than it may have, and a host with many rows holds up no other."""
    made = schedule("a/1", "a/2", "a/3", "b/1")
    first = ready(made, 0.0)
    assert names(first) == ["a/1", "b/1", "a/2"]
    assert made.seconds_to_next(0.0) is None
    made.ended(first[0], RowTrouble.NONE, 1.0)
    assert names(ready(made, 1.0)) == ["a/3"]


def test_a_delay_lies_between_two_rows_of_a_host() -> None:
    """The next row of a host begins so long after the last one began; other hosts' rows do not wait."""
    made = schedule("a/1", "a/2", "b/1", delay=5.0)
    assert names(ready(made, 0.0)) == ["a/1", "b/1"]
    assert made.seconds_to_next(1.0) == 4.0
    assert ready(made, 4.9) == []
    assert names(ready(made, 5.0)) == ["a/2"]


def test_what_may_be_had_later_is_tried_again_with_growing_pauses() -> None:
    """A row that fails for a while comes back after 10 and 20 seconds, and then no more."""
    made = schedule("a/1")
    [tried] = ready(made, 0.0)
    assert made.ended(tried, RowTrouble.PASSING, 1.0).again is True
    assert made.seconds_to_next(1.0) == 10.0
    [tried] = ready(made, 11.0)
    assert (tried.attempt, made.ended(tried, RowTrouble.PASSING, 11.0).again) == (2, True)
    [tried] = ready(made, 31.0)
    assert (tried.attempt, made.ended(tried, RowTrouble.PASSING, 31.0).again) == (3, False)
    assert made.seconds_to_next(31.0) is None


def test_a_host_that_refuses_is_left_alone_and_asked_by_one_row() -> None:
    """Its other rows wait, one row asks whether it is back, and then all go on."""
    made = schedule("a/1", "a/2", "a/3", "a/4")
    one, two = ready(made, 0.0)
    assert made.ended(one, RowTrouble.HOST, 1.0).again is True
    assert made.ended(two, RowTrouble.HOST, 2.0).again is True
    assert made.seconds_to_next(2.0) == 9.0  # the second began before the pause, and made it no longer
    [three] = ready(made, 11.0)
    assert three.row.scene == "a/3"
    made.ended(three, RowTrouble.NONE, 12.0)
    assert names(ready(made, 12.0)) == ["a/4", "a/1"]


def test_a_host_that_goes_on_refusing_is_given_up_with_all_its_rows() -> None:
    """After the pauses are over nothing more is asked of it; what was never tried is handed back, once."""
    made = schedule("a/1", "a/2", "a/3", "a/4", "b/1", per_host=1, retries=1)
    first, other = ready(made, 0.0)
    made.ended(other, RowTrouble.NONE, 0.0)
    assert made.ended(first, RowTrouble.HOST, 0.0).again is True
    [second] = ready(made, 10.0)
    verdict = made.ended(second, RowTrouble.HOST, 10.0)
    assert not verdict.again
    assert names([*verdict.given_up]) == ["a/3", "a/4", "a/1"]
    assert made.seconds_to_next(10.0) is None


def test_a_page_that_is_forbidden_is_no_host_that_refuses() -> None:
    """Where others are given, a row is forbidden by itself; where all are, or three in a row, it is the host."""
    made = schedule("a/1", "a/2", "a/3", "a/4", per_host=1, retries=1)
    [tried] = ready(made, 0.0)
    made.ended(tried, RowTrouble.NONE, 0.0)
    for now in (1.0, 2.0):
        [tried] = ready(made, now)
        assert made.ended(tried, RowTrouble.FORBIDDEN, now).again is True
    [tried] = ready(made, 3.0)
    made.ended(tried, RowTrouble.FORBIDDEN, 3.0)
    assert ready(made, 11.0) == []
    first = schedule("c/1", "c/2", per_host=1)
    verdict = first.ended(ready(first, 0.0)[0], RowTrouble.FORBIDDEN, 0.0)
    assert (verdict.left_alone, verdict.seconds) == ("c", 10.0)


def test_a_host_that_asks_for_a_log_in_row_after_row_is_given_up() -> None:
    """Five in a row end its further rows at once, and no row is tried again; a page that comes between counts anew."""
    made = schedule(*(f"a/{number}" for number in range(12)), "b/1", per_host=1)
    troubles = [RowTrouble.SESSION] * 4 + [RowTrouble.NONE] + [RowTrouble.SESSION] * 5
    assert names(ready(made, 0.0)) == ["a/0", "b/1"]
    tried, told = row("a/0"), list[tuple[bool, list[str]]]()
    for trouble in troubles:
        verdict = made.ended(tried, trouble, 0.0)
        told.append((verdict.again, names([*verdict.given_up])))
        tried = next(iter(ready(made, 0.0)), tried)
    assert told == [(False, [])] * 9 + [(False, ["a/10", "a/11"])]


def test_a_host_is_held_for_as_long_as_it_asks() -> None:
    """A host that one capture was told to leave alone gets no further row until then."""
    made = schedule("a/1", "a/2")
    tried = made.next(0.0)
    assert tried is not None
    made.hold(tried, 7.0)
    assert made.next(6.9) is None
    assert names(ready(made, 7.0)) == ["a/2"]


def test_a_row_that_says_nothing_of_its_host_goes_back() -> None:
    """A row that another batch has is put back without a word on its host."""
    made = schedule("a/1", per_host=1)
    [tried] = ready(made, 0.0)
    made.put_back(tried)
    made.add_later(tried, 2.0)
    assert made.seconds_to_next(0.0) == 2.0
    assert ready(made, 2.0) == [tried]


def test_a_lost_network_is_waited_for() -> None:
    """Where no host gives a sign nothing is given up: one row looks now and then, and all go on when there is one."""
    made = schedule(*(f"{host}/{n}" for host in "abcd" for n in (1, 2)), per_host=1, retries=0)
    tries = ready(made, 0.0)
    given_up = [made.ended(tried, RowTrouble.UNREACHABLE, 1.0) for tried in tries[:2]]
    assert [verdict.again for verdict in given_up] == [False, False]  # until then it may be these hosts alone
    lost = [made.ended(tried, RowTrouble.UNREACHABLE, 2.0) for tried in tries[2:]]
    assert [(verdict.again, verdict.left_alone, verdict.seconds) for verdict in lost] == [
        (True, "every host", 10.0)
    ] * 2
    assert made.seconds_to_next(2.0) == 10.0
    now, pauses = 12.0, []
    for _ in range(5):
        [looking] = ready(made, now)
        assert looking.attempt == 1
        assert made.seconds_to_next(now) is None
        verdict = made.ended(looking, RowTrouble.UNREACHABLE, now)
        assert verdict.again
        pauses.append(verdict.seconds)
        now += verdict.seconds
    assert pauses == [20.0, 40.0, 80.0, 160.0, 300.0]
    [looking] = ready(made, now)
    made.ended(looking, RowTrouble.NONE, now)
    assert {tried.row.places[0] for tried in ready(made, now)} == {"c", "d"}


def test_a_network_that_never_comes_back_is_given_up_at_last() -> None:
    """After an hour without any sign each host is judged by itself, and the batch comes to its end."""
    made = schedule("a/1", "b/1", "c/1", "d/1", per_host=1, retries=0)
    now, ended = 0.0, 0
    for _ in range(200):
        for tried in ready(made, now):
            ended += not made.ended(tried, RowTrouble.UNREACHABLE, now).again
        pause = made.seconds_to_next(now)
        if pause is None:
            break
        now += pause
    assert ended == 4
    assert 3600 < now < 2 * 3600


def test_hosts_that_are_silent_by_themselves_are_no_lost_network() -> None:
    """Hosts that do not answer, while names are looked up and ways lead there, are given up one by one."""
    made = schedule("a/1", "b/1", "c/1", "d/1", per_host=1, retries=0)
    assert not any(made.ended(tried, RowTrouble.SILENT, 1.0).again for tried in ready(made, 0.0))
    assert made.seconds_to_next(1.0) is None
