"""datapackage.json and its digest: the list of all that is in a WACZ (WACZ 1.1.1, sections 5.1.1 and 5.1.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from exports.bundle.opened_bundle import OpenedBundle
from exports.format.manifest import ListedItem
from exports.format.printable import printable
from hashing.tool import tool

VERSION = "1.1.1"


def datapackage(
    bundle: OpenedBundle, main: ListedItem | None, sha256: Mapping[str, str], sizes: Mapping[str, int]
) -> bytes:
    """Return datapackage.json: what these files are, and the bundle and the seal that they come from."""
    manifest = bundle.manifest
    exhibits = ", ".join(capture.exhibit for capture in manifest.captures)
    described = {
        "profile": "data-package",
        "wacz_version": VERSION,
        "title": printable(f"{manifest.case.title or manifest.case.id}: {exhibits}", 300),
        "description": f"made of an evidence bundle whose seal is {bundle.fingerprint}; the bundle is the evidence",
        "created": manifest.exported.time,
        "software": tool(),
        **({"mainPageUrl": main.url, "mainPageDate": main.captured} if main else {}),
        "evidence": {
            "case": manifest.case.id,
            "exhibits": [capture.exhibit for capture in manifest.captures],
            "seal": bundle.fingerprint,
            "manifest": f"sha256:{bundle.manifest_sha256}",
        },
        "resources": [
            {"name": path.rpartition("/")[2].lower(), "path": path, "hash": f"sha256:{sha256[path]}", "bytes": size}
            for path, size in sizes.items()
        ],
    }
    return msgspec.json.format(msgspec.json.encode(described), indent=2) + b"\n"


def package_digest(data: bytes) -> bytes:
    """Return datapackage-digest.json. It is not signed: who makes a WACZ of a bundle need not hold its key."""
    digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
    return msgspec.json.format(msgspec.json.encode(digest), indent=2) + b"\n"
