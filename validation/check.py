"""What a capture found, flattened to one value a name, and compared with what was expected, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from capture.run.examination import FRAME

if TYPE_CHECKING:
    from exports.format.capture_view import CaptureView
    from exports.format.manifest import ListedItem
    from hashing.case.facts import Fact
    from hashing.case.post import Post

Value = str | int | float | bool


def findings(view: CaptureView) -> dict[str, Value]:
    """Return every hash, size, fact and failure of a capture, by a name that is the same on every machine.

    Frames of videos are left out: where there is no ffmpeg there are none, and each version makes other bytes.
    """
    found: dict[str, Value] = {"status": view.status}
    for item in view.items:
        found.update(_of_item(item))
    for failed in view.failed:
        found[f"not captured: {failed.url}"] = failed.reason
    return found


def _of_item(item: ListedItem) -> dict[str, Value]:
    name = f"{item.kind} {item.url}"
    found: dict[str, Value] = {
        f"{name}: sha256": item.sha256,
        f"{name}: size": item.size,
        f"{name}: type": item.mime,
    }
    if item.partial:
        found[f"{name}: not whole"] = item.partial
    for fact in item.facts:
        # Depends on the ffmpeg of this computer, and is no evidence.
        if fact.tag == "ffmpeg":
            continue
        found[f"{name}: {fact.name} ({fact.tag})"] = _without_others_words(fact)
    for copy in item.working_copies:
        if copy.how.startswith(FRAME):
            continue
        found[f"{name}: {copy.how}: sha256"] = copy.sha256
    if item.post is not None:
        found.update(_of_post(name, item.post))
    return found


def _without_others_words(fact: Fact) -> Value:
    """Leave out what a library says in brackets about a damaged photo: its words change from version to version."""
    return fact.value.partition(" (")[0] if fact.tag == "Pillow" and isinstance(fact.value, str) else fact.value


def _of_post(name: str, post: Post) -> dict[str, Value]:
    said = {
        "id": post.id,
        "author": post.author.handle,
        "published": post.published,
        "edited": post.edited,
        "text": post.text,
        "answers": post.reply_to,
        "media": ", ".join(media.url for media in post.media),
    }
    return {f"{name}: post {key}": value for key, value in said.items() if value}


class ValidationCheck(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A check of a validation. `expected` or `found` is None where there is nothing of that name on that side."""

    part: str
    """Of what: a scene, `published vectors`, `alterations`."""
    name: str
    expected: Value | None
    found: Value | None
    passed: bool


def check(part: str, name: str, expected: Value | None, found: Value | None) -> ValidationCheck:
    """Compare one value."""
    return ValidationCheck(part=part, name=name, expected=expected, found=found, passed=expected == found)


def compare(part: str, expected: Mapping[str, Value], found: Mapping[str, Value]) -> Iterator[ValidationCheck]:
    """Compare all that was expected with all that was found; what is on one side alone is a failed check."""
    for name in dict.fromkeys([*expected, *found]):
        yield check(part, name, expected.get(name), found.get(name))
