"""A bundle that is at hand, verified, with its manifest read: what a report is made of anew, outside of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from exports.bundle.folder_draft import FolderDraft
from exports.bundle.leftover import draft_path
from exports.bundle.opened_bundle import no_bundle, open_bundle
from exports.bundle.uninterrupted import uninterrupted
from exports.errors import NotCheckable, NotWhole
from exports.format.bag import PAYLOAD
from exports.format.bundle_files import BundleFiles
from exports.format.bundle_listing import BundleListing
from exports.format.outside import demand_outside
from exports.format.result import Verification
from exports.report.basemap import BaseMap
from exports.report.links import OVERVIEW
from exports.report.site import report_files
from hashing.case.case import CAPTURES
from hashing.files.as_typed import as_typed
from hashing.files.real_path import real_path
from hashing.files.storage import read_error, storing


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
        files = BundleFiles(opened.files.sha256, opened.files.tree.open)
        yield HeldBundle(opened.listing(), files, opened.fingerprint)


def demand_whole(bundle: Path, made: str, progress: Callable[[int, int], None] | None = None) -> Verification:
    """Verify a bundle of which something is to be `made`; return what was found. Raises NotWhole, NotCheckable."""
    from exports.verification import verify

    verification = verify(bundle, progress=progress)
    # Does not match, could not be checked, is something else: three sentences, since the reader must do three different
    # things.
    if verification.verdict == "mismatch":
        raise NotWhole(
            f"{bundle}: does not match its seal, so no {made} is made of it",
            hint=f"see what is wrong: goldenhour verify {as_typed(bundle)}",
        )
    if verification.verdict != "ok":
        reason = verification.unchecked[0].reason if verification.unchecked else "nothing vouches for it"
        more = f"see more: goldenhour verify {as_typed(bundle)}"
        hint = more if bundle.exists() else "name a bundle, as `ls` shows it"
        raise NotCheckable(f"{bundle}: {reason}", hint=hint)
    if not verification.what.startswith("bundle"):
        raise NotCheckable(f"{bundle}: a {verification.what}, not a bundle", hint=no_bundle(bundle, verification.what))
    return verification


def write_report(
    bundle: Path, output: Path, progress: Callable[[int, int], None] | None = None, basemap: BaseMap | None = None
) -> Path:
    """Write the report of a bundle into the new folder `output`; return its first page.

    The same version makes the same pages as when the bundle was exported, byte for byte, unless a `basemap` is given to
    lie under its maps. The links to originals lead through a link to the bundle's folder; out of a zip they lead
    nowhere. `progress` is told bytes verified.

    Raises WouldOverwrite, ExportError where `output` is inside of evidence, NotWhole, NotCheckable, Unreadable,
    StorageFull, Unwritable.
    """
    demand_outside(output, bundle)
    with held_bundle(bundle, progress) as held:
        draft = FolderDraft(draft_path(output))
        try:
            try:
                for file in report_files(held.listing, held.files, basemap=basemap):
                    draft.add(file.name, file.pieces)
            except OSError as error:
                raise read_error(bundle, error) from error
            # After the pages and before they appear: the folder shows itself complete, or not at all.
            if bundle.is_dir():
                with storing(output):
                    (draft.path / CAPTURES).symlink_to(real_path(bundle) / PAYLOAD / CAPTURES)
            draft.finish()
            draft.place(output)
        finally:
            with uninterrupted():
                draft.discard()
    return output / OVERVIEW
