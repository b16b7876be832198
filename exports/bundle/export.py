"""Making a bundle: chosen, copied, listed, recorded, sealed, read back, and only then given its name."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from exports.bundle.contents import add_capture, timestamped_files
from exports.bundle.draft import ByteProgress, Draft, check_only
from exports.bundle.folder_draft import FolderDraft
from exports.bundle.leftover import clear_leftovers, draft_path, held
from exports.bundle.sealing import case_lines, check_case_ledger, seal_files, with_lines
from exports.bundle.selection import Selection, bundle_name, select, top_folder
from exports.bundle.uninterrupted import uninterrupted
from exports.bundle.writing import (
    declare_bag,
    photo_bytes,
    write_lists,
    write_report,
    write_tag_files,
    write_tag_manifest,
)
from exports.bundle.zip_draft import ZipDraft
from exports.disclosure.making.contents import DisclosureContents, disclosed_contents
from exports.disclosure.making.leaks import LeakSearch, secrets_of
from exports.disclosure.making.request import DisclosureRequest
from exports.disclosure.openings import FORMAT as OPENINGS_FORMAT
from exports.disclosure.openings import LineOpening, Openings, write_openings
from exports.errors import ExportError, NotWhole, ShowsSource, TooMuch
from exports.format.bag import PAYLOAD
from exports.format.bundle_layout import CASE_LINE, VOUCHING
from exports.format.bundle_listing import BundleListing
from exports.format.continuity import read_exhibits, restated_entries
from exports.format.entries import SealedCapture, sealed_capture
from exports.format.inventory import Inventory, timestamped_captures
from exports.format.open_tree import open_tree
from exports.format.sealed_file import Fault, SealedFile, SealedFileReader, SealedFiles
from exports.report.basemap import BaseMap
from exports.report.versions import report_versions
from hashing.case.capture_folder import capture_events
from hashing.case.case import CAPTURES, CASE_FILE, CHECKPOINTS, Case, checkpoint_name
from hashing.case.custody import disclosed_events
from hashing.case.events import (
    CaptureSealed,
    CaseCreated,
    CaseEvent,
    Exported,
    IntakeBegun,
    RestatedEntry,
    Timestamped,
    encode,
)
from hashing.case.redaction import OFFICER
from hashing.errors import BadFormat, StorageFull, Unreadable, WouldOverwrite
from hashing.files.real_path import real_path
from hashing.files.storage import read_small, storing, write_exclusively
from hashing.ledger.checkpoint import parse_checkpoint
from hashing.ledger.keys import SigningKey
from hashing.times import Clock, system_clock, time_text
from hashing.tool import tool

# In a bundle: one line of the ledger names each, and what is told of each stands in memory.
MOST_CAPTURES = 20_000
_SPARE = 4 << 20
_SPARE_PER_FILE = 32 << 10
"""What manifest, report with its previews and the file system itself take, on top of the files: generous, because it is
only checked."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was made: where it is, what is in it, and what to write down.

    `items` and `bytes` count the originals; `fingerprint` is that of the bundle's seal. `left_out` says in a sentence
    each which captures of the case are not in it, and why; `cleared` names what killed exports had left beside it.
    Of a disclosure, `only` are the references of its items,
    `withheld` counts the other items of their captures, and `remarks` say in a sentence each what the items disclosed
    cannot show alone.
    """

    path: Path
    captures: tuple[str, ...]
    items: int
    bytes: int
    fingerprint: str
    left_out: tuple[str, ...]
    cleared: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    withheld: int = 0
    remarks: tuple[str, ...] = ()
    redacted: tuple[str, ...] = ()
    openings: Path | None = None  # The file beside the bundle that holds what was withheld.

    def to_json(self) -> dict[str, Any]:
        """Return the same as plain values, for `export --json`."""
        return {**asdict(self), "path": str(self.path), "openings": str(self.openings) if self.openings else None}


@dataclass(frozen=True, slots=True)
class _Outgoing:
    captures: tuple[SealedCapture, ...]
    files: SealedFiles
    made: tuple[DisclosureContents, ...] = ()
    words: tuple[str, ...] = ()  # What of the items is withheld.
    withheld: int = 0  # Items of the same captures that do not go out.
    items: tuple[str, ...] | None = None  # The only items that go out; None for whole captures.
    remarks: tuple[str, ...] = ()
    openings: tuple[LineOpening, ...] = ()

    @property
    def needed(self) -> int:
        """Bytes that the bundle takes on the disk, generously."""
        files = len(self.files) + len(self.made)
        return self.files.bytes + sum(made.size for made in self.made) + _SPARE + _SPARE_PER_FILE * files


def export_bundle(
    case: Case,
    *,
    key: SigningKey,
    officer: str,
    output: Path | None = None,
    exhibits: Sequence[str] = (),
    only: DisclosureRequest | None = None,
    zipped: bool = False,
    beside: Sequence[str] = (),
    basemap: BaseMap | None = None,
    clock: Clock = system_clock,
    progress: Callable[[int, int], None] | None = None,
    source_material: bool = False,
) -> Bundle:
    """Make a bundle of a case's sealed captures: all, those of the exhibits named, or `only` single items of them.

    Everything is compared with the case's own seals on the way, and the whole bundle is read back before it gets its
    name; until then, and after any failure, there is nothing under that name. `progress` is told bytes copied and
    bytes in all. The export is recorded in the case's ledger just before the bundle is sealed, so a failure after
    that leaves a record of a bundle that was never handed over; it does no harm. `beside` are the endings of other
    forms that the caller will write beside the bundle, under its name: those names must be free as well.
    `basemap` lies under the report's map; what it shows of it is recorded. Whole captures of what a protected source
    has handed in go out with `source_material` alone; a disclosure holds redacted working copies in their place.

    Raises TooMuch beyond MOST_CAPTURES, ShowsSource for such a capture, WouldOverwrite, NothingToExport, NotRedactable,
    NotWhole (it names every fault), StorageFull, Unwritable, Unreadable, BadBaseMap.
    """
    moment, asked = time_text(clock()), only or DisclosureRequest(items=())
    # 1. Choose what goes out. Whatever can be refused is refused before anything is written.
    if only is None and not exhibits:  # before the ledger is read into memory
        _demand_nameable(case, sum(isinstance(event, CaptureSealed) for event in case.events()))
    events = list(case.events())
    selection = select(case.path, events, asked.exhibits or exhibits)
    _demand_nameable(case, len(selection.sealed))
    named = asked.items or (selection.exhibits if exhibits else ())
    final = _final_path(case, output, named, beside, zipped=zipped)
    name = top_folder(final.name) if zipped else final.name
    check_case_ledger(case, key)
    if only is None and not source_material:
        _demand_no_source(case, selection)
    timestamped, newest = timestamped_captures(events), _newest_timestamped(events)
    outgoing = _outgoing(case, events, selection, only, timestamped, newest)
    cleared = clear_leftovers(final)
    disclosed = disclosed_events(
        asked.items, key=key, officer=officer, receiver=asked.receiver, reason=asked.reason, redacted=outgoing.words,
        time=moment,
    )  # fmt: skip
    openings = _openings_path(final) if outgoing.openings else None
    _check_space(final, outgoing)
    with _drafting(draft_path(final), name, zipped=zipped) as draft:
        # 2. Make the line that will record the export; what it says of files is known once they are written.
        shown = case_lines(events, selection.sealed, newest[1] if newest else None, outgoing.words, outgoing.items)
        lines = {index: events[index] for index in shown.values()}
        exported = _exported(case, name, events, selection, shown, outgoing, key=key, officer=officer, began=moment)
        exported = _on_basemap(exported, lines, outgoing, basemap)
        inventory = Inventory(lines, exported, outgoing.captures)
        # 3. Copy the files, each compared with its line, and write the lists that follow from the lines.
        listed = _fill(case, draft, outgoing, inventory, basemap if exported.basemap else None, progress)
        # 4. Look for what is withheld; then record the export in the case, which signs it.
        files = {file: draft.sha256[file] for file in VOUCHING}
        exported = with_lines(msgspec.structs.replace(exported, time=time_text(clock()), files=files), shown)
        search = _search(outgoing, inventory, [encode(event) for event in (exported, *lines.values())])
        index, note = case.record(*disclosed, exported, key=key)
        # 5. Put the signature into the bundle, with proofs that tie each line shown to it.
        for file, data in seal_files(case, index, note, key.public, exported, newest[0] if newest else 0):
            draft.add(file, [data])
        write_tag_manifest(draft)
        draft.finish()
        # 6. Read all of it back, and give it its name only then.
        _read_back(draft.path)
        if outgoing.words:
            with open_tree(draft.path) as tree:
                search.look_through(tree)
            search.demand_none()
        if openings is not None:
            write_exclusively(openings, _openings(case, name, outgoing))
        _place(draft, final, openings)
    return Bundle(
        path=final,
        captures=exported.captures,
        items=len(listed.items),
        bytes=sum(item.size for item in listed.items),
        fingerprint=parse_checkpoint(note)[0].fingerprint(),
        left_out=selection.left_out,
        cleared=cleared,
        only=exported.only,
        withheld=outgoing.withheld,
        remarks=outgoing.remarks,
        redacted=outgoing.words,
        openings=openings,
    )


def _exported(
    case: Case,
    name: str,
    events: Sequence[CaseEvent],
    selection: Selection,
    shown: Mapping[str, int],
    outgoing: _Outgoing,
    *,
    key: SigningKey,
    officer: str,
    began: str,
) -> Exported:
    """Return the line that records the export, as far as it is known before a file is written."""
    return Exported(
        time=began,
        began=began,
        bundle=name,
        title="" if CASE_LINE in shown else case.info.title,
        reference="" if CASE_LINE in shown else case.info.reference,
        captures=tuple(event.capture for event in selection.sealed),
        exhibits=selection.exhibits,
        officer=officer,
        signer=key.public.raw.hex(),
        tool=tool(),
        files={},
        only=outgoing.items or (),
        redacted=outgoing.words,
        restated=_log_entries(events, selection, set(shown.values()), outgoing.words),
        versions=report_versions(),
    )


def _fill(
    case: Case,
    draft: Draft,
    outgoing: _Outgoing,
    inventory: Inventory,
    basemap: BaseMap | None,
    progress: Callable[[int, int], None] | None,
) -> BundleListing:
    """Write all of a bundle but its seal; return what it lists. Raises NotWhole with all faults of the files."""
    listed = inventory.listing()
    declare_bag(draft)
    counting = ByteProgress(outgoing.files.bytes + photo_bytes(listed), progress)
    faults = draft.copy(outgoing.files, counting)
    if faults:
        raise _not_whole(case.path, faults)
    for made in outgoing.made:
        draft.add(made.name, made.pieces())
    write_lists(draft, inventory)
    write_report(draft, listed, outgoing.files, counting.add, basemap)
    write_tag_files(draft, listed)
    return listed


def _demand_nameable(case: Case, captures: int) -> None:
    """Refuse more captures than one line of the ledger names, before a file is written. Raises TooMuch."""
    if captures > MOST_CAPTURES:
        raise TooMuch(
            f"{case.path}: {captures:,} captures, and a bundle holds {MOST_CAPTURES:,} at most",
            hint="hand them over in parts, such as --exhibit MP/1..MP/20000, and then what follows",
        )


def _demand_no_source(case: Case, selection: Selection) -> None:
    """Refuse whole captures of what a protected source has handed in. Raises ShowsSource."""
    shown = [sealed.exhibit for sealed in selection.sealed if _is_of_source(case.path / CAPTURES / sealed.capture)]
    if shown:
        raise ShowsSource(
            f"{case.path}: {', '.join(shown)}: originals of a protected source, whose bytes may say who that is",
            hint="take what its grades allow, with redacted copies, by --sanitised; whoever may see the source's "
            "material gets it by --with-source-material",
        )


def _is_of_source(capture: Path) -> bool:
    """Say whether a protected source has handed in what a capture holds."""
    with suppress(Unreadable, BadFormat):  # of which the check before the copy says more, and lets nothing through
        return any(isinstance(event, IntakeBegun) and event.protected for event in islice(capture_events(capture), 2))
    return False


def _on_basemap(
    exported: Exported, lines: Mapping[int, CaseEvent], outgoing: _Outgoing, basemap: BaseMap | None
) -> Exported:
    """Return the line of the export with what the report shows of a base map. Raises BadBaseMap."""
    if basemap is None:
        return exported
    from exports.report import chosen_tiles

    listed = Inventory(lines, exported, outgoing.captures).listing()
    return msgspec.structs.replace(exported, basemap=chosen_tiles(listed, basemap))


@contextmanager
def _drafting(path: Path, name: str, *, zipped: bool) -> Iterator[Draft]:
    """Begin a draft; whatever is left of it at the end of the block is removed."""
    draft: Draft = ZipDraft(path, name) if zipped else FolderDraft(path)
    try:
        with held(path):
            yield draft
    finally:
        with uninterrupted():
            draft.discard()


def _final_path(case: Case, output: Path | None, named: Sequence[str], beside: Sequence[str], *, zipped: bool) -> Path:
    """Return the name of a bundle; it is free, and so are those of its other forms. Raises WouldOverwrite."""
    inside = real_path(case.path)
    if output is None:
        # A bundle does not belong into the case, so beside it where the user stands inside.
        here = Path.cwd()
        folder = inside.parent if here.is_relative_to(inside) else here
        output = folder / (bundle_name(inside.name, named) + (".zip" if zipped else ""))
    if not _is_text(output.name):
        raise ExportError(f"{output}: not a name in UTF-8", hint="choose another name with --output")
    _demand_free(output)
    if real_path(output.parent).is_relative_to(inside):
        raise ExportError(f"{output}: is inside the case", hint="choose a place outside the case with --output")
    for ending in beside:
        _demand_free(beside_bundle(output, ending))
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


def _log_entries(
    events: Sequence[CaseEvent], selection: Selection, lines: Collection[int], words: Collection[str]
) -> tuple[RestatedEntry, ...]:
    """Return the entries of the exhibits' logs that the bundle tells without showing their lines."""
    logs = read_exhibits(events, set(selection.exhibits))
    return restated_entries((logs[ref] for ref in selection.exhibits), lines, officers=OFFICER not in words)


