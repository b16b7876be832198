"""Fills the report's template. Every value passes `printable` and then autoescape: none can become markup."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from exports.exhibits import exhibit_ranges
from exports.printable import printable
from exports.sizes import human_size
from exports.skips import item_named, reason_alike
from exports.stated import stated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jinja2 import Environment

    from exports.manifest import (
        CaptureRecord,
        ChangeRecord,
        ExchangeRecord,
        ItemRecord,
        Manifest,
        ProofRecord,
        SkippedRecord,
        TimestampRecord,
        WorkingCopyRecord,
    )

_FOLDER = Path(__file__).parent
_PAYLOAD = "data/"
_PHOTOS = {"image/jpeg", "image/png", "image/gif", "image/webp"}
"""What a browser draws without running anything. SVG and HTML can carry scripts and are never opened."""
_VIDEOS = {"video/mp4", "video/webm", "video/ogg", "video/quicktime"}
_AUDIO = {"audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/webm", "audio/flac", "audio/aac"}
_JOINED = {".mp4", ".m4v", ".mov", ".webm"}
"""Working copies that a browser may be able to play: a video whose original is a list of segments."""
_ANSWERS = {"post", "listing", "account", "data", "history", "identity", "proof"}
"""Kinds that a server answers programs with: the last part of their address is nobody's name for a file."""
_OUTCOMES = {
    "complete": "Complete",
    "partial": "Captured in part",
    "nothing": "Nothing captured",
    "interrupted": "Interrupted",
}
_YES_NO = {True: "yes", False: "no"}
_BUFFERED = 500
"""Pieces of the page that are joined before they are handed on."""


@dataclass(frozen=True, slots=True)
class _Totals:
    items: int
    bytes: int
    failed: int


@dataclass(frozen=True, slots=True)
class _Skips:
    reason: str
    url: str
    count: int


