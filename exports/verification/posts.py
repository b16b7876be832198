"""Checking what a bundle shows of posts against the items that they were read from, where that can be read again.

A record of the AT Protocol (Bluesky) stands in its item as JSON, and its text is shown as it stands there. How any
other post was read, out of HTML, a feed or a site's own JSON, is not repeated here: docs/formats.md says so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exports.errors import NotCheckable
from exports.format.manifest import ListedItem
from exports.format.unpacked import unpacked
from hashing.warc.content_coding import PIECE

if TYPE_CHECKING:
    from exports.format.manifest import Listed
    from exports.verification.check import Check

_PLATFORM = "bluesky"
_LARGEST = 4 << 20
"""Bytes of a post, unpacked, that are read."""
_LONGEST_TEXT = 100_000
"""Characters of a text that are shown."""
_UNCLEAN = "\N{REPLACEMENT CHARACTER}"
"""Stands for each character that is not shown as it is, such as one that would move a cursor."""


class _Ambiguous(ValueError):
    """JSON in which a name stands twice: two readers may take it differently."""


@dataclass(slots=True)
class PostCheck:
    """Compares posts with their items, one at a time."""

    check: Check
    compared: int = 0

    def take(self, entry: Listed) -> None:
        """Compare what is listed, if it is a post whose item can be read again; note what differs."""
        if not isinstance(entry, ListedItem) or entry.post is None or entry.post.platform != _PLATFORM:
            return
        if entry.withheld or entry.partial or not self.check.is_file(entry.path):
            return
        served = self._served(entry)
        match served:
            case {"uri": str(uri), "value": {"text": str(text)}} if uri == entry.post.id:
                self.compared += 1
                if not _shown_as(text, entry.post.text):
                    self.check.problem(entry.path, f"{entry.ref}: the post's text is not what stands in the item")
                if entry.post.author.id and f"at://{entry.post.author.id}/" != uri[: len(entry.post.author.id) + 6]:
                    self.check.problem(entry.path, f"{entry.ref}: the post's author is not the one in the item")
            case _:
                pass  # another form, or none: the post was read from elsewhere, such as from its signed proof

    def _served(self, item: ListedItem) -> Any:  # noqa: ANN401 - whatever a server sent
        """Return an item as JSON; None for what is none, or could be read in two ways."""
        data = bytearray()
        try:
            with self.check.tree.open(item.path) as file:
                for piece in unpacked(iter(lambda: file.read(PIECE), b""), item.content_encoding):
                    data += piece
                    if len(data) > _LARGEST:
                        return None
            return json.loads(data, object_pairs_hook=_named_once)
        except (NotCheckable, OSError, ValueError, RecursionError):
            return None  # that it cannot be read, or is not as it was sealed, is said elsewhere


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Ambiguous
    return found


def _shown_as(said: str, shown: str) -> bool:
    """Say whether a text is shown as it was said: as far as it is shown, and but for characters that are not."""
    said = said[:_LONGEST_TEXT]
    return len(said) == len(shown) and all(one in {other, _UNCLEAN} for one, other in zip(shown, said, strict=True))
