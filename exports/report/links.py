"""Where the references in a report lead to: places in the report and files of its bundle, and nowhere else.

The addresses of the live sites are shown as text: a click would tell them that somebody looks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from urllib.parse import quote

from exports.format.bag import PAYLOAD
from exports.report.site_page import SitePage

OVERVIEW = "report.html"
PAGES = "report/"
PREVIEWS = f"{PAGES}previews/"
TILES = f"{PAGES}tiles/"
# Begin the addresses of photos and tiles in a document that is printed: what follows is a SHA-256, or a name.
PHOTO, TILE = "photo:", "tile:"

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9]+")


def anchor(ref: str) -> str:
    """Return the name of an item's place on its page: letters, digits and hyphens, whatever its reference holds."""
    return f"item-{_NOT_PLAIN.sub('-', ref)}"


def seen_anchor(ref: str) -> str:
    """Return the name of an item's place on its exhibit's page."""
    return f"seen-{_NOT_PLAIN.sub('-', ref)}"


class ReportLinks:
    """The links of one page: relative, and "" where there is nothing to lead to.

    `address` returns the page of an item by its reference, `seen` are those of their exhibits on which they stand,
    `files` the names of the bundle's files, `shown` the SHA-256 of the photos that have a preview. On the `overview`
    they are written for the folder above the pages.
    """

    def __init__(
        self,
        address: Callable[[str], str],
        seen: Mapping[str, str],
        files: Container[str],
        shown: Container[str],
        *,
        overview: bool,
    ) -> None:
        self._address = address
        self._seen = seen
        self._files = files
        self._shown = shown
        self._up = "" if overview else "../"

    def seen(self, ref: str) -> str:
        """Return where an item stands on its exhibit's page; where it does not, where it stands in full."""
        page = self._seen.get(ref)
        return f"{self.page(page)}#{seen_anchor(ref)}" if page else self.item(ref)

    def item(self, ref: str) -> str:
        """Return where an item stands in full."""
        page = self._address(ref)
        return f"{self.page(page)}#{anchor(ref)}" if page else ""

    def page(self, name: str) -> str:
        """Return where a page of the report is."""
        return name.removeprefix(PAGES) if self._up and name.startswith(PAGES) else self._up + name

    def file(self, path: str) -> str:
        """Return where a file of the bundle's payload is."""
        return self._up + quote(path.removeprefix(PAYLOAD)) if path in self._files else ""

    def tile(self, name: str) -> str:
        """Return where a tile of the base map is."""
        return self.page(f"{TILES}{name}")

    def preview(self, sha256: str) -> str:
        """Return where the preview of a photo is."""
        return self.page(f"{PREVIEWS}{sha256}.jpg") if sha256 in self._shown else ""


class PrintLinks:
    """The links of a document that is printed: places in it, and no files. `shown` are the photos that are at hand."""

    def __init__(self, pages: Iterable[SitePage], shown: Container[str]) -> None:
        pages = list(pages)
        self._pages = {page.name for page in pages}
        self._items = {item.ref for page in pages if page.template == "items" for item in page.values["entries"]}
        groups = (group for page in pages if page.template == "capture" for group in page.values["groups"])
        self._seen = {item.ref for group in groups for item in group.items}
        self._shown = shown

    def seen(self, ref: str) -> str:
        """Return where an item stands on its exhibit's page; where it does not, where it stands in full."""
        return f"#{seen_anchor(ref)}" if ref in self._seen else self.item(ref)

    def place(self, name: str) -> str:
        """Return what the place of a page in the document is called."""
        return _NOT_PLAIN.sub("-", name)

    def item(self, ref: str) -> str:
        """Return where an item stands, if it is in this document."""
        return f"#{anchor(ref)}" if ref in self._items else ""

    def page(self, name: str) -> str:
        """Return where a page stands, if it is in this document."""
        return f"#{self.place(name)}" if name in self._pages else ""

    def file(self, path: str) -> str:  # noqa: ARG002 - what `ReportLinks` takes
        """Return nothing: paper leads to no file."""
        return ""

    def tile(self, name: str) -> str:
        """Return the address by which a tile of the base map is asked for."""
        return f"{TILE}{name}"

    def preview(self, sha256: str) -> str:
        """Return the address by which the photo is asked for."""
        return f"{PHOTO}{sha256}" if sha256 in self._shown else ""
