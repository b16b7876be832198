"""Making a bundle: chosen, copied, listed, recorded, sealed, read back, and only then given its name."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exports.bag import PAYLOAD
from exports.bundle.contents import capture_contents, stamped_sources
from exports.bundle.draft import Progress, check_only
from exports.bundle.folder_draft import FolderDraft
from exports.bundle.inventory import manifest
from exports.bundle.leftover import clear_leftovers, draft_path, held
from exports.bundle.sealing import check_case_ledger, custody_lines, seal_files
from exports.bundle.selection import Selection, bundle_name, select, top_folder
from exports.bundle.source import Fault, Source
from exports.bundle.uninterrupted import uninterrupted
from exports.bundle.writing import VOUCHING, declare_bag, write_lists, write_tag_files, write_tag_manifest
from exports.bundle.zip_draft import ZipDraft
from exports.capture_view import read_capture
from exports.continuity import read_exhibits
from exports.errors import ExportError, NotWhole
from exports.manifest import ExportRecord
from hashing.capture_folder import CHECKPOINT
from hashing.case import CAPTURES, CASE_FILE, CHECKPOINTS, checkpoint_name
from hashing.checkpoint import parse_checkpoint
from hashing.errors import StorageFull, WouldOverwrite
from hashing.events import CaptureSealed, CaseCreated, Exported, Stamped
from hashing.storage import read_small, storing
from hashing.times import Clock, system_clock, timestamp
from hashing.tool import tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from exports.bundle.draft import Draft
    from exports.capture_view import CaptureView
    from hashing.case import Case
    from hashing.events import CaseEvent
    from hashing.keys import SigningKey

_SPARE = 4 << 20
_SPARE_PER_FILE = 6 << 10
"""What manifest, report and the file system itself take, on top of the files: generous, because it is only checked."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was made: where it is, what is in it, and what to write down.

    `items` and `bytes` count the originals; `fingerprint` is that of the bundle's seal. `left_out` says in a sentence
    each which captures of the case are not in it, and why; `cleared` names what killed exports had left beside it.
    """

    path: Path
    captures: tuple[str, ...]
    items: int
    bytes: int
    fingerprint: str
    left_out: tuple[str, ...]
    cleared: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the same as plain values, for `export --json`."""
        return {**asdict(self), "path": str(self.path)}


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
    beside: Sequence[str] = (),
    clock: Clock = system_clock,
    progress: Callable[[int, int], None] | None = None,
) -> Bundle:
    """Make a bundle of a case's sealed captures: all, or those of the exhibits named.

    Everything is compared with the case's own seals on the way, and the whole bundle is read back before it gets its
    name; until then, and after any failure, there is nothing under that name. `progress` is told bytes copied and
    bytes in all. The export is recorded in the case's ledger just before the bundle is sealed, so a failure after
    that leaves a record of a bundle that was never handed over; it does no harm. `beside` are the endings of other
    forms that the caller will write beside the bundle, under its name: those names must be free as well.

    Raises WouldOverwrite, NothingToExport, NotWhole (it names every fault), StorageFull, Unwritable, Unreadable.
    """
    moment = clock()
    events = list(case.events())
    selection = select(case.path, events, exhibits)
    final = _final_path(case, output, selection if exhibits else None, zipped=zipped)
    for ending in beside:
        _demand_free(beside_bundle(final, ending))
    name = top_folder(final.name) if zipped else final.name
    check_case_ledger(case)
    stamped, newest = _stamped(events), _newest_stamped(events)
    outgoing = _outgoing(case, events, selection, stamped, newest)
    cleared = clear_leftovers(final)
    _check_space(final, outgoing)
    with _drafting(draft_path(final), name, moment, zipped=zipped) as draft:
        record = ExportRecord(time=timestamp(moment), officer=officer, tool=tool())
        listed = manifest(case.info, record, outgoing.views, read_exhibits(events), stamped)
        declare_bag(draft)
        faults = draft.copy(outgoing.sources, Progress(outgoing.bytes, progress))
        if faults:
            raise _not_whole(case.path, faults)
        write_lists(draft, listed, name, {source.name: source.path for source in outgoing.sources})
        write_tag_files(draft, listed, name, moment)
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
        custody = custody_lines(events, selection.exhibits)
        seal = seal_files(case, index, note, key.public, selection.sealed, custody, stamped, newest)
        for file, data in seal:
            draft.add(file, [data])
        write_tag_manifest(draft)
        draft.finish()
        _read_back(draft.path)
        draft.place(final)
    return Bundle(
        path=final,
        captures=exported.captures,
        items=sum(len(view.items) for view in outgoing.views),
        bytes=sum(view.bytes for view in outgoing.views),
        fingerprint=parse_checkpoint(note)[0].fingerprint(),
        left_out=selection.left_out,
        cleared=cleared,
    )


