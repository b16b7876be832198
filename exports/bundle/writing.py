"""The files of a bundle that are not copied but made: manifest, report, README and the BagIt tag files."""

from __future__ import annotations

from collections.abc import Callable

from exports.bundle.draft import Draft
from exports.format.bag import BAGIT, DECLARATION, MANIFEST, PAYLOAD, TAG_MANIFEST, hash_list
from exports.format.bundle_listing import BundleListing
from exports.format.inventory import Inventory
from exports.format.sealed_file import SealedFiles
from exports.format.tag_files import tag_files
from exports.report.basemap import BaseMap


def declare_bag(draft: Draft) -> None:
    """Write bagit.txt, which comes first in a zip so that the file says at once what it is."""
    draft.add(BAGIT, [DECLARATION])


def write_lists(draft: Draft, inventory: Inventory) -> None:
    """Write items.jsonl, manifest.json and custody.json."""
    for name, pieces in inventory.files():
        draft.add(name, pieces)


def write_report(
    draft: Draft,
    listing: BundleListing,
    copied: SealedFiles,
    done: Callable[[int], None],
    basemap: BaseMap | None = None,
) -> None:
    """Write the report. `copied` are the case's files that stand in the bundle, `basemap` lies under its maps.

    `done` is told how many bytes of photos were read.
    """
    from exports.report import BundleFiles, report_files

    for file in report_files(listing, BundleFiles(copied, copied.opened), done, basemap):
        draft.add(f"{PAYLOAD}{file.name}", file.pieces)


def photo_bytes(listing: BundleListing) -> int:
    """Return how many bytes `write_report` will tell of."""
    from exports.report import report_photos

    return sum(item.size for item in report_photos(listing))


def write_tag_files(draft: Draft, listing: BundleListing) -> None:
    """Write the list of the payload, bag-info.txt and README.txt."""
    draft.add(MANIFEST, hash_list(draft.sha256.pairs(PAYLOAD)))
    for name, data in tag_files(listing, draft.sizes.pairs):
        draft.add(name, [data])


def write_tag_manifest(draft: Draft) -> None:
    """Write the list of everything outside the payload, the last file of a bundle."""
    outside = ((path, digest) for path, digest in draft.sha256.pairs() if not path.startswith(PAYLOAD))
    draft.add(TAG_MANIFEST, hash_list(outside))
