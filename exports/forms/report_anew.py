"""The report of a bundle made anew, outside of it: years later, or because the one in it is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from exports.bundle.folder_draft import FolderDraft
from exports.bundle.leftover import draft_path
from exports.bundle.uninterrupted import uninterrupted
from exports.format.bag import PAYLOAD
from exports.format.outside import demand_outside
from exports.forms.held_bundle import held_bundle
from exports.report.links import OVERVIEW
from exports.report.site import report_files
from hashing.case.case import CAPTURES
from hashing.files.storage import read_error, storing

if TYPE_CHECKING:
    from exports.report.basemap import BaseMap


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
            if bundle.is_dir():
                with storing(output):
                    (draft.path / CAPTURES).symlink_to(bundle.resolve() / PAYLOAD / CAPTURES)
            draft.finish()
            draft.place(output)
        finally:
            with uninterrupted():
                draft.discard()
    return output / OVERVIEW
