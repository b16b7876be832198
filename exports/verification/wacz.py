"""Checking a WACZ: its files against its own list, and its index against the records that it points to.

Nothing in a WACZ says who made it and when: it is whole in itself, or it is not. One that goldenhour made names the
seal of the bundle that it was made of, and that bundle is the evidence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from exports.errors import NotCheckable
from exports.format.cdxj import CdxjEntry, cdx_time, read_entries
from exports.format.result import Missing
from exports.format.tree import demand_inside
from exports.verification.check import Check
from hashing.errors import BadFormat
from hashing.warc.http_block import HttpBlock
from hashing.warc.record import BODY_FILE, WarcRecord, read_records

_PACKAGE, _DIGEST = "datapackage.json", "datapackage-digest.json"
_HASH = re.compile(r"sha-?256:([0-9a-fA-F]{64})")
_MOST_ENTRIES = 1_000_000
_ANSWERS = {"response", "resource", "revisit"}
_ITSELF = "whole in itself: nothing in a WACZ says who made it and when; the bundle that it was made of does"


_T = TypeVar("_T")


class _Resource(msgspec.Struct):
    path: str
    hash: str = ""


class _Evidence(msgspec.Struct):
    seal: str = ""


class _Package(msgspec.Struct):
    resources: list[_Resource]
    evidence: _Evidence | None = None


class _PackageDigest(msgspec.Struct):
    path: str
    hash: str


def check_wacz(check: Check) -> None:
    """Check a WACZ. Raises NotCheckable where a path in it leads out of it."""
    _check_digest(check)
    package = _read(check, _PACKAGE, _Package)
    if package is None:
        for name in check.kinds:
            check.expected.setdefault(name, "")
        return
    for resource in package.resources:
        _expect(check, resource)
    _check_archives(check, own=package.evidence is not None)
    check.findings.notes.append(_ITSELF)
    if package.evidence is not None and package.evidence.seal:
        check.findings.notes.append(f"it names a bundle whose seal is {package.evidence.seal[:60]}: compare it")


def _check_digest(check: Check) -> None:
    check.expected.update(dict.fromkeys((_PACKAGE, _DIGEST), ""))
    if _DIGEST not in check.kinds:
        check.expected.pop(_DIGEST)
        check.unchecked(_PACKAGE, f"there is no {_DIGEST} to compare it with")
        return
    digest = _read(check, _DIGEST, _PackageDigest)
    match = _HASH.fullmatch(digest.hash) if digest is not None else None
    if digest is not None and (digest.path != _PACKAGE or match is None):
        check.problem(_DIGEST, f"does not state the SHA-256 of {_PACKAGE}")
    elif match is not None:
        check.expected[_PACKAGE] = match[1].lower()


def _expect(check: Check, resource: _Resource) -> None:
    demand_inside(resource.path)
    match = _HASH.fullmatch(resource.hash)
    if resource.path in check.expected:
        check.problem(_PACKAGE, f"lists {resource.path} twice, or itself")
    elif match is None:
        check.expected[resource.path] = ""
        check.unchecked(resource.path, "its list states no SHA-256 of it")
    else:
        check.expect(resource.path, match[1].lower())


def _read(check: Check, name: str, kind: type[_T]) -> _T | None:
    """Read a file of JSON; note what is wrong with it."""
    if not check.is_file(name):
        check.findings.missing.append(Missing(name, "part of every WACZ"))
        return None
    try:
        return msgspec.json.decode(check.small(name), type=kind)
    except (NotCheckable, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        check.problem(name, f"cannot be read: {error}")
        return None


def _check_archives(check: Check, *, own: bool) -> None:
    """Read every index, then every WARC once; `own` is one that goldenhour made, whose index leaves pieces out."""
    wanted = _indexed(check)
    warcs = {name.removeprefix("archive/"): name for name in check.kinds.below("archive/") if check.is_file(name)}
    for filename in sorted(wanted.keys() - warcs.keys()):
        check.problem(f"archive/{filename[:200]}", "an index points to it, and it is not there")
    if not warcs:
        check.problem("archive/", "holds no WARC")
    for filename, name in sorted(warcs.items()):
        if not name.endswith(".gz"):
            check.unchecked(name, "not a WARC of gzip members: its records were not compared with the index")
            continue
        records = _Records(check, name, wanted.get(filename, {}))
        records.check_all()
        if records.unlisted and own:
            check.problem(name, f"{records.unlisted} answers that no index leads to")
        elif records.unlisted:
            check.findings.notes.append(f"{name}: {records.unlisted} answers that no index leads to")


def _indexed(check: Check) -> dict[str, dict[int, CdxjEntry]]:
    """Return what the indexes say, by WARC and offset."""
    wanted: dict[str, dict[int, CdxjEntry]] = {}
    count = 0
    for name in sorted(check.kinds.below("indexes/")):
        try:
            for entry in _entries(check, name):
                count += 1
                if count > _MOST_ENTRIES:
                    raise NotCheckable(f"more than {_MOST_ENTRIES:,} entries")
                places = wanted.setdefault(entry.place.filename, {})
                if places.setdefault(int(entry.place.offset), entry) is not entry:
                    check.problem(name, f"points twice to {entry.place.filename[:200]} at {entry.place.offset}")
        except BadFormat as error:
            check.problem(name, str(error))
        except (NotCheckable, OSError) as error:
            check.unchecked(name, str(error))
    return wanted


def _entries(check: Check, name: str) -> Iterator[CdxjEntry]:
    if not name.endswith((".cdxj", ".cdx")):
        raise NotCheckable("an index of a form that is not read here")
    with check.tree.open(name) as file:
        yield from read_entries(file)


@dataclass(slots=True)
class _Records:
    """The records of one WARC under check, and what the index says of them."""

    check: Check
    name: str
    wanted: dict[int, CdxjEntry]
    block: HttpBlock = field(default_factory=HttpBlock)
    unlisted: int = 0

    def check_all(self) -> None:
        """Read every record; note each that is not as it says or as the index says, and each place without one."""
        left = dict(self.wanted)
        try:
            with self.check.tree.open(self.name) as file:
                for record in read_records(file, self._watch):
                    self._check_own(record)
                    entry = left.pop(record.offset, None)
                    if entry is not None:
                        self._check_entry(record, entry)
                    elif record.fields.get("warc-type") in _ANSWERS and not _is_bodiless(record):
                        self.unlisted += not self.block.is_piece(record.fields)
        except BadFormat as error:
            self.check.problem(self.name, str(error))
        except (NotCheckable, OSError) as error:
            self.check.unchecked(self.name, str(error))
            return
        for offset in left:
            self.check.problem(self.name, f"no record at offset {offset}, where the index points to")

    def _watch(self, fields: dict[str, str]) -> Callable[[bytes], object]:
        self.block = HttpBlock(headless=fields.get("warc-type") != "response")
        return self.block.update

    def _check_own(self, record: WarcRecord) -> None:
        match = _HASH.fullmatch(record.fields.get("warc-block-digest", ""))
        if match is not None and match[1].lower() != record.sha256:
            self.check.problem(self.name, f"the record at offset {record.offset} does not match its own digest")

    def _check_entry(self, record: WarcRecord, entry: CdxjEntry) -> None:
        said, fields = entry.place, record.fields
        found = (fields.get("warc-target-uri", ""), cdx_time(fields.get("warc-date", "")), record.end - record.offset)
        if found != (said.url, entry.time, int(said.length)):
            self.check.problem(self.name, f"the record at offset {record.offset} is not what the index says it is")
        match = _HASH.fullmatch(said.digest)
        if match is None:
            return  # a digest of another kind; the file as a whole is compared with the list
        if match[1].lower() not in {self.block.raw.sha256, self.block.body.sha256}:
            self.check.problem(self.name, f"the body at offset {record.offset} does not match the index")


def _is_bodiless(record: WarcRecord) -> bool:
    """Say whether an answer states that its body is not here: then no index leads to it."""
    return BODY_FILE.lower() in record.fields or record.fields.get("warc-truncated") == "length"
