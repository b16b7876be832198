"""What the case's own ledgers say was taken of a scene before: a watch that starts again needs no other memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from capture.request.known import Known, KnownItem, KnownPost
from capture.run.item_store import BY_BROWSER
from hashing.case.capture_folder import capture_events
from hashing.case.events import (
    CaptureEvent,
    CaptureFinished,
    CaptureStarted,
    Failed,
    Item,
    PageJudged,
    PostChanged,
    PostRead,
    ProofRead,
)
from hashing.case.kinds import CaptureStatus
from hashing.times import moment_of

if TYPE_CHECKING:
    from hashing.case.case import Case

# Refusals that the next round will meet again: what was not got for any other reason is tried once more.
_FOR_GOOD = (401, 403, 404, 410)


class Earlier:
    """Gathers captures of one scene, oldest first."""

    def __init__(self, scene: str) -> None:
        self._scene = scene
        self._items: dict[str, KnownItem] = {}
        self._posts: dict[str, KnownPost] = {}
        self._shown: dict[tuple[str, str], KnownPost] = {}
        self._revisions: dict[str, str] = {}

    @property
    def known(self) -> Known:
        """What is known so far; it stays as it is when more is taken."""
        return Known(
            items=dict(self._items), posts=dict(self._posts), shown=dict(self._shown), revisions=dict(self._revisions)
        )

    def add_case(self, case: Case) -> None:
        """Take in every capture of the scene that the case has. Raises Unreadable, BadFormat."""
        for path in case.captures():
            self.add(list(capture_events(path)))

    def add(self, events: Sequence[CaptureEvent]) -> None:
        """Take in the events of one capture: of any, which revisions were proven; all else of those of the scene."""
        for event in events:
            if isinstance(event, ProofRead) and not event.problem:
                self._revisions[event.did] = max(event.rev, self._revisions.get(event.did, ""))
        if not events or not isinstance(events[0], CaptureStarted) or events[0].scene != self._scene:
            return
        # In the ledger's order, so that the last version of a page and of a post is what the next round compares with.
        settled, items = _settled(events), dict[str, Item]()
        for event in events:
            match event:
                case Item():
                    items[event.ref] = event
                    if not (event.partial or event.error_page or event.excerpt or event.rendering):
                        known_item = KnownItem(ref=event.ref, sha256=event.sha256, settled=settled)
                        self._items[event.url] = known_item
                case PageJudged() if (known := self._items.get(event.url)) is not None and known.ref == event.ref:
                    self._items[event.url] = replace(known, shows=event.shows)
                case PostRead() if (item := items.get(event.ref)) is not None:
                    seen = KnownPost(ref=event.ref, url=item.url, extractor=item.extractor, post=event.post)
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
        if isinstance(event, CaptureFinished) and event.status == CaptureStatus.INTERRUPTED:
            return False
        if isinstance(event, Failed) and event.found_in == BY_BROWSER:
            continue  # the page as served decides whether it is the same
        if isinstance(event, Failed) and not any(f" answered {status}" in event.reason for status in _FOR_GOOD):
            return False
    return True


def missing(known: Known, since: datetime | None, limit: int, seen: Mapping[str, str]) -> list[KnownPost]:
    """Return the posts that are known, were not seen again, and should have been.

    `seen` is the claimed time of each post of this round by its lasting name. Where a list was cut by `--limit` or
    `--since`, what is older than that cannot be missing.
    """
    # Only a post that the list should have shown can be missing: none that is older than where the list was cut.
    oldest = since
    if limit:
        moments = [moment for published in seen.values() if (moment := moment_of(published)) is not None]
        oldest = min(moments, default=datetime.max.replace(tzinfo=UTC))
    return [
        each
        for name, each in known.posts.items()
        if name not in seen and (oldest is None or _not_before(moment_of(each.post.published), oldest))
    ]


def _not_before(moment: datetime | None, oldest: datetime) -> bool:
    return moment is not None and moment >= oldest
