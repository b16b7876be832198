"""Fills the report's templates. Every value passes `printable` and then autoescape: none can become markup."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from exports.format.found_words import found_words, joined_words
from exports.format.phrases import exhibit_ranges, item_named, skips_together, verdict_line
from exports.report.evidence import behind
from exports.report.links import anchor, seen_anchor
from exports.report.map_drawing import degrees
from exports.report.opening import exhibit_opening, kinds_of, opening
from exports.report.words import ANSWERS, FILTERS, TESTS
from hashing.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jinja2 import Environment

    from exports.format.bundle_files import BundleFiles
    from exports.format.bundle_listing import BundleListing
    from exports.format.manifest import ListedItem
    from exports.report.links import PrintLinks, ReportLinks
    from exports.report.roles import Roles
    from exports.report.site_page import SitePage


_FOLDER = Path(__file__).parent
_BUFFERED = 500
"""Pieces of a page that are joined before they are handed on."""


class Trusted(str):
    """Our own style sheet and script: the two values that go in as they are."""

    __slots__ = ()

    def __html__(self) -> str:
        """Return itself, for autoescape."""
        return str(self)


class Rendering:
    """Renders the pages of one report; `reasons` say by SHA-256 why a photo has no preview."""

    def __init__(self, listing: BundleListing, roles: Roles, files: BundleFiles, reasons: Mapping[str, str]) -> None:
        self._shared = {
            "listing": listing,
            "page_text": files.page_text,
            "reasons": reasons,
            "roles": roles,
            "opening": opening(listing, roles),
            **_lookups(listing),
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
            **page.values,
        )

    def fragment(self, page: SitePage, links: PrintLinks) -> Iterator[bytes]:
        """Yield a page without its head, for a document of many. Raises as `page`."""
        yield from self.filled(
            f"{page.template}.html.j2", layout="fragment.html.j2", page=page, links=links, **page.values
        )

    def filled(self, template: str, **values: object) -> Iterator[bytes]:
        """Yield a template filled with what is shared and with these values."""
        stream = environment().get_template(template).stream({**self._shared, **values})
        stream.enable_buffering(_BUFFERED)
        for piece in stream:
            yield piece.encode("utf-8", "backslashreplace")


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
        "behind": behind,
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


def _lookups(listing: BundleListing) -> dict[str, object]:
    """Return what templates look up: items, their captures, and what belongs to an item, each by a name."""
    proofs: dict[str, list[str]] = {}
    held: dict[tuple[str, str], str] = {}
    items, owners, excerpts = dict[str, "ListedItem"](), {}, dict[str, list[str]]()
    # Everything that templates look up is gathered in one pass; a template that searched would make the report
    # quadratic.
    for number, capture in enumerate(listing.captures, start=1):
        named = ((each.url, item_named(each.reason)) for each in capture.skipped)
        held |= {(capture.capture, url): ref for url, ref in named if ref}
        held |= {(capture.capture, item.url): item.ref for item in capture.items}
        for item in capture.items:
            items[item.ref], owners[item.ref] = item, (number, capture)
            if item.proof is not None and item.proof.post:
                proofs.setdefault(item.proof.post, []).append(item.ref)
            if item.excerpt is not None:
                excerpts.setdefault(item.excerpt.of, []).append(item.ref)
    changes = [(capture, change) for capture in listing.captures for change in capture.changed]
    # Backwards, so that of several items with an address the first is the one that links lead to; an item's own address
    # wins over the one that it was redirected to.
    addresses = {
        url: item.ref
        for item in reversed(items.values())
        if not item.error_page and item.kind not in ANSWERS
        for url in (item.final_url, item.url)
        if url
    }
    linkers: dict[str, list[str]] = {}
    for item in items.values():
        for link in item.post.links if item.post else ():
            if (ref := addresses.get(link, item.ref)) != item.ref:
                linkers.setdefault(ref, []).append(item.ref)
    return {
        "items": items,
        "read_words": {ref: (each, joined_words(each)) for ref, each in found_words(listing.findings).items()},
        "owners": owners,
        "proofs": proofs,
        "held": held,
        "changes": changes,
        "excerpts": excerpts,
        "addresses": addresses,
        "linkers": linkers,
    }
