"""What the case's own ledgers say was taken of a scene before: a watch that starts again needs no other memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from capture.request.known import Known, KnownItem, KnownPost
from hashing.case.capture_folder import capture_events
from hashing.case.events import CaptureFinished, CaptureStarted, Failed, Item, PageJudged, PostChanged, PostRead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hashing.case.case import Case
    from hashing.case.events import CaptureEvent

_FOR_GOOD = (401, 403, 404, 410)
"""Refusals that the next round will meet again: what was not got for any other reason is tried once more."""


class Earlier:
    """Gathers captures of one scene, oldest first."""

    def __init__(self, scene: str) -> None:
        self._scene = scene
        self._items: dict[str, KnownItem] = {}
        self._posts: dict[str, KnownPost] = {}
        self._shown: dict[tuple[str, str], KnownPost] = {}

    @property
    def known(self) -> Known:
        """What is known so far; it stays as it is when more is taken."""
        return Known(items=dict(self._items), posts=dict(self._posts), shown=dict(self._shown))

    def take_case(self, case: Case) -> None:
        """Take in every capture of the scene that the case has. Raises Unreadable, BadFormat."""
        for path in case.captures():
            self.take(list(capture_events(path)))

    def take(self, events: Sequence[CaptureEvent]) -> None:
        """Take in the events of one capture, if it is of the scene."""
        if not events or not isinstance(events[0], CaptureStarted) or events[0].scene != self._scene:
            return
        settled, items = _settled(events), dict[str, Item]()
        for event in events:
            match event:
                case Item():
                    items[event.ref] = event
                    if not (event.partial or event.error_page or event.excerpt):
                        known_item = KnownItem(ref=event.ref, sha256=event.sha256, settled=settled)
                        self._items[event.url] = known_item
                case PageJudged() if (known := self._items.get(event.url)) is not None and known.ref == event.ref:
                    self._items[event.url] = replace(known, shows=event.shows)
                case PostRead() if (item := items.get(event.ref)) is not None:
                    seen = KnownPost(ref=event.ref, url=item.url, source=item.source, post=event.post)
                    self._posts[event.post.id] = self._shown[event.post.id, event.post.server] = seen
                case PostChanged(change="gone"):
                    self._posts.pop(event.id, None)
                    self._items.pop(event.id, None)
                    self._shown = {name: known for name, known in self._shown.items() if name[0] != event.id}
                case _:
                    pass


def _settled(events: Sequence[CaptureEvent]) -> bool:
    """Say whether a capture got all that it sought, but for what the next round will be refused as well."""
    for event in events:
        if isinstance(event, CaptureFinished) and event.status == "interrupted":
            return False
        if isinstance(event, Failed) and not any(f" answered {status}" in event.reason for status in _FOR_GOOD):
            return False
    return True
