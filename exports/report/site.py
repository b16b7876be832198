"""Which pages a report has, and what stands on each: small pages, so that the first one opens at once."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from exports.format.bundle_files import BundleFiles
from exports.format.kept import Picked
from exports.format.lookup import Lookup
from exports.format.manifest import ListedItem
from exports.report.basemap import BaseMap, ChosenTiles, HeldTiles
from exports.report.evidence import EvidenceGroup, cover, evidence, pictures_of
from exports.report.item_index import ItemIndex
from exports.report.links import OVERVIEW, PAGES, PREVIEWS, ReportLinks
from exports.report.links import TILES as TILES_FOLDER
from exports.report.map_drawing import Drawing, draw
from exports.report.moments import moments
from exports.report.places import MapPlace, places, regions
from exports.report.preview import previews
from exports.report.rendering import Rendering
from exports.report.roles import Roles, roles
from exports.report.site_page import SitePage
from exports.report.threads import Threads
from exports.report.words import PICTURES, is_photo, joined
from hashing.case.events import MapTiles

if TYPE_CHECKING:
    from exports.format.bundle_listing import BundleListing, CaptureListing

# How many of each stand on one page: SHOWN of an exhibit's evidence, CHAIN exhibits of the appendix.
ITEMS, TILES, MOMENTS, POSTS, ROWS, SHOWN, CHAIN = 100, 200, 500, 100, 5_000, 200, 50
MOST_MAPS = 12

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file of the report: its name below the bundle's `data` folder, and its bytes in pieces."""

    name: str
    pieces: Iterable[bytes]


def report_files(
    listing: BundleListing,
    files: BundleFiles,
    done: Callable[[int], None] = lambda _count: None,
    basemap: BaseMap | None = None,
) -> Iterator[ReportFile]:
    """Yield the files of a report: previews of photos, tiles of a base map, the pages; `done` is told bytes read.

    Without a `basemap`, the tiles that the bundle holds are under its maps, if it holds any.
    Take each file's pieces before the next file. Raises NotCheckable, OSError where a page's text cannot be read,
    BadBaseMap.
    """
    # 1. Previews first: pages link only those that could be made, and give the reason for the others.
    shown: Lookup[str, int] = Lookup(str)
    reasons: Lookup[str, str] = Lookup(str)
    for each in previews(listing, files, done):
        if each.data:
            shown[each.sha256] = 1
            yield ReportFile(f"{PREVIEWS}{each.sha256}.jpg", [each.data])
        else:
            reasons[each.sha256] = each.reason
    # 2. Then all pages are laid out, without their text: links between them, and the tiles that their maps need, are
    # known before the first is written.
    known, index = roles(listing), ItemIndex(listing)
    tiles = base_of(listing, files, basemap)
    pages = report_pages(listing, known, tiles)
    for name, data in tiles.tiles.items() if tiles else ():
        yield ReportFile(f"{TILES_FOLDER}{name}", [data])
    seen = seen_addresses(pages)
    rendering = Rendering(listing, index, known, files, reasons)
    navigation = _navigation(pages)
    # 3. Each page is written as it is filled, so that one page at most is in memory.
    for page in pages:
        links = ReportLinks(lambda ref: item_page(index, ref), seen, files.names, shown, overview=page.name == OVERVIEW)
        yield ReportFile(page.name, rendering.page(page, navigation, links))


def base_of(listing: BundleListing, files: BundleFiles, basemap: BaseMap | None) -> ChosenTiles | None:
    """Return what gives the tiles under the maps: the map that is given, or the bundle itself; None for neither."""
    held = listing.exported.basemap
    source = basemap or (HeldTiles(held, files) if held is not None else None)
    return ChosenTiles(source) if source is not None else None


def chosen_tiles(listing: BundleListing, basemap: BaseMap) -> MapTiles | None:
    """Return which tiles of a base map the report on a bundle shows; None where it shows none. Raises BadBaseMap."""
    chosen = ChosenTiles(basemap)
    _map(listing, chosen)
    return chosen.says if chosen.tiles else None


def report_pages(listing: BundleListing, known: Roles, tiles: ChosenTiles | None = None) -> list[SitePage]:
    """Return every page of a report, in the order in which they are read; a part that would be empty is left out.

    What its maps show of a base map is in `tiles` afterwards. Raises BadBaseMap, and what opening a file raises.
    """
    pictures = cover(listing, known)
    overview = SitePage(
        name=OVERVIEW,
        template="overview",
        title="Overview",
        section=OVERVIEW,
        values={"cover": pictures},
        pictures=lambda: pictures,
    )
    index = f"{PAGES}index-1.html"
    return [
        overview,
        *_captures(listing, known),
        *_paged("index", "index", "All items", listing.items, ROWS),
        *_gallery(listing, known),
        *_timeline(listing),
        *_map(listing, tiles),
        *_threads(listing),
        *_paged("findings", "findings", "Findings", listing.findings, ITEMS),
        *_custody(listing),
        *_paged("items", "items", "Items in full", listing.items, ITEMS, index, pictures_on=_themselves),
        *_paged("appendix", "appendix", "Appendix", list(enumerate(listing.captures, start=1)), CHAIN),
    ]


def item_page(index: ItemIndex, ref: str) -> str:
    """Return the page on which an item stands in full; "" where it is not here."""
    number = index.number(ref)
    return f"{PAGES}items-{number // ITEMS + 1}.html" if number is not None else ""


def seen_addresses(pages: Iterable[SitePage]) -> Mapping[str, str]:
    """Return the page of its exhibit on which each item is looked at, by its reference."""
    seen: Lookup[str, str] = Lookup(str)
    for page in pages:
        if page.template == "capture":
            for group in page.values["groups"]:
                for item in group.items:
                    seen[item.ref] = page.name
    return seen


