from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from functools import partial

import pytest

from capture.recorder.stopping import Stop
from capture.run.fetch_pool import FetchPool
from hashing.case.kinds import ItemKind
from tests.patience import PATIENCE, wait_until


def test_texts_go_before_photos_and_photos_before_videos() -> None:
    """Whatever was asked for first, what vanishes first is fetched first."""
    pool, gate, order = FetchPool(1, Stop()), threading.Event(), list[str]()
    pool.submit(ItemKind.VIDEO, gate.wait)
    waiting = [
        pool.submit(kind, partial(order.append, kind))
        for kind in (ItemKind.VIDEO, ItemKind.PHOTO, ItemKind.AUDIO, ItemKind.POST, ItemKind.PHOTO, ItemKind.PAGE)
    ]
    gate.set()
    for future in waiting:
        future.result(PATIENCE)
    pool.close()
    assert order == [ItemKind.POST, ItemKind.PAGE, ItemKind.PHOTO, ItemKind.PHOTO, ItemKind.AUDIO, ItemKind.VIDEO]


def test_a_text_never_waits_behind_media_while_sources_search() -> None:
    """With every other thread in a long video, what a source asks for is fetched at once."""
    pool, gate = FetchPool(3, Stop()), threading.Event()
    videos = [pool.submit(ItemKind.VIDEO, gate.wait) for _ in range(5)]
    wait_until(lambda: sum(video.running() for video in videos) >= 2)
    assert pool.submit(ItemKind.POST, lambda: "read").result(PATIENCE) == "read"
    assert sum(video.running() for video in videos) == 2
    gate.set()
    for video in videos:
        video.result(PATIENCE)
    pool.close()


def test_when_the_search_is_over_every_thread_takes_media() -> None:
    """The thread that was kept for texts is used for media once no text can come any more."""
    pool, gate = FetchPool(3, Stop()), threading.Event()
    videos = [pool.submit(ItemKind.VIDEO, gate.wait) for _ in range(3)]
    pool.search_ended()
    wait_until(lambda: sum(video.running() for video in videos) >= 3)
    gate.set()
    pool.close()


def test_one_thread_takes_everything() -> None:
    """With a single job there is no thread to keep, and media are fetched all the same."""
    pool = FetchPool(1, Stop())
    assert pool.submit(ItemKind.VIDEO, lambda: 1).result(PATIENCE) == 1
    pool.close()


def test_one_thread_fetches_for_sources_before_what_they_found() -> None:
    """With a single job, what sources wait for is fetched, a video too; what they found waits for the end of search."""
    pool, order = FetchPool(1, Stop()), list[str]()
    found = pool.submit(ItemKind.PHOTO, partial(order.append, "found photo"), awaited=False)
    pool.submit(ItemKind.SEGMENT, partial(order.append, "awaited segment")).result(PATIENCE)
    pool.submit(ItemKind.POST, partial(order.append, ItemKind.POST)).result(PATIENCE)
    pool.search_ended()
    found.result(PATIENCE)
    pool.close()
    assert order == ["awaited segment", ItemKind.POST, "found photo"]


def test_one_thread_fetches_what_was_found_while_a_source_pauses() -> None:
    """A photo does not wait for the end of a live stream that is looked at now and then."""
    pool = FetchPool(1, Stop())
    found = pool.submit(ItemKind.PHOTO, lambda: "there", awaited=False)
    with pool.pausing():
        assert found.result(PATIENCE) == "there"
    pool.close()


def test_an_error_reaches_who_waits_and_ends_the_capture() -> None:
    """What a fetch raises is raised where its result is asked for, is the reason to end, and nothing more is taken."""
    stop = Stop()
    pool = FetchPool(1, stop)
    with pytest.raises(ZeroDivisionError):
        pool.submit(ItemKind.POST, lambda: 1 // 0).result(PATIENCE)
    assert isinstance(stop.error, ZeroDivisionError)
    with pytest.raises(RuntimeError):
        pool.submit(ItemKind.POST, lambda: 2)
    pool.close()


def test_closing_cancels_what_waits() -> None:
    """What had not begun is cancelled, what is under way is finished, and nothing more is taken."""
    pool, gate = FetchPool(1, Stop()), threading.Event()
    under_way = pool.submit(ItemKind.PHOTO, gate.wait)
    wait_until(under_way.running)
    waiting = pool.submit(ItemKind.PHOTO, lambda: None)
    threading.Timer(0.1, gate.set).start()
    pool.close()
    assert under_way.result(0) is True
    with pytest.raises(CancelledError):
        waiting.result(0)
    with pytest.raises(RuntimeError):
        pool.submit(ItemKind.PHOTO, lambda: None)
