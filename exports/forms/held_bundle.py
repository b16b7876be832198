"""A bundle that is at hand, verified, with its manifest read: what a report is made of anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from exports.bundle.opened_bundle import no_bundle, open_bundle
from exports.errors import NotCheckable, NotWhole
from exports.format.bundle_files import BundleFiles
from exports.format.bundle_listing import BundleListing
from exports.format.result import Verification
from hashing.files.as_typed import as_typed


@dataclass(frozen=True, slots=True)
class HeldBundle:
    """What a bundle lists, its files, and the fingerprint of its seal."""

    listing: BundleListing
    files: BundleFiles
    fingerprint: str


@contextmanager
def held_bundle(
    bundle: Path, progress: Callable[[int, int], None] | None = None, *, verified: bool = False
) -> Iterator[HeldBundle]:
    """Verify a bundle, folder or zip, and open it; nothing in it is changed. `progress` is told bytes verified.

    With `verified` the caller has verified it just now.
    Raises NotWhole where it does not match, NotCheckable where it cannot be checked or is no bundle of ours.
    """
    if not verified:
        demand_whole(bundle, "report", progress)
    with open_bundle(bundle, verified=True) as opened:
        files = BundleFiles(opened.files.sha256.keys(), opened.files.tree.open)
        yield HeldBundle(opened.listing(), files, opened.fingerprint)


def demand_whole(bundle: Path, made: str, progress: Callable[[int, int], None] | None = None) -> Verification:
    """Verify a bundle of which something is to be `made`; return what was found. Raises NotWhole, NotCheckable."""
    from exports.verification import verify

    found = verify(bundle, progress=progress)
    if found.verdict == "mismatch":
        raise NotWhole(
            f"{bundle}: does not match its seal, so no {made} is made of it",
            hint=f"see what is wrong: goldenhour verify {as_typed(bundle)}",
        )
    if found.verdict != "ok":
        reason = found.unchecked[0].reason if found.unchecked else "nothing vouches for it"
        raise NotCheckable(f"{bundle}: {reason}", hint=f"see more: goldenhour verify {as_typed(bundle)}")
    if not found.what.startswith("bundle"):
        raise NotCheckable(f"{bundle}: a {found.what}, not a bundle", hint=no_bundle(bundle, found.what))
    return found
