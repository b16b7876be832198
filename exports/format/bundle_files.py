"""The files of a bundle as the report needs them: by their names there, wherever they are."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from exports.format.manifest import ListedItem

TEXT_ENDING = "-text.txt"  # How the name of a working copy ends that is a page's visible text.
_LONGEST_TEXT = 8_000  # Characters of a page's text that the report shows.
_LARGEST_TEXT = 1 << 20


@dataclass(frozen=True, slots=True)
class BundleFiles:
    """The names of a bundle's files (`data/captures/…`) and a function that opens one.

    `opened` raises NotCheckable or OSError.
    """

    names: Container[str]
    opened: Callable[[str], BinaryIO]

    def page_text(self, item: ListedItem) -> list[str]:
        """Return the lines of a page's text, from its working copy; of a long one the start. Raises as `opened`."""
        for copy in item.working_copies:
            if copy.path.endswith(TEXT_ENDING) and copy.size <= _LARGEST_TEXT and copy.path in self.names:
                with self.opened(copy.path) as file:
                    text = file.read(_LARGEST_TEXT).decode("utf-8", "replace")
                cut = [f"… continues in {copy.path}"] if len(text) > _LONGEST_TEXT else []
                return [*text[:_LONGEST_TEXT].splitlines(), *cut]
        return []
