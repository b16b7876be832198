"""What the case's own ledgers say was taken of a scene before: a watch that starts again needs no other memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.known import Known, KnownItem, KnownPost
from hashing.capture_folder import capture_events
from hashing.events import CaptureStarted, Item, PostChanged, PostRead

if TYPE_CHECKING:
    from pathlib import Path

    from hashing.case import Case


class Earlier:
    """Gathers captures of one scene, oldest first."""

    def __init__(self, scene: str) -> None:
        self._scene = scene
        self._items: dict[str, KnownItem] = {}
        self._posts: dict[str, KnownPost] = {}

    @property
    def known(self) -> Known:
        """What is known so far; it stays as it is when more is taken."""
        return Known(items=dict(self._items), posts=dict(self._posts))

    def take_case(self, case: Case) -> None:
        """Take in every capture of the scene that the case has. Raises Unreadable, BadFormat."""
        for path in case.captures():
            self.take(path)

    def take(self, path: Path) -> None:
        """Take in one capture, if it is of the scene. Raises Unreadable, BadFormat."""
        events = capture_events(path)
        started = next(events, None)
        if not isinstance(started, CaptureStarted) or started.scene != self._scene:
            return
        items: dict[str, Item] = {}
        for event in events:
            match event:
                case Item():
                    items[event.ref] = event
                    if not (event.partial or event.error_page or event.excerpt):
                        self._items[event.url] = KnownItem(ref=event.ref, sha256=event.sha256)
                case PostRead() if (item := items.get(event.ref)) is not None:
                    known = KnownPost(ref=event.ref, url=item.url, source=item.source, post=event.post)
                    self._posts[event.post.id] = known
                case PostChanged(change="gone"):
                    self._posts.pop(event.id, None)
                    self._items.pop(event.id, None)
                case _:
                    pass
