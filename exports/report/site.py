"""Which pages a report has, and what stands on each: small pages, so that the first one opens at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from exports.report.links import OVERVIEW, PAGES, PREVIEWS, ReportLinks
from exports.report.map_drawing import draw
from exports.report.moments import moments
from exports.report.places import places, regions
from exports.report.preview import previews
from exports.report.rendering import Rendering
from exports.report.site_page import SitePage
from exports.report.threads import threads
from exports.report.words import is_photo, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from exports.format.bundle_files import BundleFiles
    from exports.format.bundle_listing import BundleListing
    from exports.format.manifest import ListedItem
    from exports.report.map_drawing import Drawing
    from exports.report.places import MapPlace
    from exports.report.threads import SaidInThread

ITEMS, TILES, MOMENTS, POSTS, ROWS = 100, 200, 500, 100, 5_000
"""How many of each stand on one page."""
MOST_MAPS = 12

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file of the report: its name below the bundle's `data` folder, and its bytes in pieces."""

    name: str
    pieces: Iterable[bytes]


def report_files(
    listing: BundleListing, files: BundleFiles, done: Callable[[int], None] = lambda _count: None
) -> Iterator[ReportFile]:
    """Yield the files of a report: the previews of photos first, then the pages; `done` is told bytes of photos read.

    Take each file's pieces before the next file. Raises NotCheckable, OSError where a page's text cannot be read.
    """
    shown: set[str] = set()
    reasons: dict[str, str] = {}
    for each in previews(listing, files, done):
        if each.data:
            shown.add(each.sha256)
            yield ReportFile(f"{PREVIEWS}{each.sha256}.jpg", [each.data])
        else:
            reasons[each.sha256] = each.reason
    pages = report_pages(listing)
    addresses = item_addresses(pages)
    rendering = Rendering(listing, files, reasons)
    navigation = _navigation(pages)
    for page in pages:
        links = ReportLinks(addresses, files.names, shown, overview=page.name == OVERVIEW)
        yield ReportFile(page.name, rendering.page(page, navigation, links))


def report_pages(listing: BundleListing) -> list[SitePage]:
    """Return every page of a report, in the order in which they are read; a part that would be empty is left out."""
    overview = SitePage(name=OVERVIEW, template="overview", title="Overview", section=OVERVIEW)
    return [
        overview,
        *_captures(listing),
        *_index(listing),
        *_gallery(listing),
        *_timeline(listing),
        *_map(listing),
        *_threads(listing),
        *_custody(listing),
        *_details(listing),
    ]


def item_addresses(pages: Iterable[SitePage]) -> dict[str, str]:
    """Return the page on which each item stands in full, by its reference."""
    return {item.ref: page.name for page in pages if page.template == "items" for item in page.values["entries"]}


def _items(listing: BundleListing) -> list[ListedItem]:
    return list(listing.items)


def _navigation(pages: Iterable[SitePage]) -> list[SitePage]:
    """Return the first page of each part that has an entry of its own at the head of every page."""
    return [page for page in pages if page.name == page.section]


def _paged(
    stem: str, template: str, title: str, entries: Sequence[T], most: int, section: str = "", **values: object
) -> list[SitePage]:
    """Lay entries out on as many pages as they take."""
    starts = range(0, len(entries), most)
    names = [f"{PAGES}{stem}-{number}.html" for number in range(1, len(starts) + 1)]
    return [
        SitePage(
            name=name,
            template=template,
            title=title,
            section=section or names[0],
            siblings=names,
            scripted=template in {"index", "gallery", "timeline"},
            values={
                "entries": entries[start : start + most],
                "first": start + 1,
                "last": min(start + most, len(entries)),
                "whole": len(entries),
                **values,
            },
        )
        for name, start in zip(names, starts, strict=True)
    ]


def _captures(listing: BundleListing) -> list[SitePage]:
    names = [f"{PAGES}capture-{number}.html" for number in range(1, len(listing.captures) + 1)]
    return [
        SitePage(
            name=name,
            template="capture",
            title=f"Exhibit {capture.exhibit}",
            section=OVERVIEW,
            siblings=names,
            values={"capture": capture},
        )
        for name, capture in zip(names, listing.captures, strict=True)
    ]


def _index(listing: BundleListing) -> list[SitePage]:
    return _paged("index", "index", "All items", _items(listing), ROWS)


def _gallery(listing: BundleListing) -> list[SitePage]:
    seen = [
        item for item in _items(listing) if item.kind in {"photo", "video", "audio"} or is_photo(item) or joined(item)
    ]
    return _paged("gallery", "gallery", "Gallery", seen, TILES)


def _timeline(listing: BundleListing) -> list[SitePage]:
    placed, unplaced = moments(listing)
    apart = _paged("timeline-unclear", "unclear", "Times that cannot be placed", unplaced, MOMENTS, section="?")
    first = apart[0].name if apart else ""
    pages = _paged("timeline", "timeline", "Timeline", placed, MOMENTS, unclear=first, unclear_count=len(unplaced))
    section = pages[0].name if pages else first
    for page in apart:
        pages.append(
            SitePage(
                name=page.name,
                template=page.template,
                title=page.title,
                section=section,
                siblings=page.siblings,
                values=page.values,
            )
        )
    return pages


def _map(listing: BundleListing) -> list[SitePage]:
    placed, unplaced = places(listing)
    if not placed and not unplaced:
        return []
    near = regions(placed)
    maps: list[tuple[str, Drawing, Sequence[MapPlace]]] = (
        [("Overview of all positions", draw(placed), ())] if len(near) > 1 else []
    )
    maps += [
        (f"Region {number}" if len(near) > 1 else "Positions", draw(region), region)
        for number, region in enumerate(near[:MOST_MAPS], start=1)
    ]
    beyond = [place for region in near[MOST_MAPS:] for place in region]
    name = f"{PAGES}map.html"
    values = {"maps": maps, "beyond": beyond, "unplaced": unplaced, "whole": len(placed)}
    return [SitePage(name=name, template="map", title="Map", section=name, values=values)]


def _threads(listing: BundleListing) -> list[SitePage]:
    found = threads(listing)
    posts: list[tuple[SaidInThread, int]] = [(said, len(thread.posts)) for thread in found for said in thread.posts]
    return _paged("threads", "threads", "Threads", posts, POSTS, threads=sum(len(each.posts) > 1 for each in found))


def _custody(listing: BundleListing) -> list[SitePage]:
    name = f"{PAGES}custody.html"
    logs = [capture for capture in listing.captures if capture.custody]
    return (
        [SitePage(name=name, template="custody", title="Custody", section=name, values={"logs": logs})] if logs else []
    )


def _details(listing: BundleListing) -> list[SitePage]:
    return _paged("items", "items", "Items in full", _items(listing), ITEMS, section=f"{PAGES}index-1.html")
