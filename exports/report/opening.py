"""The first paragraph of a report, and of each exhibit: who captured what, from where and when, and what is missing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from exports.format.kept import Chained
from exports.format.manifest import ListedItem
from exports.report.roles import Roles, is_watched
from exports.report.words import ANSWERS, PICTURES, counted, is_photo
from hashing.case.kinds import CaptureStatus

if TYPE_CHECKING:
    from exports.format.bundle_listing import BundleListing, CaptureListing

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z", re.ASCII)
_NAMED = 3  # Places, people and missing things that are named; of more, the number is said.
_LONGEST = 120
_OTHERS = "other file"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningParagraph:
    """A paragraph in its sentences: what was got, what is missing, and of that the first by name and reason.

    `whole` says that nothing is missing.
    """

    got: str
    missing: str
    whole: bool
    named: str = ""


def opening(listing: BundleListing, roles: Roles) -> OpeningParagraph:
    """Return the paragraph of the whole bundle."""
    got = _got(listing.captures, roles)
    disclosure = listing.disclosure
    if disclosure is not None:
        withheld = sum(each.withheld for each in disclosure.captures)
        same = "capture" if len(listing.captures) == 1 else "captures"
        missing = f"Single items: {counted(withheld, 'other item')} of the same {same} withheld."
        return OpeningParagraph(got=got, missing=missing, whole=False)
    return _opening(got, listing.captures)


def exhibit_opening(capture: CaptureListing, roles: Roles) -> OpeningParagraph:
    """Return the paragraph of one exhibit."""
    return _opening(_got([capture], roles), [capture])


def kinds_of(capture: CaptureListing, roles: Roles) -> list[tuple[str, int]]:
    """Count the items of a capture as a reader would: what is part of a video, or of a page's furniture, is `other`."""
    kinds = roles.kinds.get(capture.capture)
    if kinds is None:
        counts = Counter(_kind(item, roles) for item in capture.items)
        others = counts.pop(_OTHERS, 0)
        kinds = roles.kinds[capture.capture] = [*counts.most_common(), *([(_OTHERS, others)] if others else [])]
    return kinds


def _kind(item: ListedItem, roles: Roles) -> str:
    # What something is not comes first: an error page that is a picture is counted as an error page. Then what is kept
    # apart, such as logos, and only then what its bytes are.
    if item.error_page:
        return "error page"
    if is_watched(item, roles):
        return "video"
    if item.kind in {"page", "post"}:
        return item.kind
    if item.post is not None:
        return "post"
    if item.kind in PICTURES:
        return "page picture"
    if roles.is_apart(item) or item.kind in ANSWERS:
        return _OTHERS
    if item.kind == "photo" or is_photo(item):
        return "photo"
    return {"audio": "recording", "document": "document"}.get(item.kind, _OTHERS)


def _got(captures: Sequence[CaptureListing], roles: Roles) -> str:
    """Say who captured what, from where and when; and of what was handed in, who took in what, and from whom."""
    # Two sentences, since they are two claims: what a server sent us, and what somebody brought.
    handed_in = [capture for capture in captures if capture.intake is not None]
    fetched = [capture for capture in captures if capture.intake is None]
    sentences = []
    if fetched or not handed_in:
        places = _few({_place(capture.scene): None for capture in fetched}, "place")
        sentences.append(f"{_people(fetched)} captured {_what(fetched, roles)} from {places}, {_span(fetched)}.")
    if handed_in:
        givers = {capture.intake.received_from for capture in handed_in if capture.intake is not None}
        named = _few(dict.fromkeys(sorted(filter(None, givers))), "source")
        by = _listed([*([named] if named else []), *(["somebody who is not named"] if "" in givers else [])])
        sentences.append(
            f"{_people(handed_in)} took in {_what(handed_in, roles)}, handed in by {by}, {_span(handed_in)}; "
            "no server was asked for it."
        )
    return " ".join(sentences)


