"""A bundle that is at hand, verified, with its manifest read: what a report is made of anew."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from exports.bag import PAYLOAD
from exports.errors import NotCheckable, NotWhole
from exports.manifest import Manifest
from exports.report.bundle_files import BundleFiles
from hashing.checkpoint import parse_checkpoint
from hashing.errors import BadFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from exports.verification.tree import Tree

_MANIFEST = f"{PAYLOAD}manifest.json"
_SEAL = "seal/checkpoint"
_LARGEST_MANIFEST = 1 << 30
_LARGEST_SEAL = 1 << 16


@dataclass(frozen=True, slots=True)
class HeldBundle:
    """What a bundle lists, its files, and the fingerprint of its seal."""

    manifest: Manifest
    files: BundleFiles
    fingerprint: str


@contextmanager
def held_bundle(bundle: Path, progress: Callable[[int, int], None] | None = None) -> Iterator[HeldBundle]:
    """Verify a bundle, folder or zip, and open it; nothing in it is changed. `progress` is told bytes verified.

    Raises NotWhole where it does not match, NotCheckable where it cannot be checked or is no bundle of ours.
    """
    from exports.verification.open_tree import open_tree
    from exports.verification.tree import FILE

    _demand_whole(bundle, progress)
    with open_tree(bundle) as tree:
        files = BundleFiles({name for name, kind in tree.kinds().items() if kind == FILE}, tree.open)
        yield HeldBundle(_manifest(tree, bundle), files, _fingerprint(tree))


def _demand_whole(bundle: Path, progress: Callable[[int, int], None] | None) -> None:
    from exports.verification import verify

    found = verify(bundle, progress=progress)
    if found.verdict == "mismatch":
        raise NotWhole(
            f"{bundle}: does not match its seal, so no report is made of it",
            hint=f"see what is wrong: goldenhour verify {bundle}",
        )
    if found.verdict != "ok":
        reason = found.unchecked[0].reason if found.unchecked else "nothing vouches for it"
        raise NotCheckable(f"{bundle}: {reason}", hint=f"see more: goldenhour verify {bundle}")
    if not found.what.startswith("bundle"):
        raise NotCheckable(f"{bundle}: a {found.what}, not a bundle", hint="make one: goldenhour export")


def _manifest(tree: Tree, bundle: Path) -> Manifest:
    with tree.open(_MANIFEST) as file:
        data = file.read(_LARGEST_MANIFEST)
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotCheckable(f"{bundle}: {_MANIFEST} cannot be read: {error}") from error
    if manifest.exported.bundle:
        return manifest
    named = msgspec.structs.replace(manifest.exported, bundle=bundle.name)  # an earlier version did not write it down
    return msgspec.structs.replace(manifest, exported=named)


def _fingerprint(tree: Tree) -> str:
    with tree.open(_SEAL) as file:
        note = file.read(_LARGEST_SEAL)
    try:
        return parse_checkpoint(note)[0].fingerprint()
    except BadFormat as error:
        raise NotCheckable(f"{_SEAL}: {error}") from error
