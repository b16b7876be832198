"""The files of a bundle that are not copied but made: manifest, report, README and the BagIt tag files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exports.bundle.readme_text import readme_text
from exports.disclosure.form import MASKED
from exports.format.bag import BAG_INFO, BAGIT, DECLARATION, MANIFEST, PAYLOAD, TAG_MANIFEST, bag_info, hash_list, oxum
from exports.format.bundle_layout import README
from hashing.case.case import token_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from exports.bundle.draft import Draft
    from exports.format.bundle_listing import BundleListing
    from exports.format.inventory import Inventory

_EXCHANGES = ".warc.gz"
TOKEN = token_path("")
"""What the name of a trusted time's token ends in."""


def declare_bag(draft: Draft) -> None:
    """Write bagit.txt, which comes first in a zip so that the file says at once what it is."""
    draft.add(BAGIT, [DECLARATION])


def write_lists(draft: Draft, inventory: Inventory) -> None:
    """Write items.jsonl, manifest.json and custody.json."""
    for name, pieces in inventory.files():
        draft.add(name, pieces)


def write_report(draft: Draft, listing: BundleListing, copied: Mapping[str, Path], done: Callable[[int], None]) -> None:
    """Write the report. `copied` are the case's files by their names in the bundle.

    `done` is told how many bytes of photos were read.
    """
    from exports.report import BundleFiles, report_files

    for file in report_files(listing, BundleFiles(copied, lambda name: copied[name].open("rb")), done):
        draft.add(f"{PAYLOAD}{file.name}", file.pieces)


def photo_bytes(listing: BundleListing) -> int:
    """Return how many bytes `write_report` will tell of."""
    from exports.report import report_photos

    return sum(item.size for item in report_photos(listing))


def write_tag_files(draft: Draft, listing: BundleListing) -> None:
    """Write the list of the payload, bag-info.txt and README.txt."""
    draft.add(
        MANIFEST, [hash_list({path: digest for path, digest in draft.sha256.items() if path.startswith(PAYLOAD)})]
    )
    for name, data in tag_files(listing, draft.sizes):
        draft.add(name, [data])


def tag_files(listing: BundleListing, sizes: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    """Yield bag-info.txt and README.txt of a bundle that holds files of these names and sizes."""
    exported = listing.exported
    what = "single items of evidence" if listing.disclosure else "evidence"
    fields = [
        ("Bagging-Date", exported.time[: len("2026-11-24")]),
        ("Bag-Software-Agent", exported.tool),
        ("Payload-Oxum", oxum(size for path, size in sizes.items() if path.startswith(PAYLOAD))),
        ("External-Identifier", listing.case.id),
        *(("External-Identifier", capture.exhibit) for capture in listing.captures),
        ("External-Description", f"{listing.case.title}: {what} captured online; README.txt says how to check it"),
    ]
    yield BAG_INFO, bag_info(fields)
    tokens, exchanges, masked = (any(path.endswith(each) for path in sizes) for each in (TOKEN, _EXCHANGES, MASKED))
    yield README, readme_text(exported.bundle, listing, tokens=tokens, exchanges=exchanges, masked=masked)


def write_tag_manifest(draft: Draft) -> None:
    """Write the list of everything outside the payload, the last file of a bundle."""
    outside = {path: digest for path, digest in draft.sha256.items() if not path.startswith(PAYLOAD)}
    draft.add(TAG_MANIFEST, [hash_list(outside)])