def _people(captures: Sequence[CaptureListing]) -> str:
    return _few({capture.started.officer: None for capture in captures}, "person")


def _what(captures: Sequence[CaptureListing], roles: Roles) -> str:
    """Say how many items of which kinds there are."""
    kinds: Counter[str] = Counter()
    for capture in captures:
        kinds.update(dict(kinds_of(capture, roles)))
    others = kinds.pop(_OTHERS, 0)
    named = [counted(count, kind) for kind, count in kinds.most_common()]
    named += [counted(others, _OTHERS if kinds else "file")] if others else []
    return _listed(named) or "nothing"


def _span(captures: Sequence[CaptureListing]) -> str:
    times = [capture.started.time for capture in captures], [capture.finished.time for capture in captures]
    return _when(min(times[0], default=""), max(times[1], default=""))


def _opening(got: str, captures: Sequence[CaptureListing]) -> OpeningParagraph:
    """Add what was sought and not got."""
    # What is missing stands in the first paragraph, with addresses and reasons: nobody should have to look for it.
    failed = Chained([capture.failed for capture in captures])
    stopped = [capture.exhibit for capture in captures if capture.finished.status == CaptureStatus.INTERRUPTED]
    whole = all(capture.finished.status == CaptureStatus.COMPLETE and not capture.failed for capture in captures)
    handed_in = bool(captures) and all(capture.intake is not None for capture in captures)
    sentences = []
    if failed:
        missed = "not taken in, or not opened" if handed_in else "sought and not got, or not whole"
        sentences.append(f"{counted(len(failed), 'thing')} {missed}.")
    elif not whole:
        sentences.append("Not every capture is complete: see below.")
    if stopped:
        sentences.append(f"Interrupted before its end: {_few(dict.fromkeys(stopped), 'exhibit')}.")
    named = "; ".join(f"{_short(each.url)} ({_short(each.reason)})" for each in failed[:_NAMED])
    more = f"; and {len(failed) - _NAMED:,} more" if len(failed) > _NAMED else ""
    return OpeningParagraph(
        got=got,
        missing=" ".join(sentences) or ("All of it was taken in." if handed_in else "Everything sought was got."),
        whole=whole,
        named=f"{named}{more}." if named else "",
    )


def _few(names: Iterable[str], noun: str) -> str:
    """Name the first few, and count the rest."""
    names = list(names)
    rest = [counted(len(names) - _NAMED, f"other {noun}")] if len(names) > _NAMED else []
    return _listed([*map(_short, names[:_NAMED]), *rest]).replace("persons", "people")


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _short(text: str) -> str:
    line = " ".join(text[: 4 * _LONGEST].split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _place(scene: str) -> str:
    """Return the host of a scene that is an address, else the scene."""
    host = re.split(r"[/?#]", scene.partition("://")[2], maxsplit=1)[0].rpartition("@")[2]
    return host or scene


def _when(began: str, ended: str) -> str:
    """Say in words when something was done: on a day between two times, or between two days."""
    # The times are those of the bundle, and a stranger may have made it: what is not of the form is shown as it stands.
    if not (_TIME.fullmatch(began) and _TIME.fullmatch(ended)):
        return f"between {_short(began)} and {_short(ended)}"
    try:
        first, last = datetime.fromisoformat(began), datetime.fromisoformat(ended)
    except ValueError:
        return f"between {began} and {ended}"
    if first.date() != last.date():
        return f"between {_day(first)}, {first:%H:%M:%S}, and {_day(last)}, {last:%H:%M:%S} UTC"
    if f"{first:%H:%M:%S}" == f"{last:%H:%M:%S}":
        return f"on {_day(first)} at {first:%H:%M:%S} UTC"
    return f"on {_day(first)} between {first:%H:%M:%S} and {last:%H:%M:%S} UTC"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _day(moment: datetime) -> str:
    # No strftime("%B"): it follows the computer's language, and a report is the same everywhere.
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