@contextmanager
def _drafting(path: Path, name: str, moment: datetime, *, zipped: bool) -> Iterator[Draft]:
    """Begin a draft; whatever is left of it at the end of the block is removed."""
    draft: Draft = ZipDraft(path, name, moment) if zipped else FolderDraft(path)
    try:
        with held(path):
            yield draft
    finally:
        with uninterrupted():
            draft.discard()


def _final_path(case: Case, output: Path | None, chosen: Selection | None, *, zipped: bool) -> Path:
    inside = case.path.resolve()
    if output is None:
        # A bundle does not belong into the case, so beside it where the user stands inside.
        here = Path.cwd()
        folder = inside.parent if here.is_relative_to(inside) else here
        output = folder / (bundle_name(inside.name, chosen.exhibits if chosen else ()) + (".zip" if zipped else ""))
    if not _is_text(output.name):
        raise ExportError(f"{output}: not a name in UTF-8", hint="choose another name with --output")
    _demand_free(output)
    if output.parent.resolve().is_relative_to(inside):
        raise ExportError(f"{output}: is inside the case", hint="choose a place outside the case with --output")
    return output


def beside_bundle(bundle: Path, ending: str) -> Path:
    """Return the name of another form of a bundle: beside it, with an ending such as `.wacz`."""
    return bundle.with_name(bundle.name.removesuffix(".zip") + ending)


def _demand_free(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise WouldOverwrite(f"{path}: exists already", hint="choose another name with --output")


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _stamped(events: Sequence[CaseEvent]) -> dict[str, Stamped]:
    """Return the trusted times by capture."""
    by_checkpoint = {event.checkpoint: event for event in events if isinstance(event, Stamped)}
    sealed = [event.capture for event in events if isinstance(event, CaptureSealed)]
    paths = {capture: f"{CAPTURES}/{capture}/{CHECKPOINT}" for capture in sealed}
    return {capture: by_checkpoint[path] for capture, path in paths.items() if path in by_checkpoint}


def _newest_stamped(events: Sequence[CaseEvent]) -> tuple[int, Stamped] | None:
    """Return the last trusted time of the case's own ledger, with the number of lines that it covers."""
    by_checkpoint = {event.checkpoint: event for event in events if isinstance(event, Stamped)}
    paths = ((size, f"{CHECKPOINTS}/{checkpoint_name(size)}") for size in range(len(events), 0, -1))
    return next(((size, by_checkpoint[path]) for size, path in paths if path in by_checkpoint), None)


def _outgoing(
    case: Case,
    events: Sequence[CaseEvent],
    selection: Selection,
    stamped: Mapping[str, Stamped],
    newest: tuple[int, Stamped] | None,
) -> _Outgoing:
    """List all files, or raise NotWhole with every fault where one shows before a byte is copied."""
    created = next((event for event in events if isinstance(event, CaseCreated)), None)
    file = case.path / CASE_FILE
    info = Source(file, f"{PAYLOAD}{CASE_FILE}", len(read_small(file)), created.case_sha256 if created else "")
    contents = [capture_contents(case.path, event, stamped.get(event.capture)) for event in selection.sealed]
    own = stamped_sources(case.path, newest[1]) if newest else ()
    sources = (info, *(source for each in contents for source in each.sources), *own)
    faults = [fault for each in contents for fault in each.faults]
    if faults:
        # It will not be handed over; what else is wrong is found out all the same, so that it is said at once.
        raise _not_whole(case.path, [*dict.fromkeys([*faults, *check_only(sources)])])
    views = tuple(read_capture(case.path / CAPTURES / event.capture) for event in selection.sealed)
    return _Outgoing(views, sources)


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
    return NotWhole(
        f"{path}: does not match its own records; nothing was handed over{listed}",
        hint="restore what is named from a copy of the case; captures that are whole can be exported by their exhibits",
    )


def _read_back(draft: Path) -> None:
    """Read and hash the finished draft as whoever receives it will. Raises NotWhole."""
    from exports.tables import verification_lines
    from exports.verification import verify

    found = verify(draft)
    if found.verdict != "ok":
        listed = "".join(f"\n  {line}" for line in verification_lines(found))
        raise NotWhole(
            f"{draft}: the bundle as written does not verify; nothing was handed over{listed}",
            hint="the disk may be failing; choose another place with --output",
        )
