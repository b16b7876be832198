"""The images that style sheets, style attributes and old background attributes put into a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from capture.page.css import css_images
from capture.page.document import Attributes, Snippet, Start
from capture.page.kinds import kind_of_address
from capture.page.mentions import Mention, Mentions, Position
from hashing.case.kinds import ItemKind

_LONGEST_SHEET = 4 << 20

# Where pages that load images late keep a background until a script moves it into the style.
_LATE_BACKGROUNDS = ("data-bg", "data-background", "data-background-image")


class StyleMedia:
    """Reads style sheets in the page, and the attributes that name backgrounds; linked sheets are not fetched."""

    def __init__(self, mentions: Mentions) -> None:
        self._mentions = mentions
        self._long_sheets = 0
        self.starts: Mapping[str, Start] = {"style": self._sheet_started}
        self.attributes: Mapping[str, Start] = {
            "style": lambda _tag, attributes: self._sheet(attributes["style"]),
            "background": lambda tag, attributes: self._show(attributes["background"], f"{tag} background"),
            **dict.fromkeys(_LATE_BACKGROUNDS, self._late_background),
        }
        self.ends: Mapping[str, Callable[[], None]] = {}

    def notes(self) -> list[str]:
        """Say what was not read."""
        if not self._long_sheets:
            return []
        return [f"{self._long_sheets:,} style sheet(s) longer than {_LONGEST_SHEET:,} characters, read in part"]

    def _sheet_started(self, _tag: str, _attributes: Attributes) -> Snippet:
        return Snippet(_LONGEST_SHEET, self._sheet)

    def _sheet(self, text: str) -> None:
        self._long_sheets += len(text) > _LONGEST_SHEET
        if "(" in text:
            for url, found_in in css_images(text[:_LONGEST_SHEET]):
                self._show(url, found_in)

    def _late_background(self, _tag: str, attributes: Attributes) -> None:
        for name in _LATE_BACKGROUNDS:
            value = attributes.get(name, "")
            if "(" in value:
                self._sheet(f"background:{value}")
            elif kind_of_address(value) == "photo":
                self._show(value, name)

    def _show(self, raw: str, found_in: str) -> None:
        if raw:
            self._mentions.show(Mention(ItemKind.PHOTO, (Position(raw, found_in),)))
