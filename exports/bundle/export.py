"""Making a bundle: chosen, copied, listed, recorded, sealed, read back, and only then given its name."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from exports.bag import (
    BAG_INFO,
    BAGIT,
    DECLARATION,
    MANIFEST,
    PAYLOAD,
    TAG_MANIFEST,
    bag_info,
    hash_list,
    oxum,
)
from exports.bundle.contents import capture_contents
from exports.bundle.draft import Progress
from exports.bundle.folder_draft import FolderDraft
from exports.bundle.inventory import manifest
from exports.bundle.sealing import check_case_ledger, seal_files
from exports.bundle.selection import Selection, bundle_name, select
from exports.bundle.source import Fault, Source
from exports.bundle.zip_draft import ZipDraft
from exports.errors import ExportError, NotWhole
from exports.manifest import ExportRecord
from exports.readme_text import readme_text
from hashing.case import CASE_FILE
from hashing.checkpoint import parse_checkpoint
from hashing.errors import StorageFull, WouldOverwrite
from hashing.events import CaseCreated, Exported
from hashing.storage import PART, storing
from hashing.times import Clock, system_clock, timestamp
from hashing.tool import tool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from exports.bundle.draft import Draft
    from exports.capture_view import CaptureView
    from exports.manifest import ItemRecord, Manifest
    from hashing.case import Case
    from hashing.events import CaseEvent
    from hashing.keys import SigningKey

README = "README.txt"
VOUCHING = (BAGIT, BAG_INFO, MANIFEST, README)
"""The files whose digests the case's ledger records; they vouch for all others."""

