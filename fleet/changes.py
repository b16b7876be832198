"""What changed between the rounds of a watch, which may lie in the captures of several workers.

A round of a fleet knows of no other. So once they are in one case, each is compared with those before it of the same
scene, as one machine's watch compares its own: by the sealed ledgers alone. Nobody is asked again, so a post that a
list does not show any more is told as that, and as gone only what a server said is gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from capture.request.known import Known
from capture.run.earlier import Earlier, missing
from fleet.worker import row_name
from hashing.case.capture_folder import capture_events
from hashing.case.case import Case
from hashing.case.events import CaptureEvent, CaptureSealed, CaptureStarted, Exchange, Item, PageJudged, PostRead
from hashing.case.kinds import CaptureStatus, ItemKind

EDITED, OTHERWISE, GONE, UNLISTED = "edited", "served differently", "gone", "not listed any more"
_GONE = (404, 410)
# Settings of a capture that rounds of one watch have in common.
_SAME_QUESTION = ("on", "thread", "comments", "follow", "media", "limit", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundChange:
    """A post or page that is not what an earlier round has; `before` and `after` are items, `after` may be ""."""

    scene: str
    change: str
    id: str  # The post's lasting name, or the page's address.
    before: str
    after: str
    exhibit: str  # The later round.

    def to_json(self) -> dict[str, Any]:
        """Return the same as plain values."""
        return {**asdict(self), "after": self.after or None}


def changes_between_rounds(case: Case, only: Collection[str] | None = None) -> Iterator[RoundChange]:
    """Yield what changed from round to round, scene by scene, in the order in which they were captured.

    With `only`, those between rounds of which the one or the other is of these exhibits. Raises Unreadable, BadFormat.
    """
    status = {event.capture: event.status for event in case.events() if isinstance(event, CaptureSealed)}
    series: dict[tuple[str, ...], list[tuple[CaptureStarted, Path]]] = defaultdict(list)
    for path in case.captures():
        # One that got nothing counts: that its page is gone is what it says.
        if status.get(path.name) in {None, CaptureStatus.INTERRUPTED}:
            continue
        started = next(islice(capture_events(path), 1), None)
        if isinstance(started, CaptureStarted) and row_name(started):
            asked = (str(started.settings.get(name, "")) for name in _SAME_QUESTION)
            series[started.scene, *asked].append((started, path))
    for captures in series.values():
        if len(captures) > 1 and (only is None or any(started.exhibit in only for started, _ in captures)):
            captures.sort(key=lambda each: (each[0].time, each[0].capture))
            whole = [status[path.name] == CaptureStatus.COMPLETE for _, path in captures]
            yield from _in_series(captures, whole, only)


def _in_series(
    captures: Sequence[tuple[CaptureStarted, Path]], whole: Sequence[bool], only: Collection[str] | None
) -> Iterator[RoundChange]:
    earlier, told = Earlier(captures[0][0].scene), set[str]()
    for (started, path), complete in zip(captures, whole, strict=True):
        events = list(capture_events(path))
        seen = {event.post.id: event.post.published for event in events if isinstance(event, PostRead)}
        told -= {*seen, *(event.url for event in events if isinstance(event, Item) and not event.error_page)}
        for change in _changes(earlier.known, started, events, seen if complete else None):
            if change.change in {GONE, UNLISTED}:
                if change.id in told:
                    continue  # it has not come back
                told.add(change.id)
            if only is None or started.exhibit in only or change.before.rpartition("-")[0] in only:
                yield change
        earlier.add(events)


def _changes(
    known: Known, started: CaptureStarted, events: Sequence[CaptureEvent], seen: dict[str, str] | None
) -> Iterator[RoundChange]:
    """Yield what of a round is not as it is known; `seen` are its posts where it got all that it sought."""

    def _is(change: str, name: str, before: str, after: str = "") -> RoundChange:
        return RoundChange(
            scene=started.scene, change=change, id=name, before=before, after=after, exhibit=started.exhibit
        )

    shown = {event.ref: event.shows for event in events if isinstance(event, PageJudged)}
    refused = {event.url for event in events if isinstance(event, Exchange) and event.status in _GONE}
    for event in events:
        if isinstance(event, PostRead) and (was := known.edited(event.post)) is not None:
            yield _is(EDITED, event.post.id, was.ref, event.ref)
        elif isinstance(event, Item) and event.kind == ItemKind.PAGE and not event.rendering:
            page = known.items.get(event.url)
            if page is not None and not (event.error_page or event.partial) and page.sha256 != event.sha256:
                same = page.shows and page.shows == shown.get(event.ref)
                yield _is(OTHERWISE if same else EDITED, event.url, page.ref, event.ref)
    if started.scene in refused and (page := known.items.get(started.scene)) is not None:
        answers = (e for e in events if isinstance(e, Item) and e.error_page and e.url == started.scene)
        yield _is(GONE, started.scene, page.ref, next((answer.ref for answer in answers), ""))
    if seen is not None:
        since = str(started.settings.get("since", ""))
        try:
            limit = int(started.settings.get("limit", 0))
            oldest = datetime.fromisoformat(since).astimezone(UTC) if since else None
        except (ValueError, OverflowError):
            return  # a worker gone bad wrote that: where its list was cut, nobody knows
        for post in missing(known, oldest, limit, seen):
            yield _is(UNLISTED, post.post.id, post.ref)
