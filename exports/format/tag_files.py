"""The tag files of a bundle that say what it is: bag-info.txt and README.txt, which follow from what it lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from exports.format.bag import BAG_INFO, PAYLOAD, bag_info, oxum
from exports.format.bundle_layout import README
from exports.format.disclosure_form import MASKED
from exports.format.readme_text import readme_text
from hashing.case.case import token_path

if TYPE_CHECKING:
    from exports.format.bundle_listing import BundleListing

_EXCHANGES = ".warc.gz"
_TOKEN = token_path("")  # What the name of a trusted time's token ends in.


def tag_files(listing: BundleListing, files: Callable[[], Iterable[tuple[str, int]]]) -> Iterator[tuple[str, bytes]]:
    """Yield bag-info.txt and README.txt of a bundle; `files` yields the names and sizes of its files."""
    exported = listing.exported
    what = "single items of evidence" if listing.disclosure else "evidence"
    fields = [
        ("Bagging-Date", exported.time[: len("2026-11-24")]),
        ("Bag-Software-Agent", exported.tool),
        # RFC 8493, section 2.2.2: bytes and files of the payload, a check that costs no hashing.
        ("Payload-Oxum", oxum(size for path, size in files() if path.startswith(PAYLOAD))),
        *(("External-Identifier", each) for each in (listing.case.reference, listing.case.id) if each),
        *(("External-Identifier", capture.exhibit) for capture in listing.captures),
        ("External-Description", f"{listing.case.title}: {what} captured online; README.txt says how to check it"),
    ]
    yield BAG_INFO, bag_info(fields)
    tokens, exchanges, masked = (
        any(path.endswith(each) for path, _ in files()) for each in (_TOKEN, _EXCHANGES, MASKED)
    )
    yield README, readme_text(exported.bundle, listing, tokens=tokens, exchanges=exchanges, masked=masked)
