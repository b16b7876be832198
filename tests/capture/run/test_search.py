"""What a search that is stopped had found is told, and that there may be more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from capture.recorder.stopping import Stop
from capture.request.extractor import FetchRequest, Finding, SearchTarget, Unavailable
from capture.request.scene import Scene, parse_scene
from capture.run.search import Search
from hashing.case.kinds import ItemKind

SCENE = parse_scene("https://example.org/list")


class _List:
    """A source that finds so many photos, and counts those that it named."""

    name = "list"

    def __init__(self, length: int) -> None:
        self.length = length
        self.named = 0

    def find(self, scene: Scene, fetch: object) -> Iterator[Finding]:  # noqa: ARG002 - the protocol's
        for number in range(self.length):
            self.named += 1
            yield FetchRequest(url=f"https://example.org/{number}.jpg", kind=ItemKind.PHOTO, found_in="list")


class _Marking:
    def marked(self, finding: Finding) -> Finding:
        return finding


def _searched(length: int, taken: int, monkeypatch: pytest.MonkeyPatch) -> tuple[_List, list[Finding], list[Finding]]:
    """Search a list, stop after some findings; return the source, what was taken and what was left."""
    monkeypatch.setattr("capture.run.search._WAITING", 8)
    source, stop = _List(length), Stop()
    sources: Any = (source,)
    targets = [SearchTarget(scene=SCENE, extractors=sources)]
    fetch: Any = lambda _: _Marking()  # noqa: E731 - two words
    search = Search(targets, fetch, stop)
    got: list[Finding] = []
    for _, finding in search.findings():
        got.append(finding)
        if len(got) == taken:
            stop.end("the disk is full")
    search.stop()
    search.join()
    return source, got, [finding for _, finding in search.left()]


@pytest.mark.parametrize("taken", [1, 3, 50])
def test_what_was_found_and_not_taken_is_left(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each thing that a source named is taken or left, once and in order; the last word is that there may be more."""
    source, got, left = _searched(10_000, taken, monkeypatch)
    urls = [finding.url for finding in (*got, *left) if isinstance(finding, FetchRequest)]
    assert urls == [f"https://example.org/{number}.jpg" for number in range(source.named)]
    assert left[-1] == Unavailable(
        url="https://example.org/list", reason="not looked through to its end: the disk is full", found_in="scene"
    )
    assert source.named < source.length


def test_a_search_that_came_to_its_end_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where everything was taken, nothing is said to be missing."""
    source, got, left = _searched(20, 0, monkeypatch)
    assert (source.named, len(got), left) == (20, 20, [])
