from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from exports.format.capture_view import read_capture
from exports.verification import verify
from tests.capture.conftest import OPTIONS, jpeg
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capture.run.run import CaptureResult
    from capture.run.watch import WatchRound
    from hashing.case.case import Case
    from hashing.case.events import PostChanged
    from tests.servers.seen import Seen

PAGE = b'<!doctype html><title>Fire</title><p>It burns.<img src="/one.jpg">'
LATER = b'<!doctype html><title>Fire</title><p>It is out.<img src="/one.jpg"><img src="/two.jpg">'


@pytest.fixture
def server() -> Iterator[SceneServer]:
    """Return a server with a page of one photo."""
    with SceneServer({"/": PAGE, "/one.jpg": jpeg(10), "/two.jpg": jpeg(20)}) as running:
        yield running


def _changes(done: WatchRound) -> list[PostChanged]:
    return list(read_capture(done.result.path).changed) if done.result is not None else []


def _kinds(done: WatchRound) -> list[str]:
    return [entry.kind for entry in read_capture(done.result.path).items] if done.result is not None else []


def _sealed(rounds: Iterator[WatchRound]) -> CaptureResult:
    """Go on until a round seals its capture."""
    return next(done.result for done in rounds if done.result is not None)


def test_a_round_without_news_takes_nothing_twice(
    rounds: Callable[..., Iterator[WatchRound]], server: SceneServer
) -> None:
    """Rounds of a page that stayed the same fetch no photo again, and are one capture, which tells of each."""
    watching = rounds(server.url("/"), length=60.0)
    assert _kinds(next(watching)) == ["page", "photo"]
    before = len(server.requests)
    second = next(watching)
    assert (second.result, second.exhibit) == (None, "MP/2")
    assert len(server.requests) == before + 1
    sealed = _sealed(watching)
    assert (sealed.exhibit, sealed.status) == ("MP/2", "complete")
    assert verify(sealed.path).verdict == "ok"
    view = read_capture(sealed.path)
    assert not view.items
    assert len(server.requests) == before + len(view.skipped)
    assert {skipped.reason for skipped in view.skipped} == {"page: the same bytes as MP/1-0001"}


def test_news_after_quiet_rounds_end_their_capture(
    case: Case, rounds: Callable[..., Iterator[WatchRound]], server: SceneServer
) -> None:
    """Quiet rounds, and those in which the server failed, take no exhibit number; the round with news is the next."""
    watching = rounds(server.url("/"))
    assert _sealed(watching).exhibit == "MP/1"
    assert [next(watching).result for _ in range(3)] == [None] * 3
    server.files["/"] = Body(data=b"busy", status=503)
    failing = next(watching)
    assert (failing.result, failing.failed) == (None, 1)
    server.files["/"] = LATER
    news = next(watching)
    assert news.result is not None
    assert (news.result.exhibit, news.result.status, news.failed) == ("MP/2", "complete", 0)
    assert _kinds(news)[-2:] == ["page", "photo"]
    assert news.edited == 1
    assert verify(case.path).verdict == "ok"


def test_a_quiet_capture_is_sealed_after_an_hour(
    rounds: Callable[..., Iterator[WatchRound]], server: SceneServer
) -> None:
    """A watch in which nothing happens seals now and then, so that its seal says until when nothing did."""
    watching = rounds(server.url("/"), every=1800.0)
    assert _sealed(watching).exhibit == "MP/1"
    quiet = [next(watching) for _ in range(4)]
    assert [done.result.exhibit if done.result else None for done in quiet].count("MP/2") == 1


def test_what_a_round_could_not_get_the_next_one_seeks_again(
    rounds: Callable[..., Iterator[WatchRound]], server: SceneServer
) -> None:
    """Where a photo was not to be had, the same page is looked into again; it is taken once more, and not as edited."""
    server.files["/one.jpg"] = Body(data=b"busy", status=503)
    watching = rounds(server.url("/"))
    assert _kinds(next(watching)) == ["page"]
    server.files["/one.jpg"] = jpeg(10)
    second, third = next(watching), next(watching)
    assert _kinds(second) == ["page", "photo"]
    assert _changes(second) == []
    assert _kinds(third) == []


