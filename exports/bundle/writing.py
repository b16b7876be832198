"""The files of a bundle that are not copied but made: manifest, report, README and the BagIt tag files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from exports.bundle.readme_text import readme_text
from exports.disclosure.form import MASKED
from exports.format.bag import BAG_INFO, BAGIT, DECLARATION, MANIFEST, PAYLOAD, TAG_MANIFEST, bag_info, hash_list, oxum
from exports.format.bundle_layout import MANIFEST_JSON
from exports.format.manifest import CUSTODY_FORMAT, CustodyLog, ExhibitRecord
from hashing.case.case import token_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from exports.bundle.draft import Draft
    from exports.format.bundle_layout import MANIFEST_JSON
from exports.format.manifest import Manifest

README = "README.txt"
VOUCHING = (BAGIT, BAG_INFO, MANIFEST, README)
"""The files whose digests the case's ledger records; they vouch for all others."""

_EXCHANGES = ".warc.gz"
TOKEN = token_path("")
"""What the name of a trusted time's token ends in."""


def declare_bag(draft: Draft) -> None:
    """Write bagit.txt, which comes first in a zip so that the file says at once what it is."""
    draft.add(BAGIT, [DECLARATION])


def write_lists(draft: Draft, listed: Manifest, copied: Mapping[str, Path], done: Callable[[int], None]) -> None:
    """Write manifest.json, custody.json and the report. `copied` are the case's files by their names in the bundle.

    `done` is told how many bytes of photos were read for the report.
    """
    from exports.report import BundleFiles, report_files

    draft.add(MANIFEST_JSON, [msgspec.json.format(msgspec.json.encode(listed), indent=2), b"\n"])
    log = CustodyLog(
        format=CUSTODY_FORMAT,
        case=listed.case.id,
        exhibits=tuple(ExhibitRecord(exhibit=each.exhibit, custody=each.custody) for each in listed.captures),
    )
    draft.add(f"{PAYLOAD}custody.json", [msgspec.json.format(msgspec.json.encode(log), indent=2), b"\n"])
    for file in report_files(listed, BundleFiles(copied, lambda name: copied[name].open("rb")), done):
        draft.add(f"{PAYLOAD}{file.name}", file.pieces)


def photo_bytes(listed: Manifest) -> int:
    """Return how many bytes `write_lists` will tell of."""
    from exports.report import report_photos

    return sum(item.size for item in report_photos(listed))


def write_tag_files(draft: Draft, listed: Manifest, name: str, moment: datetime) -> None:
    """Write the list of the payload, bag-info.txt and README.txt."""
    payload = {path: digest for path, digest in draft.sha256.items() if path.startswith(PAYLOAD)}
    what = "single items of evidence" if listed.disclosure else "evidence"
    fields = [
        ("Bagging-Date", moment.astimezone(UTC).date().isoformat()),
        ("Bag-Software-Agent", listed.exported.tool),
        ("Payload-Oxum", oxum(draft.sizes[path] for path in payload)),
        ("External-Identifier", listed.case.id),
        *(("External-Identifier", capture.exhibit) for capture in listed.captures),
        ("External-Description", f"{listed.case.title}: {what} captured online; README.txt says how to check it"),
    ]
    draft.add(MANIFEST, [hash_list(payload)])
    draft.add(BAG_INFO, [bag_info(fields)])
    tokens = any(path.endswith(TOKEN) for path in draft.sha256)
    exchanges = any(path.endswith(_EXCHANGES) for path in draft.sha256)
    masked = any(path.endswith(MASKED) for path in draft.sha256)
    draft.add(README, [readme_text(name, listed, tokens=tokens, exchanges=exchanges, masked=masked)])


def write_tag_manifest(draft: Draft) -> None:
    """Write the list of everything outside the payload, the last file of a bundle."""
    outside = {path: digest for path, digest in draft.sha256.items() if not path.startswith(PAYLOAD)}
    draft.add(TAG_MANIFEST, [hash_list(outside)])