def report_html(name: str, manifest: Manifest, text_of: Callable[[ItemRecord], str]) -> Iterator[bytes]:
    """Yield the report on the bundle `name`, piece by piece.

    `text_of` returns the text that stands on a page, or "" where an item has none.
    """
    style = (_FOLDER / "report.css").read_text("utf-8")
    environment = _environment(text_of)
    stream = environment.get_template("report.html.j2").stream(
        name=name,
        manifest=manifest,
        totals=_totals(manifest),
        items={item.ref: item for capture in manifest.captures for item in capture.items},
        held=_held(manifest),
        proofs=_proofs(manifest),
        changes=_changes(manifest),
        words=_OUTCOMES,
        style=_Trusted(style),
        style_hash="sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )
    stream.enable_buffering(_BUFFERED)
    for piece in stream:
        yield piece.encode("utf-8", "backslashreplace")


class _Trusted(str):
    """Our own style sheet: the one value that goes in as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def _environment(text_of: Callable[[ItemRecord], str]) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "anchor": lambda ref: f"item-{ref.replace('/', '-')}",
        "answer": _answer,
        "bytes": lambda count: f"{count:,} bytes",
        "connection": _connection,
        "count_of": lambda count, noun: f"{count:,} {noun}" + ("" if count == 1 else "s"),
        "counted": lambda counts: ", ".join(f"{name}: {count:,}" for name, count in counts.items()),
        "fact_value": lambda value: _YES_NO[value] if isinstance(value, bool) else str(value),
        "hashtag": lambda tag: f"#{tag}",
        "joined": _joined,
        "link": lambda path: quote(path.removeprefix(_PAYLOAD)),
        "moment": _moment,
        "proven": _proven,
        "ranges": lambda captures: exhibit_ranges([capture.exhibit for capture in captures]),
        "setting": lambda value: _YES_NO[value] if isinstance(value, bool) else str(value) or "none",
        "size": human_size,
        "together": _together,
        "stated": stated,
        "trusted": _trusted,
        "text": lambda item: text_of(item).splitlines(),
    }
    environment.tests |= {
        "machine_made": lambda item: item.kind in _ANSWERS,
        "shown_photo": lambda item: item.mime in _PHOTOS and not (item.content_encoding or item.withheld),
        "shown_video": lambda item: item.mime in _VIDEOS and not (item.content_encoding or item.withheld),
        "shown_audio": lambda item: item.mime in _AUDIO and not (item.content_encoding or item.withheld),
    }
    return environment


def _shown(value: object) -> object:
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return value if value.isprintable() else printable(value.replace("\t", "    "))
    return value


def _totals(manifest: Manifest) -> _Totals:
    return _Totals(
        items=sum(len(capture.items) for capture in manifest.captures),
        bytes=sum(item.size for capture in manifest.captures for item in capture.items),
        failed=sum(len(capture.failed) for capture in manifest.captures),
    )


def _proofs(manifest: Manifest) -> dict[str, list[str]]:
    """Return the references of the proofs of each item that is a record."""
    proofs: dict[str, list[str]] = {}
    for capture in manifest.captures:
        for item in capture.items:
            if item.proof is not None and item.proof.post:
                proofs.setdefault(item.proof.post, []).append(item.ref)
    return proofs


def _held(manifest: Manifest) -> dict[tuple[str, str], str]:
    """Return the reference of what a capture has, or an earlier one had, by the capture and the URL."""
    held: dict[tuple[str, str], str] = {}
    for capture in manifest.captures:
        named = ((each.url, item_named(each.reason)) for each in capture.skipped)
        held |= {(capture.capture, url): ref for url, ref in named if ref}
        held |= {(capture.capture, item.url): item.ref for item in capture.items}
    return held


def _changes(manifest: Manifest) -> list[tuple[CaptureRecord, ChangeRecord]]:
    return [(capture, change) for capture in manifest.captures for change in capture.changed]


def _joined(item: ItemRecord) -> WorkingCopyRecord | None:
    """Return the working copy that can be played where the item itself cannot."""
    return next((copy for copy in item.working_copies if Path(copy.path).suffix in _JOINED), None)


def _together(skipped: Iterable[SkippedRecord]) -> list[_Skips]:
    """Put those on one line that were captured before; what else was skipped stands by itself."""
    rows: dict[tuple[str, str], _Skips] = {}
    for each in skipped:
        reason = reason_alike(each.reason)
        key = (reason, "" if reason != each.reason else each.url)
        before = rows.get(key, _Skips(reason, each.url, 0))
        rows[key] = _Skips(reason, before.url, before.count + each.count)
    return list(rows.values())


def _moment(time: str) -> str:
    """Write a ledger's time for people; one that is not of our form stays as it is."""
    return time.replace("T", " ").removesuffix("Z") + " UTC" if time.endswith("Z") else time


def _answer(exchange: ExchangeRecord) -> str:
    return f"HTTP status {exchange.status}, after {exchange.seconds:.2f} s"


def _proven(proof: ProofRecord) -> str:
    """Say exactly what a proof says, and what it does not."""
    name = f"at://{proof.did}/{proof.collection}/{proof.rkey}"
    if proof.problem:
        return f"The signed proof of {name} does not hold: {proof.problem}"
    held = "holds this record" if proof.holds else "holds no such record: it was deleted, or never there"
    what = f"The account's key signed a repository that {held} ({name}, revision {proof.rev})."
    if not proof.did.startswith("did:plc:"):
        what += f" That the key is the account's is the word of the host in {proof.did} alone."  # no log proves it
    return f"{what} That proves no time, and not who held the key: as a rule the account's server does."


def _trusted(stamp: TimestampRecord) -> str:
    """Say who confirmed when that a seal existed; who is to be believed is for the reader to decide."""
    late = f"{abs(stamp.late):,.1f} s {'before' if stamp.late < 0 else 'after'} the seal by the officer's clock"
    return f"{_moment(stamp.time)} ({late}), confirmed by {stamp.authority}; README.txt says how to check it"


def _connection(exchange: ExchangeRecord) -> str:
    through = f"proxy {exchange.proxy}" if exchange.proxy else exchange.ip
    tls = exchange.tls
    if tls is None:
        return f"{through}, not encrypted"
    return f"{through}, {tls.version}, certificate {'verified' if tls.verified else 'NOT verified'}"