def test_a_photo_that_is_gone_for_good_is_not_sought_in_every_round(
    rounds: Callable[..., Iterator[WatchRound]], server: SceneServer
) -> None:
    """A page whose photo answers 404 counts as taken: the next round takes nothing twice."""
    del server.files["/one.jpg"]
    watching = rounds(server.url("/"))
    assert _kinds(next(watching)) == ["page"]
    assert _kinds(next(watching)) == []


def test_a_page_that_changed_is_taken_again_with_both_versions_named(
    rounds: Callable[..., Iterator[WatchRound]], server: SceneServer
) -> None:
    """A new version of the page and its new photo are taken, the old photo is not, and the ledger names both pages."""
    watching = rounds(server.url("/"))
    next(watching)
    server.files["/"] = LATER
    second = next(watching)
    assert _kinds(second) == ["page", "photo"]
    assert (second.edited, second.gone) == (1, 0)
    [change] = _changes(second)
    assert (change.change, change.before, change.after) == ("edited", "MP/1-0001", "MP/2-0001")


def test_a_page_that_is_gone_is_said_once(rounds: Callable[..., Iterator[WatchRound]], server: SceneServer) -> None:
    """A page that answers 404 is recorded as gone in that round, with the server's own page, and not again later."""
    watching = rounds(server.url("/"))
    next(watching)
    server.files["/"] = Body(data=b"<p>removed by its author", type="text/html", status=410)
    second, third = next(watching), next(watching)
    [change] = _changes(second)
    assert (change.change, change.before, change.after) == ("gone", "MP/1-0001", "MP/2-0001")
    assert "410" in change.reason
    assert _changes(third) == []


def test_a_server_that_is_down_has_deleted_nothing(case: Case, rounds: Callable[..., Iterator[WatchRound]]) -> None:
    """A round in which nobody answers says so, and takes nothing for gone; the watch's end seals it."""
    with SceneServer({"/": PAGE, "/one.jpg": jpeg(10)}) as server:
        watching = rounds(server.url("/"), network=replace(OPTIONS.network, attempts=1), length=60.0)
        first = next(watching)
        url = server.url("/")
    down = next(watching)
    assert (down.result, down.gone, down.failed) == (None, 0, 1)
    assert _sealed(watching).status == "nothing"
    assert first.scene == url
    assert verify(case.path).verdict == "ok"


def test_a_watch_that_starts_again_goes_on_where_it_was(
    rounds: Callable[..., Iterator[WatchRound]], server: SceneServer
) -> None:
    """A second process that watches the same scene into the same case knows what the first one took."""
    next(rounds(server.url("/")))
    again = next(rounds(server.url("/")))
    assert _kinds(again) == []
    assert again.exhibit == "MP/2"


def test_a_watch_ends_when_its_time_is_over(rounds: Callable[..., Iterator[WatchRound]], server: SceneServer) -> None:
    """Rounds begin until the length is reached, and no later."""
    assert len(list(rounds(server.url("/"), length=5.0))) < 5
    assert list(rounds(server.url("/"), length=0.5))


def test_a_login_in_the_scene_is_not_shown(rounds: Callable[..., Iterator[WatchRound]], server: SceneServer) -> None:
    """What a round says of its scene goes to the screen and into logs: the password in its address does not."""
    done = next(rounds(server.url("/").replace("http://", "http://mary:s3cret@")))
    assert done.scene == server.url("/")
    assert done.result is not None
    assert done.result.status == "complete"


def test_a_page_that_is_only_served_differently_is_not_edited(rounds: Callable[..., Iterator[WatchRound]]) -> None:
    """A nonce, a random avatar host, a signature, invisible characters: the same text and media, and no edit."""
    asked = []

    def _page(_: Seen) -> bytes:
        asked.append(1)
        joined = "\u200b" * len(asked)
        avatar = f"<img src='http://avatar{len(asked)}.invalid/ann.jpg?s={len(asked)}'>"
        return f"<script nonce='{len(asked)}'></script><title>Fire</title><p>It bur{joined}ns.</p>{avatar}".encode()

    with SceneServer({"/": _page}) as server:
        watching = rounds(server.url("/"), network=replace(OPTIONS.network, attempts=1), length=60.0)
        next(watching)
        second, third = next(watching), next(watching)
    for done in (second, third):
        assert (done.edited, done.otherwise, done.posts) == (0, 1, 0)
        [change] = _changes(done)
        assert (change.change, change.reason) == ("served differently", "the same text and media, in other bytes")
