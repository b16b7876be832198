"""A bundle opened to be written in another form: found whole, then read, each file compared with the bag's list."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from exports.errors import NotCheckable, NotWhole
from exports.format.bag import MANIFEST
from exports.format.bundle_layout import CUSTODY_JSON, ITEMS_JSONL, MANIFEST_JSON, SEAL_CHECKPOINT
from exports.format.bundle_listing import BundleListing, CaptureListing, ListingKeeper, listings
from exports.format.lookup import Lookup
from exports.format.manifest import FORMAT, CustodyLog, CustodyRecord, Listed, Manifest
from exports.format.open_tree import open_tree
from exports.format.result import MISMATCH, OK
from exports.format.tree import FILE, EvidenceTree, demand_inside
from hashing.errors import BadFormat
from hashing.files.as_typed import as_typed
from hashing.ledger.checkpoint import parse_checkpoint
from hashing.ledger.ledger import LONGEST_LINE

PIECE = 1 << 20  # Bytes of a file that are in memory at a time.

_LARGEST_HEAD = 256 << 20
_LONGEST_ENTRY = 4 * LONGEST_LINE  # Bytes of a line of items.jsonl, which holds several lines of a ledger.
_LARGEST_LIST = 1 << 30
_SHA256 = re.compile("[0-9a-f]{64}")
_SMALL = 16 << 20


class _BundleFormat(msgspec.Struct):
    format: str


_format = msgspec.json.Decoder(_BundleFormat)
_head = msgspec.json.Decoder(Manifest)
_log = msgspec.json.Decoder(CustodyLog)
_entry: msgspec.json.Decoder[Listed] = msgspec.json.Decoder(Listed)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OpenedFiles:
    """The files of a bundle's payload, each known by the SHA-256 in the bag's list."""

    path: Path
    tree: EvidenceTree
    sha256: Lookup[str, str]

    def holds(self, name: str) -> bool:
        """Say whether the bag lists a file of this name."""
        return name in self.sha256

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes, hashed in that pass.

        Raises NotCheckable; NotWhole at the end, where they are not those that the bag lists.
        """
        digest = hashlib.sha256()
        for piece in self.unhashed(name):
            digest.update(piece)
            yield piece
        self.demand(name, digest.hexdigest())

    def unhashed(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes, for a caller who hashes them and then calls `demand`. Raises NotCheckable, NotWhole."""
        if name not in self.sha256:
            raise NotWhole(f"{self.path}: {name} is not a file of the bundle")
        with self.tree.open(name) as file:
            while piece := _read(file, name):
                yield piece

    def demand(self, name: str, sha256: str) -> None:
        """Check that what was read of a file is what the bag lists. Raises NotWhole."""
        if sha256 != self.sha256[name]:
            raise NotWhole(
                f"{self.path}: {name} is not as it was sealed",
                hint=f"see more: goldenhour verify {as_typed(self.path)}",
            )

    def small(self, name: str, limit: int = _SMALL) -> bytes:
        """Return the bytes of a small file. Raises NotCheckable, NotWhole."""
        data = bytearray()
        for piece in self.pieces(name):
            data += piece
            if len(data) > limit:
                raise NotCheckable(f"{self.path}: {name} is larger than any file of its kind")
        return bytes(data)


@dataclass(frozen=True, slots=True)
class OpenedBundle:
    """A bundle: what its manifest says, its files, and the fingerprint of its seal."""

    manifest: Manifest
    files: OpenedFiles
    fingerprint: str

    def entries(self) -> Iterator[Listed]:
        """Yield all that is listed in items.jsonl, a line in memory at a time. Raises NotCheckable, NotWhole."""
        rest = b""
        for piece in self.files.pieces(ITEMS_JSONL):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield self._entry(line)
            if len(rest) > _LONGEST_ENTRY:
                raise NotCheckable(f"{self.files.path}: {ITEMS_JSONL} has a line longer than any")
        if rest:
            raise NotCheckable(f"{self.files.path}: {ITEMS_JSONL} does not end with a line")

    def captures(self) -> Iterator[CaptureListing]:
        """Yield each capture with all that is listed of it, one in memory at a time. Raises NotCheckable, NotWhole."""
        yield from listings(self.manifest.captures, self.entries(), self.logs(), ListingKeeper)

    def logs(self) -> dict[str, tuple[CustodyRecord, ...]]:
        """Return the log of each exhibit. Raises NotCheckable, NotWhole."""
        log = self._decoded(self.files.small(CUSTODY_JSON, _LARGEST_HEAD), _log, CUSTODY_JSON)
        return {each.exhibit: each.custody for each in log.exhibits}

    def listing(self) -> BundleListing:
        """Return all that is listed. Raises NotCheckable, NotWhole."""
        said, keeper = self.manifest, ListingKeeper()
        captures = listings(said.captures, self.entries(), self.logs(), lambda: keeper)
        return BundleListing(
            case=said.case, exported=said.exported, disclosure=said.disclosure, captures=tuple(captures)
        )

    def _entry(self, line: bytes) -> Listed:
        return self._decoded(line, _entry, ITEMS_JSONL)

    def _decoded(self, data: bytes, decoder: msgspec.json.Decoder[T], name: str) -> T:
        return _decoded(self.files.path, name, data, decoder)

    @property
    def manifest_sha256(self) -> str:
        """The digest of manifest.json, in hexadecimal."""
        return self.files.sha256[MANIFEST_JSON]


@contextmanager
def open_bundle(
    path: Path, *, verified: bool = False, progress: Callable[[int, int], None] | None = None
) -> Iterator[OpenedBundle]:
    """Open a bundle, folder or zip, after verifying it; with `verified` the caller has done so just now.

    What does not match is refused: another form would hide that. `progress` is told bytes verified. Raises NotWhole,
    which names the faults; NotCheckable, also where there is no bundle or a later version made it.
    """
    if not verified:
        _demand_verified(path, progress)
    with open_tree(path) as tree:
        if tree.kinds().get(MANIFEST_JSON) != FILE:
            raise NotCheckable(f"{path}: not a bundle that goldenhour made", hint="name a bundle: a folder or a zip")
        files = OpenedFiles(path, tree, Lookup(str))
        for name, sha256 in _hash_list(tree, path):
            files.sha256[name] = sha256
        manifest = _manifest(path, files.small(MANIFEST_JSON, _LARGEST_HEAD))
        yield OpenedBundle(manifest, files, _fingerprint(tree, path))


def no_bundle(path: Path, what: str) -> str:
    """Return what to do about something whole that is no bundle."""
    if what == "case":
        return f"make a bundle of it: goldenhour export {as_typed(path)}"
    return "name a bundle: a folder or a zip"


def _demand_verified(path: Path, progress: Callable[[int, int], None] | None) -> None:
    from exports.verification import verify
    from exports.verification.summary import verification_lines

    found = verify(path, progress=progress)
    if found.verdict == OK and not found.what.startswith("bundle"):
        raise NotCheckable(f"{path}: a {found.what}, not a bundle", hint=no_bundle(path, found.what))
    if found.verdict == OK:
        return
    listed = "".join(f"\n  {line}" for line in verification_lines(found))
    if found.verdict == MISMATCH:
        raise NotWhole(
            f"{path}: does not match; nothing was written{listed}",
            hint="have the bundle handed over anew: what does not match is not written in another form",
        )
    raise NotCheckable(f"{path}: could not be checked; nothing was written{listed}")


def _read(file: BinaryIO, name: str) -> bytes:
    try:
        return file.read(PIECE)
    except OSError as error:
        raise NotCheckable(f"{name}: cannot be read ({error})") from error


def _hash_list(tree: EvidenceTree, path: Path) -> Iterator[tuple[str, str]]:
    """Yield path and SHA-256 of every file of the payload. Raises NotCheckable."""
    size = 0
    with tree.open(MANIFEST) as file:
        for line in iter(lambda: file.readline(1 << 16), b""):
            size += len(line)
            sha256, _, name = line.decode("utf-8", "replace").rstrip("\r\n").partition(" ")
            if size > _LARGEST_LIST or not _SHA256.fullmatch(sha256):
                raise NotCheckable(f"{path}: {MANIFEST} is not a list of hashes as goldenhour writes it")
            demand_inside(name[1:])
            yield name[1:], sha256


def _manifest(path: Path, data: bytes) -> Manifest:
    """Read manifest.json. Raises NotCheckable."""
    found = _decoded(path, MANIFEST_JSON, data, _format).format
    if found != FORMAT:
        raise NotCheckable(f"{path}: {MANIFEST_JSON} has format {found[:40]}", hint="update goldenhour")
    return _decoded(path, MANIFEST_JSON, data, _head)


def _decoded(path: Path, name: str, data: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotCheckable(f"{path}: {name} cannot be read: {error}") from error


def _fingerprint(tree: EvidenceTree, path: Path) -> str:
    """Return the fingerprint of the bundle's seal. Raises NotCheckable."""
    with tree.open(SEAL_CHECKPOINT) as file:
        data = file.read(_SMALL)
    try:
        return parse_checkpoint(data)[0].fingerprint()
    except BadFormat as error:
        raise NotCheckable(f"{path}: {SEAL_CHECKPOINT}: {error}") from error
