"""From what a row says to what is captured: every fault is found before anything is fetched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import msgspec

from capture.batch.row import BadRow, BatchRow, GivenRow
from capture.errors import CaptureError
from capture.extractors import search_targets
from capture.recorder.urls import host_and_port, without_login
from capture.request.amounts import moment
from capture.request.options import CaptureOptions, checked_initials, initials_of
from capture.request.scene import Scene, parse_scene
from hashing.case.batch_events import RowOptions
from hashing.errors import BadFormat
from hashing.ledger.canonical import canonical_json

_LARGEST_LIMIT = 10**9
_LONGEST = 100_000  # Characters of a title or a note; a ledger's line must hold them.


class _Sameness(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What makes two rows the same."""

    scene: str
    # What of a scene is captured, from the row or as a default; and the row's own words, if it has any.
    options: RowOptions
    login: bool = False  # Whether the scene holds one; which, nobody can tell from the digest.


def checked_rows(
    given: Iterable[GivenRow], base: CaptureOptions, defaults: RowOptions, now: datetime
) -> tuple[list[BatchRow], list[BadRow]]:
    """Return the rows that can be captured, each once, and what is wrong with the others.

    `base` is what holds for every row; `defaults` says the same in the words of a row, for what a row may change.
    Spans such as `2h` count back from `now`.
    """
    rows: dict[str, BatchRow] = {}
    bad = []
    for each in given:
        try:
            row = _checked(each, base, defaults, now)
        except (CaptureError, BadFormat) as error:
            bad.append(BadRow(line=each.line, reason=str(error)))
        else:
            rows.setdefault(row.id, row)
    return list(rows.values()), bad


def _checked(given: GivenRow, base: CaptureOptions, defaults: RowOptions, now: datetime) -> BatchRow:
    words = given.options
    _demand_text(given)
    scene = parse_scene(given.scene)
    merged = _merged(words, defaults)
    options = _options(base, words, merged, now)
    places = search_targets(scene, options)
    sameness = _Sameness(scene=scene.text, options=merged, login=scene.login is not None)
    return BatchRow(
        id=hashlib.sha256(canonical_json(sameness)).hexdigest(),
        given=given,
        scene=scene.text,
        options=options,
        places=tuple(dict.fromkeys(_host(target.scene) for target in places)),
    )


def _demand_text(given: GivenRow) -> None:
    if not given.scene.isprintable():
        raise BadFormat("a control character is in the scene")
    if given.options.limit is not None and not 0 <= given.options.limit <= _LARGEST_LIMIT:
        raise BadFormat(f"limit: not between 0 and {_LARGEST_LIMIT:,}")
    for name, value in msgspec.structs.asdict(given.options).items():
        if isinstance(value, str) and len(value) > _LONGEST:
            raise BadFormat(f"{name}: longer than {_LONGEST:,} characters")


def _merged(words: RowOptions, defaults: RowOptions) -> RowOptions:
    said = {name: value for name, value in msgspec.structs.asdict(words).items() if value is not None}
    return msgspec.structs.replace(defaults, **said)


def _options(base: CaptureOptions, words: RowOptions, merged: RowOptions, now: datetime) -> CaptureOptions:
    officer = words.officer or base.officer
    suggested = initials_of(officer) if words.officer else base.initials
    options = replace(
        base,
        officer=officer,
        initials=checked_initials(words.initials) if words.initials else suggested,
        title=base.title if words.title is None else words.title,
        note=base.note if words.note is None else words.note,
        on=merged.on or (),
        thread=bool(merged.thread),
        since=moment(merged.since, "since", now) if merged.since else None,
        until=moment(merged.until, "until", now) if merged.until else None,
        comments=bool(merged.comments),
        follow=bool(merged.follow),
        media=merged.media or base.media,
        limit=merged.limit or 0,
    )
    options.wanted_kinds()
    return options


def _host(scene: Scene) -> str:
    """Return where a scene is asked for: a host with its port, or the name of a network that has no one host."""
    if scene.url.startswith(("http://", "https://")):
        return host_and_port(scene.url)
    return "bsky" if scene.url.startswith("at://") else without_login(scene.url)