def _newest_timestamped(events: Sequence[CaseEvent]) -> tuple[int, Timestamped] | None:
    """Return the last trusted time of the case's own ledger, with the number of lines that it covers."""
    by_checkpoint = {event.checkpoint: event for event in events if isinstance(event, Timestamped)}
    paths = ((size, f"{CHECKPOINTS}/{checkpoint_name(size)}") for size in range(len(events), 0, -1))
    return next(((size, by_checkpoint[path]) for size, path in paths if path in by_checkpoint), None)


def _outgoing(
    case: Case,
    events: Sequence[CaseEvent],
    selection: Selection,
    only: DisclosureRequest | None,
    timestamped: Mapping[str, Timestamped],
    newest: tuple[int, Timestamped] | None,
) -> _Outgoing:
    """List all files, or raise NotWhole with every fault where one shows before a byte is copied."""
    created = next((event for event in events if isinstance(event, CaseCreated)), None)
    file = case.path / CASE_FILE
    size, sha256 = len(read_small(file, root=case.path)), created.case_sha256 if created else ""
    info = SealedFile(file, f"{PAYLOAD}{CASE_FILE}", size, sha256, case.path)
    copied = SealedFiles(case.path)
    # The case's file names the officer who began it.
    if only is None or OFFICER not in only.words:
        copied.add(info)
    for own in timestamped_files(case.path, newest[1]) if newest else ():
        copied.add(own)
    if only is not None:
        return _disclosed(case, selection, only, timestamped, copied)
    faults = [
        fault
        for event in selection.sealed
        for fault in add_capture(copied, case.path, event, timestamped.get(event.capture))
    ]
    if faults:
        # It will not be handed over; what else is wrong is found out all the same, so that it is said at once.
        raise _not_whole(case.path, [*dict.fromkeys([*faults, *check_only(copied)])])
    captures = (
        sealed_capture(case.path / CAPTURES / each.capture, timestamped.get(each.capture)) for each in selection.sealed
    )
    return _Outgoing(tuple(captures), copied)


