"""Writing a WACZ: the captured WARCs byte for byte, bodies of items put back beside them, index, pages, list of all."""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, groupby
from pathlib import Path

import msgspec

from exports.bundle.opened_bundle import OpenedBundle
from exports.bundle.uninterrupted import uninterrupted
from exports.bundle.zip_draft import ZipDraft
from exports.errors import NotCheckable, NothingToExport
from exports.format.bundle_listing import BundleListing
from exports.format.kept import Picked, Spool
from exports.format.lookup import Lookup, RecordLookup
from exports.format.manifest import ListedItem
from exports.forms.derived_file import ConvertedFile, draft_path
from exports.forms.wacz.archive import Bodiless, read_archive
from exports.forms.wacz.bodies import items_by_record, restored_records
from hashing.case.kinds import ItemKind
from hashing.errors import BadFormat
from hashing.files.read import digest_file
from hashing.printable import printable
from hashing.tool import tool

INDEX = "indexes/index.cdxj"
PAGES, EXTRA_PAGES = "pages/pages.jsonl", "pages/extraPages.jsonl"
_EXCHANGES = re.compile(r"data/captures/([0-9A-Za-z-]{1,80})/exchanges-([0-9]{1,9}|disclosed)\.warc\.gz")
VERSION = "1.1.1"

_SCENE = "scene"
_SHOWN = {"page", "post", "photo", "video", "document", "account"}
_LARGEST_TEXT = 1 << 20


def write_wacz(bundle: OpenedBundle, path: Path) -> ConvertedFile:
    """Write a bundle as a WACZ, whole or not at all.

    Raises NotWhole, NotCheckable, WouldOverwrite, StorageFull, Unwritable.
    """
    part = draft_path(path)
    draft = ZipDraft(part, "")
    try:
        _Writing(bundle, draft, items_by_record(bundle)).write()
        draft.finish()
        # Read back before it is put in its place: what is reported is what lies on the disk.
        size, sha256 = _read_back(part)
        draft.place(path)
    finally:
        with uninterrupted():
            draft.discard()
    return ConvertedFile(path, size, sha256)


@dataclass(slots=True)
class _Writing:
    """A WACZ under construction."""

    bundle: OpenedBundle
    draft: ZipDraft
    items: RecordLookup[ListedItem]
    # Its lines, and whether all of the answer is here.
    index: Lookup[str, int] = field(default_factory=lambda: Lookup(str))

    def write(self) -> None:
        """Write every file."""
        bundle, draft = self.bundle, self.draft
        archives = exchange_files(bundle)
        if not archives:
            raise NothingToExport(
                f"{bundle.files.path}: holds no exchanges, and a WACZ is made of nothing else",
                hint="write it as csv or case-uco; or disclose the items with their exchanges",
            )
        # WARCs first, then the index that names offsets in them, then the pages, and at the end what lists and hashes
        # all of these (WACZ 1.1.1, section 5).
        for capture, files in archives.items():
            self._write_capture(capture, files)
        draft.add(INDEX, _lines(self.index))
        entries, further = entry_items(bundle.listing())
        draft.add(PAGES, page_lines(bundle, "pages", "Scenes", entries))
        draft.add(EXTRA_PAGES, page_lines(bundle, "extra", "Further pages and posts", further))
        sizes = {name: draft.sizes[name] for name in (*draft.sizes.below("archive/"), INDEX, PAGES, EXTRA_PAGES)}
        package = datapackage(bundle, entries[0] if entries else None, draft.sha256, sizes)
        draft.add("datapackage.json", [package])
        draft.add("datapackage-digest.json", [package_digest(package)])

    def _write_capture(self, capture: str, files: dict[str, str]) -> None:
        """Copy a capture's WARCs and put the bodies of its items back."""
        kept, places = Spool[Bodiless](Bodiless), array("Q")
        for name, given in files.items():
            with ThreadPoolExecutor(1) as pool:  # the index is read while the file is copied
                indexed = pool.submit(self._indexed, name, given, kept)
                self._copy(name, f"archive/{given}")
                places += indexed.result()
        found = ((each, self._item_of(each)) for each in Picked(kept, places))
        whole = ((each, item) for each, item in found if item is not None)
        if (first := next(whole, None)) is not None:
            given = f"{capture}-bodies.warc.gz"
            self.draft.add(f"archive/{given}", restored_records(self.bundle, given, chain([first], whole), self.index))

    def _copy(self, name: str, given: str) -> None:
        files = self.bundle.files
        self.draft.add(given, files.unhashed(name))
        files.demand(name, self.draft.sha256[given])

    def _indexed(self, name: str, given: str, kept: Spool[Bodiless]) -> array[int]:
        """Read a WARC for the index; keep what has no body in it, and return its places."""
        bodiless = array("Q")
        try:
            with self.bundle.files.tree.open(name) as file:
                for found in read_archive(file, given):
                    if isinstance(found, Bodiless):
                        bodiless.append(kept.add(found))
                    else:
                        self.index[found.line.decode()] = found.whole
        except (BadFormat, OSError) as error:
            raise NotCheckable(f"{self.bundle.files.path}: {name}: {error}") from error
        return bodiless

    def _item_of(self, bodiless: Bodiless) -> ListedItem | None:
        """Return the item whose file has the body of a record."""
        return self.items.get(bodiless.fields.get("warc-record-id", ""))


