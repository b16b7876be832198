"""The images that style sheets, style attributes and old background attributes put into a page (CSS Syntax Level 3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from capture.page.document import Attributes, Snippet, Start
from capture.page.images import LATE_BACKGROUNDS
from capture.page.kinds import kind_of_address
from capture.page.mentions import Mention, Mentions, Position
from hashing.case.kinds import ItemKind

# Every alternative either takes what it began to read, to the end of the text if need be, or fails at once: the
# possessive quantifiers keep the time linear for hostile text. A name is taken whole, so that `-url(` is not `url(`.
_TOKEN = re.compile(
    r"""
      /\*.*?(?:\*/|\Z)
    | (?i:url)\(\s*+ (?: "(?P<double>(?:[^"\\\n]|\\.)*+)"?
                       | '(?P<single>(?:[^'\\\n]|\\.)*+)'?
                       | (?P<bare>(?:[^\s"'()\\]|\\[0-9A-Fa-f]{1,6}+\s?+|\\.)*+)\s*+(?:\)|\Z) )
    | "(?:[^"\\\n]|\\.)*+"?
    | '(?:[^'\\\n]|\\.)*+'?
    | (?P<property>[\w-]++)\s*+:
    | (?P<at>@[\w-]++)
    | (?P<end>[{};])
    | [\w-]++
    """,
    re.VERBOSE | re.DOTALL,
)
# CSS Syntax Level 3, section 4.3.7: up to six digits and one blank, or any character.
_ESCAPE = re.compile(r"\\(?:([0-9A-Fa-f]{1,6})\s?|(.))", re.DOTALL)
_LAST_CODE_POINT = 0x10FFFF

_LONGEST_SHEET = 4 << 20


def css_images(text: str) -> Iterator[tuple[str, str]]:
    """Yield each image's address with the kind of property it stands in, "css background" or "css content".

    Custom properties (`--photo: url(…)`) count as backgrounds. Left out are fonts, imported sheets, cursors and
    filters.
    """
    found_in = ""
    # Tokens and no tree: which property an address stands in is known from the last name before it.
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "double" | "single" | "bare":
                if found_in and (url := _unescaped(token[token.lastgroup])):
                    yield url, found_in
            case "property":
                found_in = found_in or _place(token["property"].lower())
            case "at" | "end":
                found_in = ""


def _place(name: str) -> str:
    if name.startswith(("background", "-webkit-background", "--")):
        return "css background"
    return "css content" if name == "content" else ""


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return "" if escape[2] == "\n" else escape[2]
    code = int(escape[1], 16)
    surrogate = 0xD800 <= code <= 0xDFFF  # noqa: PLR2004 - the surrogate range of Unicode
    return "\ufffd" if not code or surrogate or code > _LAST_CODE_POINT else chr(code)


class StyleMedia:
    """Reads style sheets in the page, and the attributes that name backgrounds; linked sheets are not fetched."""

    def __init__(self, mentions: Mentions) -> None:
        self._mentions = mentions
        self._long_sheets = 0
        self.starts: Mapping[str, Start] = {"style": self._sheet_started}
        self.attributes: Mapping[str, Start] = {
            "style": lambda _tag, attributes: self._sheet(attributes["style"]),
            "background": lambda tag, attributes: self._show(attributes["background"], f"{tag} background"),
            **dict.fromkeys(LATE_BACKGROUNDS, self._late_background),
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
        for name in LATE_BACKGROUNDS:
            value = attributes.get(name, "")
            if "(" in value:
                self._sheet(f"background:{value}")
            elif kind_of_address(value) == "photo":
                self._show(value, name)

    def _show(self, raw: str, found_in: str) -> None:
        if raw:
            self._mentions.show(Mention(ItemKind.PHOTO, (Position(raw, found_in),)))
