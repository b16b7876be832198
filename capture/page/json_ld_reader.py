"""Collects the JSON-LD blocks of a page while it is parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.page.document import Snippet
from capture.page.json_ld import LONGEST, MOST_BLOCKS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from capture.page.document import Attributes, Start


class JsonLdReader:
    """Reads `<script type="application/ld+json">`."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self._left_out = 0
        self.starts: Mapping[str, Start] = {"script": self._script}
        self.attributes: Mapping[str, Start] = {}
        self.ends: Mapping[str, Callable[[], None]] = {}

    def notes(self) -> list[str]:
        """Say what was left out."""
        return [f"{self._left_out:,} further JSON-LD blocks were not read"] if self._left_out else []

    def _script(self, _tag: str, attributes: Attributes) -> Snippet | None:
        if attributes.get("type", "").partition(";")[0].strip().lower() != "application/ld+json":
            return None
        if len(self.blocks) >= MOST_BLOCKS:
            self._left_out += 1
            return None
        return Snippet(LONGEST, self.blocks.append)