def _lines(index: Lookup[str, int]) -> Iterator[bytes]:
    """Yield the lines in order. A piece has one where there is no whole: players take the nearest for the file."""
    for _, of_one in groupby(index.pairs(), key=lambda pair: pair[0].partition(" ")[0]):
        together = list(of_one)
        wholes = any(whole for _, whole in together)
        yield from (line.encode() for line, whole in together if whole or not wholes)


def exchange_files(bundle: OpenedBundle) -> dict[str, dict[str, str]]:
    """Return a bundle's exchange files by capture: their names in the bundle, and those that they get outside of it."""
    found: dict[str, dict[str, str]] = {}
    for name in bundle.files.sha256:
        if match := _EXCHANGES.fullmatch(name):
            capture = match[1].lower()
            found.setdefault(capture, {})[name] = f"{capture}-{match[2]}.warc.gz"
    return found


def _read_back(path: Path) -> tuple[int, str]:
    """Return size and SHA-256 of what is on disk. Raises Unreadable."""
    read = digest_file(path)
    return read.size, read.digests[0].hex


def datapackage(
    bundle: OpenedBundle, main: ListedItem | None, sha256: Mapping[str, str], sizes: Mapping[str, int]
) -> bytes:
    """Return datapackage.json: what these files are, and the bundle that they come from (section 5.1.1)."""
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
    """Return datapackage-digest.json (section 5.1.2), unsigned: who makes a WACZ of a bundle need not hold its key."""
    digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
    return msgspec.json.format(msgspec.json.encode(digest), indent=2) + b"\n"


def entry_items(listing: BundleListing) -> tuple[Picked[ListedItem], Picked[ListedItem]]:
    """Return the items that were asked for, of which each capture has at least one if it got any; and further pages.

    A post that was cut out of a list has no exchange of its own to be replayed, so the list stands for it.
    """
    items, begin = listing.items, 0
    entries, further = array("Q"), array("Q")
    for capture in listing.captures:
        asked, pages, first = array("Q"), array("Q"), array("Q")
        for number, item in enumerate(capture.items, begin):
            # Only what has an exchange can be replayed.
            if not item.response or item.excerpt or item.error_page:
                continue
            first = first or array("Q", [number])
            if item.found_in.split(" ", 1)[0] == _SCENE:
                asked.append(number)
            elif item.kind in {ItemKind.PAGE, ItemKind.POST}:
                pages.append(number)
        entries += asked or first
        further.extend(number for number in pages if asked or number not in first)
        begin += len(capture.items)
    return Picked(items, entries), Picked(items, further)


def page_lines(bundle: OpenedBundle, name: str, title: str, items: Iterable[ListedItem]) -> Iterator[bytes]:
    """Yield a list of pages, a line of JSON each, with the text that a reader can search.

    Raises NotWhole, NotCheckable.
    """
    yield _line({"format": "json-pages-1.0", "id": name, "title": title, "hasText": True})
    for item in items:
        page = {"id": item.ref, "url": item.url, "ts": item.captured, "title": _title(item)}
        text = _text(bundle, item)
        yield _line({**page, "text": text} if text else page)


def _line(value: Mapping[str, str | bool]) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def _title(item: ListedItem) -> str:
    return printable(item.title or item.claimed_name or item.url, 300)


def _text(bundle: OpenedBundle, item: ListedItem) -> str:
    if item.post is not None:
        return item.post.text
    for copy in item.working_copies:
        if copy.path.endswith("-text.txt") and copy.size <= _LARGEST_TEXT and bundle.files.holds(copy.path):
            return bundle.files.small(copy.path).decode("utf-8", "replace")
    return ""