def _navigation(pages: Iterable[SitePage]) -> list[SitePage]:
    """Return the first page of each part that has an entry of its own at the head of every page."""
    return [page for page in pages if page.name == page.section]


def _paged(
    stem: str,
    template: str,
    title: str,
    entries: Sequence[T],
    most: int,
    section: str = "",
    *,
    pictures_on: Callable[[Sequence[T]], Callable[[], Iterable[ListedItem]]] | None = None,
    **values: object,
) -> list[SitePage]:
    """Lay entries out on as many pages as they take."""
    starts = range(0, len(entries), most)
    # All names first: each page links to all of its siblings.
    names = [f"{PAGES}{stem}-{number}.html" for number in range(1, len(starts) + 1)]
    return [
        SitePage(
            name=name,
            template=template,
            title=title,
            section=section or names[0],
            siblings=names,
            at=at,
            scripted=template in {"index", "gallery", "timeline"},
            values={
                "entries": entries[start : start + most],
                "first": start + 1,
                "last": min(start + most, len(entries)),
                "whole": len(entries),
                **values,
            },
            pictures=pictures_on(entries[start : start + most]) if pictures_on else tuple,
        )
        for at, (name, start) in enumerate(zip(names, starts, strict=True))
    ]


def _captures(listing: BundleListing, known: Roles) -> list[SitePage]:
    """Return the pages of the exhibits: of each the first, and as many as its evidence takes."""
    made = [
        (f"{PAGES}capture-{number}{f'-{part}' if part > 1 else ''}.html", number, capture, shown, start)
        for number, capture in enumerate(listing.captures, start=1)
        for shown in [evidence(capture, known)]
        for part, start in enumerate(range(0, max(len(shown), 1), SHOWN), start=1)
    ]
    # Every page of every exhibit is a sibling of the others; the first and the last of an exhibit are where its head
    # and its list of failures stand.
    names = [name for name, *_ in made]
    last = {number: name for name, number, *_ in made}
    first = {number: name for name, number, *_ in reversed(made)}
    return [
        SitePage(
            name=name,
            template="capture",
            title=f"Exhibit {capture.exhibit}",
            section=names[0],
            siblings=names,
            at=at,
            values={
                "capture": capture,
                "groups": groups,
                "behind": shown.behind,
                "first": first[number],
                "last": last[number],
                "appendix": _appendix_name(number),
            },
            pictures=partial(_pictures_of, groups, capture, known),
        )
        for at, (name, number, capture, shown, start) in enumerate(made)
        for groups in [shown.between(start, start + SHOWN)]
    ]


def _pictures_of(groups: Iterable[EvidenceGroup], capture: CaptureListing, known: Roles) -> Iterator[ListedItem]:
    return pictures_of((item for group in groups for item in group.items), capture, known)


def _appendix_name(number: int) -> str:
    """Return the page of the appendix on which the exhibit of this number stands, counted from 1."""
    return f"{PAGES}appendix-{(number - 1) // CHAIN + 1}.html"


def _gallery(listing: BundleListing, known: Roles) -> list[SitePage]:
    items = listing.items
    seen = array(
        "Q",
        (
            number
            for number, item in enumerate(items)
            if (item.kind in {"photo", "video", "audio"} or is_photo(item) or joined(item))
            and not known.is_apart(item)
            and item.kind not in PICTURES
        ),
    )
    return _paged("gallery", "gallery", "Gallery", Picked(items, seen), TILES, pictures_on=_themselves)


def _themselves(items: Sequence[ListedItem]) -> Callable[[], Sequence[ListedItem]]:
    return lambda: items


def _timeline(listing: BundleListing) -> list[SitePage]:
    placed, unplaced = moments(listing)
    # Pages of unclear times are named in the timeline, and belong to its section: they are made first, and get its name
    # last.
    apart = _paged("timeline-unclear", "unclear", "Times that cannot be placed", unplaced, MOMENTS, section="?")
    first = apart[0].name if apart else ""
    pages = _paged("timeline", "timeline", "Timeline", placed, MOMENTS, unclear=first, unclear_count=len(unplaced))
    section = pages[0].name if pages else first
    return pages + [replace(page, section=section) for page in apart]


def _map(listing: BundleListing, tiles: ChosenTiles | None) -> list[SitePage]:
    placed, unplaced = places(listing)
    if not placed and not unplaced:
        return []
    # One map of everything says where the regions are; each region has a map of its own, at a scale at which streets
    # differ.
    near = regions(placed)
    maps: list[tuple[str, Drawing, Sequence[MapPlace]]] = (
        [("Overview of all positions", draw(placed, tiles), ())] if len(near) > 1 else []
    )
    maps += [
        (f"Region {number}" if len(near) > 1 else "Positions", draw(region, tiles), region)
        for number, region in enumerate(near[:MOST_MAPS], start=1)
    ]
    beyond = [place for region in near[MOST_MAPS:] for place in region]
    name = f"{PAGES}map.html"
    values = {"maps": maps, "beyond": beyond, "unplaced": unplaced, "whole": len(placed)}
    values["basemap"] = tiles.source.says if tiles and tiles.tiles else None
    return [SitePage(name=name, template="map", title="Map", section=name, values=values)]


def _threads(listing: BundleListing) -> list[SitePage]:
    found = Threads(listing)
    return _paged("threads", "threads", "Threads", found, POSTS, threads=found.conversations)


def _custody(listing: BundleListing) -> list[SitePage]:
    name = f"{PAGES}custody.html"
    logs = [capture for capture in listing.captures if capture.custody]
    return (
        [SitePage(name=name, template="custody", title="Custody", section=name, values={"logs": logs})] if logs else []
    )
