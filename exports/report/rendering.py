"""Fills the report's templates. Every value passes `printable` and then autoescape: none can become markup."""

from __future__ import annotations

import base64
import hashlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exports.format.bundle_files import BundleFiles
from exports.format.found_words import found_words, joined_words
from exports.format.kept import Chained, Picked
from exports.format.lookup import Lookup
from exports.format.manifest import ListedItem
from exports.format.phrases import exhibit_ranges, item_named, skips_together, verdict_line
from exports.report.item_index import ItemIndex, NamedTogether
from exports.report.links import PrintLinks, ReportLinks, anchor, seen_anchor
from exports.report.map_drawing import degrees
from exports.report.opening import exhibit_opening, kinds_of, opening
from exports.report.roles import Roles
from exports.report.site_page import SitePage
from exports.report.words import ANSWERS, FILTERS, TESTS
from hashing.printable import printable

if TYPE_CHECKING:
    from jinja2 import Environment

    from exports.format.bundle_listing import BundleListing, CaptureListing


_FOLDER = Path(__file__).parent
_MOST_NAMED = 24  # Of items that speak of another, so many are named.
_BUFFERED = 500  # Pieces of a page that are joined before they are handed on.


class Trusted(str):
    """Our own style sheet and script: the two values that go in as they are."""

    __slots__ = ()

    def __html__(self) -> str:
        """Return itself, for autoescape."""
        return str(self)


class Rendering:
    """Renders the pages of one report; `reasons` say by SHA-256 why a photo has no preview."""

    def __init__(
        self, listing: BundleListing, index: ItemIndex, roles: Roles, files: BundleFiles, reasons: Mapping[str, str]
    ) -> None:
        gathered = _Gathered(listing)
        self._shared = {
            "listing": listing,
            "page_text": files.page_text,
            "reasons": reasons,
            "roles": roles,
            "opening": opening(listing, roles),
            "items": index,
            "read_words": {ref: (each, joined_words(each)) for ref, each in found_words(listing.findings).items()},
            "changes": Chained([capture.changed for capture in listing.captures]),
            "held": gathered.held,
            "proofs": gathered.proofs,
            "excerpts": gathered.excerpts,
            "addresses": gathered.addresses,
            "linkers": gathered.linkers,
        }

    def page(self, page: SitePage, navigation: Sequence[SitePage], links: ReportLinks) -> Iterator[bytes]:
        """Yield a page in pieces. Raises what opening a page's text raises."""
        # Both stand in the page, with their hashes in its Content-Security-Policy (CSP 3, section 2.3.1): a bundle is
        # opened from a disk, and nothing that a captured text might bring along may run or load.
        style, script = own("report.css"), own("report.js") if page.scripted else Trusted()
        yield from self.filled(
            f"{page.template}.html.j2",
            layout="base.html.j2",
            page=page,
            navigation=navigation,
            links=links,
            style=style,
            style_hash=policy_hash(style),
            script=script,
            script_hash=policy_hash(script) if script else "",
            **_read_once(page),
        )

    def fragment(self, page: SitePage, links: PrintLinks) -> Iterator[bytes]:
        """Yield a page without its head, for a document of many. Raises as `page`."""
        yield from self.filled(
            f"{page.template}.html.j2", layout="fragment.html.j2", page=page, links=links, **_read_once(page)
        )

    def filled(self, template: str, **values: object) -> Iterator[bytes]:
        """Yield a template filled with what is shared and with these values."""
        stream = environment().get_template(template).stream({**self._shared, **values})
        stream.enable_buffering(_BUFFERED)
        for piece in stream:
            yield piece.encode("utf-8", "backslashreplace")


def _read_once(page: SitePage) -> Mapping[str, Any]:
    """Return what a page shows, with its entries in memory: a template goes through them more than once."""
    return {**page.values, "entries": list(page.values["entries"])} if "entries" in page.values else page.values


@cache
def own(name: str) -> Trusted:
    """Return a style sheet or script of ours."""
    return Trusted((_FOLDER / name).read_text("utf-8"))


def policy_hash(text: str) -> str:
    """Return the source expression that lets exactly this inline text through (CSP level 3, section 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def environment() -> Environment:
    """Return Jinja set up so that nothing passes unescaped and nothing undefined is shown as empty.

    It keeps the templates that it has compiled, for whatever report is made next.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # autoescape and `finalize` see every value: text of a captured page cannot become markup, nor a control character
    # reach the reader. A name that a template misspells raises, since an empty space would look like an empty fact.
    made = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= FILTERS | {
        "anchor": anchor,
        "degrees": degrees,
        "exhibit_opening": exhibit_opening,
        "host": lambda url: url.partition("://")[2].partition("/")[0],
        "kinds": kinds_of,
        "ranges": lambda captures: exhibit_ranges([capture.exhibit for capture in captures]),
        "seen_anchor": seen_anchor,
        "together": skips_together,
        "verdict": verdict_line,
    }
    made.tests |= TESTS
    return made


def _shown(value: object) -> object:
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return value if value.isprintable() else printable(value.replace("\t", "    "))
    return value


class _Gathered:
    """What templates look up, by a name; a template that searched would make the report quadratic."""

    def __init__(self, listing: BundleListing) -> None:
        self.proofs, self.excerpts, self.linkers = (NamedTogether(_MOST_NAMED) for _ in range(3))
        self.addresses: Lookup[str, str] = Lookup(str)
        self._held: Lookup[str, str] = Lookup(str)
        linking = array("Q")
        items = listing.items
        for capture in listing.captures:
            for skip in capture.skipped:
                if ref := item_named(skip.reason):
                    self._held[_held_name(capture, skip.url)] = ref
        for number, item in enumerate(items):
            self._held[_held_name(listing.captures[items.part(number)], item.url)] = item.ref
            self._add(item)
            if item.post and item.post.links:
                linking.append(number)
        for item in Picked(items, linking):
            for link in item.post.links if item.post else ():
                if (linked := self.addresses.get(link, item.ref)) != item.ref:
                    self.linkers.add(linked, item.ref)

    def _add(self, item: ListedItem) -> None:
        if item.proof is not None and item.proof.post:
            self.proofs.add(item.proof.post, item.ref)
        if item.excerpt is not None:
            self.excerpts.add(item.excerpt.of, item.ref)
        # Of several items with an address, the first is the one that links lead to.
        if not item.error_page and item.kind not in ANSWERS:
            for url in (item.url, item.final_url):
                if url and url not in self.addresses:
                    self.addresses[url] = item.ref

    def held(self, capture: CaptureListing, url: str) -> str | None:
        """Return the item of an address in a capture, or the earlier one for which it was skipped."""
        return self._held.get(_held_name(capture, url))


def _held_name(capture: CaptureListing, url: str) -> str:
    return f"{capture.capture} {url}"
