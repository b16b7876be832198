"""Making a bundle's report, README.txt and bag-info.txt once more, and comparing them byte for byte.

They are for people, and whoever holds the key could seal any page. They follow from the bundle's lists and files alone,
with the same version of goldenhour and of the libraries that made them; under another version they cannot be compared.
"""

from __future__ import annotations

from collections.abc import Iterable

from exports.errors import BadBaseMap
from exports.format.bag import PAYLOAD
from exports.format.inventory import Inventory
from exports.format.lookup import Lookup
from exports.format.result import REMADE
from exports.format.tag_files import tag_files
from exports.report.versions import report_versions
from exports.verification.check import Check
from hashing.printable import printable
from hashing.tool import tool

_PAGES = (f"{PAYLOAD}report.html", f"{PAYLOAD}report/")


def check_report(check: Check, inventory: Inventory) -> None:
    """Compare the pages and small photos, README.txt and bag-info.txt with what is made once more.

    Raises NotCheckable, OSError, and as reading the captures does.
    """
    from exports.report import BundleFiles, report_files
    from exports.report.basemap.chosen import digest_of
    from exports.report.links import TILES

    exported = inventory.line
    made_by, here = {"tool": exported.tool, **exported.versions}, {"tool": tool(), **report_versions()}
    if made_by != here:
        told = ", ".join(f"{name} {made_by.get(name, '')}".strip() for name in here if made_by.get(name) != here[name])
        reason = f"report made by another version ({printable(told, 200)}): remake it with that one"
        check.unchecked(_PAGES[0], reason)
        return
    listing = inventory.listing()
    files = BundleFiles(check.kinds, check.tree.open)
    remade: Lookup[str, int] = Lookup(str)
    tiles: dict[str, bytes] = {}
    try:
        for file in report_files(listing, files):
            remade[f"{PAYLOAD}{file.name}"] = 1
            if file.name.startswith(TILES):
                tiles[file.name.removeprefix(TILES)] = b"".join(file.pieces)
                continue  # they are read from the bundle itself: their digest is compared below
            _compare(check, f"{PAYLOAD}{file.name}", file.pieces)
    except BadBaseMap as error:
        check.problem(f"{PAYLOAD}{TILES}", str(error))
        return
    if digest_of(tiles) != (exported.basemap.sha256 if exported.basemap else ""):
        check.problem(f"{PAYLOAD}{TILES}", "not the tiles of the base map that the export recorded")
    for name in check.kinds:
        if name.startswith(_PAGES) and name not in remade:
            check.problem(name, "not a page of the report that is made of this bundle")
    for name, data in tag_files(listing, lambda: ((path, check.tree.size(path)) for path in check.kinds)):
        _compare(check, name, [data])
    check.findings.report = REMADE


def _compare(check: Check, name: str, pieces: Iterable[bytes]) -> None:
    """Compare a file with the pieces that it must be made of; one that is missing is named as such as well."""
    same = check.is_file(name)
    if same:
        with check.tree.open(name) as file:
            same = all([file.read(len(piece)) == piece for piece in pieces]) and not file.read(1)  # noqa: C419 - all are taken
    else:
        for _ in pieces:
            pass
    if not same:
        check.problem(name, "not what is made of the bundle's own lists and files")