def _disclosed(
    case: Case,
    selection: Selection,
    only: DisclosureRequest,
    timestamped: Mapping[str, Timestamped],
    copied: SealedFiles,
) -> _Outgoing:
    """List the files of a disclosure. Raises NotWhole as for whole captures, NothingToExport for an unknown item."""
    contents = [
        disclosed_contents(case.path, event, only, timestamped.get(event.capture)) for event in selection.sealed
    ]
    for each in contents:
        for file in each.files:
            copied.add(file)
    if faults := [fault for each in contents for fault in each.faults]:
        raise _not_whole(case.path, [*dict.fromkeys([*faults, *check_only(copied)])])
    items = tuple(ref for each in contents for ref in each.items)
    return _Outgoing(
        captures=tuple(each.capture for each in contents),
        files=copied,
        made=tuple(made for each in contents for made in each.made),
        words=only.words,
        withheld=sum(each.withheld for each in contents),
        items=items,
        remarks=tuple(remark for each in contents for remark in each.remarks),
        openings=tuple(opening for each in contents for opening in each.openings),
    )


def _search(outgoing: _Outgoing, inventory: Inventory, lines: Sequence[bytes]) -> LeakSearch:
    """Look for what is withheld in all that goes out, before the disclosure is recorded. Raises NotRedactable."""
    secrets = (secret for line in outgoing.openings for secret in secrets_of(line.of, map(str.encode, line.withheld)))
    search = LeakSearch(secrets)
    if not outgoing.words:
        return search
    for name, pieces in inventory.files():
        search.look(name, pieces)
    for line in lines:
        search.look("seal", [line])
    for made in outgoing.made:
        search.look(made.name, made.pieces())
    for file in outgoing.files:
        search.look(file.name, map(bytes, SealedFileReader(file).chunks()))
    search.demand_none()
    return search


def _openings_path(final: Path) -> Path:
    path = final.with_name(f"{final.name}.openings.json")
    _demand_free(path)
    return path


def _openings(case: Case, name: str, outgoing: _Outgoing) -> bytes:
    return write_openings(Openings(format=OPENINGS_FORMAT, case=case.info.id, bundle=name, openings=outgoing.openings))


def _place(draft: Draft, final: Path, openings: Path | None) -> None:
    """Give the bundle its name; without it there is nothing to open."""
    try:
        draft.place(final)
    except BaseException:
        if openings is not None:
            openings.unlink()
        raise


def _check_space(final: Path, outgoing: _Outgoing) -> None:
    needed = outgoing.needed
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
    from exports.verification import verify
    from exports.verification.summary import verification_lines

    found = verify(draft)
    if found.verdict != "ok":
        listed = "".join(f"\n  {line}" for line in verification_lines(found))
        raise NotWhole(
            f"{draft}: the bundle as written does not verify; nothing was handed over{listed}",
            hint="the disk may be failing; choose another place with --output",
        )