_SPARE = 4 << 20
_SPARE_PER_FILE = 6 << 10
"""What manifest, report and the file system itself take, on top of the files: generous, because it is only checked."""
_LONGEST_TEXT = 20_000
_LARGEST_TEXT = 1 << 20


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was made: where it is, what is in it, and what to write down.

    `items` and `bytes` count the originals; `fingerprint` is that of the bundle's seal. `left_out` says in a sentence
    each which captures of the case are not in it, and why.
    """

    path: Path
    captures: tuple[str, ...]
    items: int
    bytes: int
    fingerprint: str
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Outgoing:
    views: tuple[CaptureView, ...]
    sources: tuple[Source, ...]

    @property
    def bytes(self) -> int:
        return sum(source.size for source in self.sources)


def export_bundle(
    case: Case,
    *,
    key: SigningKey,
    officer: str,
    output: Path | None = None,
    exhibits: Sequence[str] = (),
    zipped: bool = False,
    clock: Clock = system_clock,
    progress: Callable[[int, int], None] | None = None,
) -> Bundle:
    """Make a bundle of a case's sealed captures: all, or those of the exhibits named.

    Everything is compared with the case's own seals on the way, and the whole bundle is read back before it gets its
    name; until then, and after any failure, there is nothing under that name. `progress` is told bytes copied and
    bytes in all. The export is recorded in the case's ledger just before the bundle is sealed, so a failure after
    that leaves a record of a bundle that was never handed over; it does no harm.

    Raises WouldOverwrite, NothingToExport, NotWhole (it names every fault), StorageFull, Unwritable, Unreadable.
    """
    moment = clock()
    events = list(case.events())
    selection = select(case.path, events, exhibits)
    final = _final_path(case, output, selection if exhibits else None, zipped=zipped)
    name = final.name.removesuffix(".zip") if zipped else final.name
    check_case_ledger(case, events)
    outgoing = _outgoing(case, events, selection)
    _check_space(final, outgoing)
    part = final.with_name(f".{final.name}.{secrets.token_hex(4)}{PART}")
    draft: Draft = ZipDraft(part, name, moment) if zipped else FolderDraft(part)
    try:
        record = ExportRecord(time=timestamp(moment), officer=officer, tool=tool())
        listed = manifest(case.info, record, [view for view in outgoing.views])
        _write_payload(draft, outgoing, listed, name, Progress(outgoing.bytes, progress))
        _write_tags(draft, listed, name, moment)
        exported = Exported(
            time=timestamp(clock()),
            bundle=name,
            captures=tuple(event.capture for event in selection.sealed),
            exhibits=selection.exhibits,
            officer=officer,
            signer=key.public.raw.hex(),
            tool=tool(),
            files={file: draft.sha256[file] for file in VOUCHING},
        )
        index, note = case.record(exported, key=key)
        for file, data in seal_files(case, index, note, key.public, selection.sealed):
            draft.add(file, [data])
        draft.add(TAG_MANIFEST, [hash_list(_outside_payload(draft))])
        draft.finish()
        _read_back(part)
        draft.place(final)
    finally:
        draft.discard()
    return Bundle(
        path=final,
        captures=exported.captures,
        items=sum(len(view.items) for view in outgoing.views),
        bytes=sum(view.bytes for view in outgoing.views),
        fingerprint=parse_checkpoint(note)[0].fingerprint(),
        left_out=selection.left_out,
    )


def _final_path(case: Case, output: Path | None, chosen: Selection | None, *, zipped: bool) -> Path:
    inside = case.path.resolve()
    if output is None:
        # A bundle does not belong into the case, so beside it where the user stands inside.
        here = Path.cwd()
        folder = inside.parent if here.is_relative_to(inside) else here
        output = folder / (bundle_name(inside.name, chosen.exhibits if chosen else ()) + (".zip" if zipped else ""))
    if output.exists() or output.is_symlink():
        raise WouldOverwrite(f"{output}: exists already", hint="choose another name with --output")
    if output.parent.resolve().is_relative_to(inside):
        raise ExportError(f"{output}: is inside the case", hint="choose a place outside the case with --output")
    return output


def _outgoing(case: Case, events: Sequence[CaseEvent], selection: Selection) -> _Outgoing:
    """List all files, or raise NotWhole with every fault that shows before a byte is copied."""
    contents = [capture_contents(case.path, event) for event in selection.sealed]
    faults = [fault for each in contents for fault in each.faults]
    if faults:
        raise _not_whole(case.path, faults)
    created = next((event for event in events if isinstance(event, CaseCreated)), None)
    file = case.path / CASE_FILE
    source = Source(file, f"{PAYLOAD}{CASE_FILE}", file.stat().st_size, created.case_sha256 if created else "")
    views = tuple(each.view for each in contents if each.view is not None)
    return _Outgoing(views, (source, *(source for each in contents for source in each.sources)))


def _check_space(final: Path, outgoing: _Outgoing) -> None:
    needed = outgoing.bytes + _SPARE + _SPARE_PER_FILE * len(outgoing.sources)
    with storing(final.parent):
        free = shutil.disk_usage(final.parent).free
    if free < needed:
        raise StorageFull(
            f"{final.parent}: the bundle needs {needed:,} bytes and {free:,} are free",
            hint="free some space, or choose another place with --output",
        )


def _not_whole(path: Path, faults: Sequence[Fault]) -> NotWhole:
    listed = "".join(f"\n  {fault}" for fault in faults)
    return NotWhole(f"{path}: does not match its own records; nothing was handed over{listed}")


def _write_payload(draft: Draft, outgoing: _Outgoing, listed: Manifest, name: str, progress: Progress) -> None:
    from exports.report import report_html

    draft.add(BAGIT, [DECLARATION])
    faults = draft.copy(outgoing.sources, progress)
    if faults:
        raise _not_whole(outgoing.sources[0].path.parent, faults)
    draft.add(f"{PAYLOAD}manifest.json", [msgspec.json.format(msgspec.json.encode(listed), indent=2), b"\n"])
    by_name = {source.name: source.path for source in outgoing.sources}
    draft.add(f"{PAYLOAD}report.html", report_html(name, listed, lambda item: _page_text(item, by_name)))


def _page_text(item: ItemRecord, by_name: dict[str, Path]) -> str:
    """Return the text of a page, from the working copy that was just found unchanged; the start of a long one."""
    for copy in item.working_copies:
        if copy.path.endswith("-text.txt") and copy.size <= _LARGEST_TEXT:
            text = by_name[copy.path].read_text("utf-8", "replace")
            cut = len(text) > _LONGEST_TEXT
            return text[:_LONGEST_TEXT] + (f"\n… continues in {copy.path}" if cut else "")
    return ""


def _write_tags(draft: Draft, listed: Manifest, name: str, moment: datetime) -> None:
    payload = {path: digest for path, digest in draft.sha256.items() if path.startswith(PAYLOAD)}
    fields = [
        ("Bagging-Date", moment.date().isoformat()),
        ("Bag-Software-Agent", listed.exported.tool),
        ("Payload-Oxum", oxum(draft.sizes[path] for path in payload)),
        ("External-Identifier", listed.case.id),
        *(("External-Identifier", capture.exhibit) for capture in listed.captures),
        ("External-Description", f"{listed.case.title}: evidence captured online; README.txt says how to check it"),
    ]
    draft.add(MANIFEST, [hash_list(payload)])
    draft.add(BAG_INFO, [bag_info(fields)])
    draft.add(README, [readme_text(name, listed)])


def _outside_payload(draft: Draft) -> dict[str, str]:
    return {path: digest for path, digest in draft.sha256.items() if not path.startswith(PAYLOAD)}


def _read_back(draft: Path) -> None:
    """Read and hash the finished draft as whoever receives it will. Raises NotWhole."""
    from exports.verification import verify

    result = verify(draft)
    if result.verdict != "ok":
        raise NotWhole(f"{draft}: the bundle as written does not verify: {result}")
