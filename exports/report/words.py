"""The report's words for what a manifest says: each fact in a sentence that a court can read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import Any

from msgspec.structs import replace

from exports.format.manifest import ListedItem
from exports.format.moment import recorded_after, second, timestamped_after
from exports.format.phrases import custody_phrases, graded, item_bytes, item_size
from hashing.case.events import Exchange, ProofRead, Timestamped, WorkingCopy
from hashing.case.kinds import CaptureStatus
from hashing.printable import human_size

# Working copies that a browser may be able to play: a video whose original is a list of segments.
_JOINED = {".mp4", ".m4v", ".mov", ".webm"}
_FRAME = "-frame.jpg"
# What a browser draws without running anything. SVG and HTML can carry scripts and are never opened.
_PHOTOS = {"image/jpeg", "image/png", "image/gif", "image/webp"}
_VIDEOS = {"video/mp4", "video/webm", "video/ogg", "video/quicktime"}
_AUDIO = {"audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/webm", "audio/flac", "audio/aac"}
# Kinds that a server answers programs with: the last part of their address is nobody's name for a file.
ANSWERS = {"post", "listing", "account", "data", "history", "identity", "proof"}
PICTURES = {"first view", "page picture"}  # Kinds of pictures that a browser made of a page.
_OUTCOMES: dict[str, str] = {
    CaptureStatus.COMPLETE: "Complete",
    CaptureStatus.PARTIAL: "Captured in part",
    CaptureStatus.NOTHING: "Nothing captured",
    CaptureStatus.INTERRUPTED: "Interrupted",
}
_YES_NO = {True: "yes", False: "no"}


def is_photo(item: ListedItem) -> bool:
    """Say whether an item is a photo that a browser may draw."""
    return item.mime in _PHOTOS and not (item.content_encoding or item.withheld)


def joined(item: ListedItem) -> WorkingCopy | None:
    """Return the working copy that can be played where the item itself cannot."""
    return playable(item.working_copies)


def playable(copies: Iterable[WorkingCopy]) -> WorkingCopy | None:
    """Return the first of an item's working copies that can be played, such as a video joined of its segments."""
    return next((copy for copy in copies if PurePosixPath(copy.path).suffix in _JOINED), None)


def frame(item: ListedItem) -> ListedItem | None:
    """Return the frame that goldenhour took of a video, as a photo under the video's reference; None for none."""
    copy = next((copy for copy in item.working_copies if copy.path.endswith(_FRAME)), None)
    if copy is None or item.kind == "photo":
        return None
    return replace(
        item, kind="frame", mime="image/jpeg", path=copy.path, size=copy.size, sha256=copy.sha256, content_encoding=""
    )


def moment(time: str) -> str:
    """Write a ledger's time for people; one that is not of our form stays as it is."""
    return time.replace("T", " ").removesuffix("Z") + " UTC" if time.endswith("Z") else time


def proven(proof: ProofRead) -> str:
    """Say exactly what a proof says, and what it does not."""
    name = f"at://{proof.did}/{proof.collection}/{proof.rkey}"
    if proof.problem:
        return f"The signed proof of {name} does not hold: {proof.problem}"
    held = "holds this record" if proof.record_cid else "holds no such record: it was deleted, or never there"
    what = f"The account's key signed a repository that {held} ({name}, revision {proof.rev})."
    if not proof.did.startswith("did:plc:"):
        what += f" That the key is the account's is the word of the host in {proof.did} alone."  # no log proves it
    return f"{what} That proves no time, and not who held the key: as a rule the account's server does."


def first_words(item: ListedItem, longest: int = 160) -> str:
    """Return what an item says of itself in one line: a post's text, a page's title, a photo's description."""
    post = item.post
    said = (post.title or post.text or post.warning) if post else (item.title or item.alt)
    line = " ".join(said[: 4 * longest].split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def in_short(text: str, cut: bool, longest: int = 160) -> str:
    """Return a text in one line; cut where it is for a page of paper that must not grow."""
    line = " ".join(text.split())
    return f"{line[: longest - 1]}…" if cut and len(line) > longest else line


def counted(count: int, noun: str) -> str:
    """Write a count with its noun."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _answer(exchange: Exchange) -> str:
    return f"HTTP status {exchange.status}, after {exchange.seconds:.2f} s"


def _trusted(timestamp: Timestamped) -> str:
    """Say who confirmed when that a seal existed; who is to be believed is for the reader to decide."""
    when = f"{moment(timestamp.token_time)} ({timestamped_after(timestamp.late)})"
    return f"{when}, confirmed by {timestamp.authority}; README.txt says how to check it"


def _connection(exchange: Exchange) -> str:
    through = f"proxy {exchange.proxy}" if exchange.proxy else exchange.ip
    tls = exchange.tls
    if tls is None:
        return f"{through}, not encrypted"
    return f"{through}, {tls.version}, {tls.cipher}, certificate {'verified' if tls.verified else 'NOT verified'}"


def _plain(value: object) -> str:
    return _YES_NO[value] if isinstance(value, bool) else str(value)


FILTERS: dict[str, Callable[..., Any]] = {
    "answer": _answer,
    "bytes": item_bytes,
    "connection": _connection,
    "count_of": counted,
    "counted": lambda counts: ", ".join(f"{name}: {count:,}" for name, count in counts.items()),
    "fact_value": _plain,
    "first_words": first_words,
    "graded": graded,
    "hashtag": lambda tag: f"#{tag}",
    "in_short": in_short,
    "item_size": item_size,
    "joined": joined,
    "moment": moment,
    "outcome": lambda status: _OUTCOMES.get(status, status),
    "proven": proven,
    "recorded_after": lambda entry: recorded_after(entry.time, entry.recorded),
    "second": second,
    "setting": lambda value: _plain(value) or "none",
    "size": human_size,
    "stated": custody_phrases,
    "trusted": _trusted,
}
TESTS: dict[str, Callable[..., bool]] = {
    "machine_made": lambda item: item.kind in ANSWERS,
    "shown_photo": is_photo,
    "shown_video": lambda item: item.mime in _VIDEOS and not (item.content_encoding or item.withheld),
    "shown_audio": lambda item: item.mime in _AUDIO and not (item.content_encoding or item.withheld),
}
