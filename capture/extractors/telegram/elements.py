"""Elements of Telegram's web preview, found by their class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.extractors.json_value import line

if TYPE_CHECKING:
    from lxml import etree

PREFIX = "tgme_widget_message_"  # How the classes of a post's parts begin.


def marked(element: etree._Element, name: str) -> list[etree._Element]:
    """Return the elements of a class, in order."""
    found: list[etree._Element] = element.xpath(  # type: ignore[assignment]  # this expression gives elements alone
        f"descendant-or-self::*[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"
    )
    return found


def said(element: etree._Element, name: str, longest: int = 1000) -> str:
    """Return the text of the first element of a class, on one line; "" where there is none."""
    return next((line("".join(map(str, each.itertext())), longest) for each in marked(element, name)), "")
