"""The report on paper: tagged PDF with bookmarks, page numbers and the seal's fingerprint on every page's foot.

WeasyPrint lays it out, an optional extra. It is given our own text alone: whatever address it asks for is refused, but
for the small copies of photos that are at hand. A large bundle is printed in parts, because a layout is held in memory
whole.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from exports.errors import ExportError
from exports.format.outside import demand_outside
from exports.forms.held_bundle import HeldBundle, held_bundle
from exports.report.basemap import BaseMap, ChosenTiles
from exports.report.item_index import ItemIndex
from exports.report.links import PHOTO, TILE, PrintLinks
from exports.report.preview import preview, preview_readers
from exports.report.rendering import Rendering, own
from exports.report.roles import Roles, roles
from exports.report.site import base_of, report_pages
from exports.report.site_page import SitePage
from exports.report.words import is_photo
from hashing.files.digest import Digest
from hashing.files.storage import write_exclusively
from hashing.tool import installs

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

# How much one file holds, where an item in full is 1: a layout of that much takes half a GiB of memory.
_ONE_PART = 300
_ROW = 0.1  # What a line of a table is beside an item in full.
_SHOWN = 0.3  # What an item on its exhibit's page is beside an item in full.
_ON_SCREEN = {"index", "gallery"}  # Pages that only lead to what is printed in full.


@dataclass(frozen=True, slots=True)
class PdfPart:
    """A PDF that was written: its path, and the SHA-256 of its bytes in hexadecimal."""

    path: Path
    sha256: str


def write_pdf(
    bundle: Path,
    output: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    verified: bool = False,
    basemap: BaseMap | None = None,
) -> list[PdfPart]:
    """Print the report of a bundle as `output`, or in parts `NAME-1.pdf`, `NAME-2.pdf` … where it holds many items.

    `progress` is told parts done and parts in all. With `verified` the caller has verified the bundle just now. Under
    the maps lies the `basemap`, or what the bundle holds of one.

    Raises ExportError where WeasyPrint is not installed or `output` is inside of evidence, WouldOverwrite, NotWhole,
    NotCheckable, BadBaseMap, StorageFull, Unwritable.
    """
    demand_printer()
    demand_outside(output, bundle)
    with held_bundle(bundle, verified=verified) as held:
        tiles = base_of(held.listing, held.files, basemap)
        known, reasons = roles(held.listing), dict[str, str]()
        rendering = Rendering(held.listing, ItemIndex(held.listing), known, held.files, reasons)
        parts = _parts(held, known, tiles)
        paths = [output] if len(parts) == 1 else [_numbered(output, number) for number in range(1, len(parts) + 1)]
        # How many parts there are is known only now, and each has a name of its own that must not lie in the evidence.
        for path in paths:
            demand_outside(path, bundle)
        found = ((_pictures(held, pages, reasons), pages) for pages in parts)
        return list(_written(held, rendering, found, paths, tiles.tiles if tiles else {}, progress))


def demand_printer() -> None:
    """Check that PDFs can be made here. Raises ExportError, with what to install."""
    try:
        import weasyprint  # noqa: F401 - whether it is there, and the system libraries that it loads
    except (ImportError, OSError) as error:
        raise ExportError(
            "a PDF takes WeasyPrint and the system library Pango, which are not both here",
            hint=f"{installs('weasyprint>=66')} and (Debian) apt-get install libpangoft2-1.0-0; or print report.html",
        ) from error


def _numbered(output: Path, number: int) -> Path:
    return output.with_name(f"{output.stem}-{number}{output.suffix}")


def _parts(held: HeldBundle, known: Roles, tiles: ChosenTiles | None) -> list[list[SitePage]]:
    """Lay the pages out on as few files as they fit in; a page is never divided."""
    parts: list[list[SitePage]] = [[]]
    filled = 0.0
    for page in report_pages(held.listing, known, tiles):
        if page.template in _ON_SCREEN or (page.template == "threads" and not page.values["threads"]):
            continue  # a post that stands alone stands with its exhibit
        weight = _weight(page)
        if parts[-1] and filled + weight > _ONE_PART:
            parts.append([])
            filled = 0.0
        parts[-1].append(page)
        filled += weight
    return parts


def _weight(page: SitePage) -> float:
    if page.template == "capture":
        capture = page.values["capture"]
        rows = 5 + len(capture.failed) + len(capture.skipped) + len(capture.changed) + len(capture.verdicts)
        return _ROW * rows + _SHOWN * sum(len(group.items) for group in page.values["groups"])
    if page.template == "map":
        return _ROW * int(page.values["whole"])
    entries = len(page.values.get("entries", ()))
    return float(entries) if page.template == "items" else _ROW * entries


def _written(
    held: HeldBundle,
    rendering: Rendering,
    parts: Iterable[tuple[dict[str, bytes], Sequence[SitePage]]],
    paths: Sequence[Path],
    tiles: Mapping[str, bytes],
    progress: Callable[[int, int], None] | None,
) -> Iterator[PdfPart]:
    # Pictures first: what the reader of a photo could not show is said beside its item, so the reasons are needed for
    # the text.
    for number, ((small, pages), path) in enumerate(zip(parts, paths, strict=True), start=1):
        data = _printed(held, rendering, pages, small, tiles, number, len(paths))
        write_exclusively(path, data)
        if progress is not None:
            progress(number, len(paths))
        yield PdfPart(path, Digest.of_bytes(data).hex)


def _printed(
    held: HeldBundle,
    rendering: Rendering,
    pages: Sequence[SitePage],
    small: Mapping[str, bytes],
    tiles: Mapping[str, bytes],
    part: int,
    parts: int,
) -> bytes:
    """Return one document as PDF."""
    import weasyprint

    links = PrintLinks(pages, small)
    head = rendering.filled(
        "print.html.j2", style=own("pdf.css"), seal=held.fingerprint, part=part, parts=parts, links=links
    )
    body = (piece for page in pages for piece in rendering.fragment(page, links))
    html = b"".join([*head, *body, b"</body></html>"]).decode()
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)  # what it cannot draw is no news for the user
    printed = weasyprint.HTML(string=html, url_fetcher=fetcher(small, tiles)).write_pdf(
        pdf_tags=True, pdf_identifier=held.fingerprint.encode()
    )
    assert isinstance(printed, bytes)  # noqa: S101 - tells the type: without a target it returns the bytes
    return printed


def _pictures(held: HeldBundle, pages: Sequence[SitePage], reasons: dict[str, str]) -> dict[str, bytes]:
    """Return the small copies of the photos on these pages by their SHA-256; add to `reasons` why others have none."""
    photos = {
        item.sha256: item
        for page in pages
        for item in page.pictures()
        if is_photo(item) and item.path in held.files.names
    }
    with preview_readers() as readers:
        made = [preview(item, held.files, readers) for item in photos.values()]
    reasons.update((each.sha256, each.reason) for each in made if each.reason)
    return {each.sha256: each.data for each in made if each.data}


def fetcher(small: Mapping[str, bytes], tiles: Mapping[str, bytes]) -> URLFetcher:
    """Return what gives photos by their SHA-256 and tiles by their names, as far as they are at hand, and no more."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Refusing(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
        """Gives the pictures that are at hand, and opens nothing."""

        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002 - its signature
            for scheme, held in ((PHOTO, small), (TILE, tiles)):
                name = url.removeprefix(scheme)
                if url.startswith(scheme) and name in held:
                    # Small copies have no ending and are JPEG; tiles are named as the map names them.
                    kind = {"png": "png", "webp": "webp"}.get(name.rpartition(".")[2], "jpeg")
                    return URLFetcherResponse(url, held[name], {"Content-Type": f"image/{kind}"})
            raise ValueError(f"refused: {url}")

    return Refusing()
