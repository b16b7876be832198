"""What a case lists now: its sealed captures as a bundle of all of them would list them, without making one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from exports.bundle.contents import add_capture
from exports.bundle.selection import select
from exports.errors import NothingToExport, NotWhole
from exports.format.bundle_files import BundleFiles
from exports.format.bundle_listing import BundleListing
from exports.format.continuity import read_exhibits, restated_entries
from exports.format.entries import sealed_capture
from exports.format.inventory import Inventory, timestamped_captures
from exports.format.sealed_file import SealedFiles
from hashing.case.case import CAPTURES, Case
from hashing.case.events import CaptureSealed, CaseEvent, Exported
from hashing.errors import HashingError
from hashing.files.real_path import real_path
from hashing.times import time_text
from hashing.tool import tool

_NOBODY = "nobody: this is a view of the case, and not a bundle"


@dataclass(frozen=True, slots=True)
class CaseListing:
    """What a case lists, None where nothing is sealed; its files; and a sentence for each capture that is not shown."""

    listing: BundleListing | None
    files: BundleFiles
    left_out: tuple[str, ...]


def case_listing(case: Case, moment: datetime) -> CaseListing:
    """List the sealed captures of a case whose ledgers match what the case's own ledger says of their seals.

    The bytes of the items are not hashed: that is what `verify` does. Raises Unreadable, BadFormat, BadKey.
    """
    events = list(case.events())
    try:
        selection = select(case.path, events, ())
    except NothingToExport as error:
        return CaseListing(None, BundleFiles((), SealedFiles(case.path).opened), (str(error),))
    # Each capture is judged alone: one that was tampered with is named and left out, and the others are still shown.
    timestamped, left_out = timestamped_captures(events), list(selection.left_out)
    shown, captures, found = list[CaptureSealed](), [], SealedFiles(case.path)
    for event in selection.sealed:
        try:
            if faults := add_capture(found, case.path, event, timestamped.get(event.capture)):
                raise NotWhole("; ".join(map(str, faults)))
            capture = sealed_capture(case.path / CAPTURES / event.capture, timestamped.get(event.capture))
            capture.head()
            capture.forget()
        except (NotWhole, HashingError) as error:
            left_out.append(f"{event.exhibit}: does not match its seal, and is not shown: {error}")
            continue
        shown.append(event)
        captures.append(capture)
    files = BundleFiles(found, found.opened)
    if not shown:
        return CaseListing(None, files, tuple(left_out))
    # Earlier exports are no part of a view: in a bundle the line of its own export takes their place.
    lines = {number: event for number, event in enumerate(events) if not isinstance(event, Exported)}
    exported = _not_exported(case, events, shown, lines, moment)
    return CaseListing(Inventory(lines, exported, captures).listing(), files, tuple(left_out))


def _not_exported(
    case: Case,
    events: Sequence[CaseEvent],
    shown: Sequence[CaptureSealed],
    lines: Mapping[int, CaseEvent],
    moment: datetime,
) -> Exported:
    """Return the line that would record a bundle of these captures; it is never written."""
    logs = read_exhibits(events)
    return Exported(
        time=time_text(moment),
        began=time_text(moment),
        bundle=real_path(case.path).name,
        captures=tuple(event.capture for event in shown),
        exhibits=tuple(event.exhibit for event in shown),
        officer=_NOBODY,
        signer=shown[0].signer,
        tool=tool(),
        files={},
        restated=restated_entries([logs[event.exhibit] for event in shown if event.exhibit in logs], lines.keys()),
    )
