"""Addresses of images in style sheets and style attributes (CSS Syntax Level 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
_ESCAPE = re.compile(r"\\(?:([0-9A-Fa-f]{1,6})\s?|(.))", re.DOTALL)
_LAST_CODE_POINT = 0x10FFFF


def css_images(text: str) -> Iterator[tuple[str, str]]:
    """Yield each image's address with the kind of property it stands in, "css background" or "css content".

    Custom properties (`--photo: url(…)`) count as backgrounds. Left out are fonts, imported sheets, cursors and
    filters.
    """
    found_in = ""
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
