"""Collecting what workers captured into one case: by seal and enrolled key alone, each capture for itself.

The folders may come from anywhere, and the database is not asked. A capture that does not verify keeps back no other.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path
from typing import Any

from capture.run.recovery import aside_folder
from exports.bundle.folder_draft import FolderDraft
from exports.bundle.leftover import clear_leftovers, draft_path, held
from exports.errors import ExportError, NotCheckable
from exports.format.open_tree import open_tree
from exports.format.tree import FILE, EvidenceTree
from exports.merge import REFUSED, THERE, MergeOutcome, Merger, merge
from fleet.enrol import LETTERS, letters_of
from fleet.worker import row_name
from hashing.case.batch_events import DONE
from hashing.case.capture_folder import CHECKPOINT, capture_events, is_sealed
from hashing.case.case import CAPTURES, Case, is_case
from hashing.case.events import CaptureSealed, CaptureStarted
from hashing.errors import HashingError, InUse, NotAsSigned, StorageFull, WouldOverwrite
from hashing.files import inside
from hashing.files.as_typed import as_typed
from hashing.files.digest import Digest
from hashing.files.storage import make_folder, read_error, read_small, reading
from hashing.ledger.keys import PublicKey
from hashing.printable import printable

UNFINISHED = "unfinished"
_PIECE = 1 << 20
_OF_A_KEY = re.compile(rf".+([A-Z2-7]{{{LETTERS}}})", re.DOTALL)  # Initials that end in the letters of a key.


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedTwice:
    """A row that workers captured more than once: one died after it had sealed, and before it could say so."""

    row: str
    scene: str
    exhibits: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the same as plain values."""
        return {"row": self.row, "scene": self.scene, "captured": len(self.exhibits), "exhibits": list(self.exhibits)}


def collect(
    case: Case,
    sources: Sequence[Path],
    by: Merger,
    enrolled: Collection[str],
    *,
    unfinished: bool,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[MergeOutcome]:
    """Take the sealed captures of enrolled keys out of workers' cases; yield what became of each capture found there.

    With `unfinished`, what is not sealed is copied to a folder beside the case: it is part of nothing that anybody
    signs. Raises StorageFull, InUse, NotAsSigned; NotCheckable for a source that is no case.
    """
    for source in sources:
        with reading(source):
            if not is_case(source):
                raise NotCheckable(f"{source}: not the case of a worker", hint="name the folder given to --work")
    known = {event.capture: event.checkpoint_sha256 for event in case.events() if isinstance(event, CaptureSealed)}
    for source in sources:
        waiting = list[Path]()
        for path in Case.open(source).captures():
            try:
                said = _looked_at(case, path, enrolled, known, unfinished=unfinished)
            except (StorageFull, InUse, NotAsSigned):
                raise
            except (ExportError, HashingError, OSError) as error:
                wrong = read_error(path, error) if isinstance(error, OSError) else error
                yield MergeOutcome(source=path, outcome=REFUSED, reason=str(wrong).removeprefix(f"{path}: "))
            else:
                if said is None:
                    waiting.append(path)
                else:
                    yield said
        # An enrolled key's is verified, copied and verified again by the merge, which looks at the key once more.
        yield from merge(case, waiting, by, progress=progress, signers=enrolled)


def captured_twice(case: Case) -> list[CapturedTwice]:
    """Return the rows of a fleet of which a case has more than one capture. Raises Unreadable, BadFormat."""
    found: dict[str, list[CaptureStarted]] = defaultdict(list)
    sealed = {event.capture for event in case.events() if isinstance(event, CaptureSealed) and event.status in DONE}
    for path in case.captures():
        if path.name in sealed and (row := row_name(started := _started(path))):
            found[row].append(started)
    return [
        CapturedTwice(row=row, scene=each[0].scene, exhibits=tuple(one.exhibit for one in each))
        for row, each in found.items()
        if len(each) > 1
    ]


def _looked_at(
    case: Case, path: Path, enrolled: Collection[str], known: dict[str, str], *, unfinished: bool
) -> MergeOutcome | None:
    """Return what becomes of a capture; None for one that is to be merged."""
    started = _started(path)
    said = MergeOutcome(
        source=path, outcome=THERE, capture=printable(started.capture, 100), exhibit=printable(started.exhibit, 100)
    )
    # 1. What is not sealed is a live worker's, or a dead one's; it is taken in by no merge.
    if not is_sealed(path):
        if unfinished:
            return _unfinished(case, path, said)
        hint = "if its machine is dead, bring it in with --unfinished"
        return replace(said, outcome=UNFINISHED, reason="not sealed: its worker is at it, or died", hint=hint)
    # 2. What was collected before is known by its seal, without being read again.
    note = Digest.of_bytes(read_small(path / CHECKPOINT, root=path.parent.parent)).hex
    if known.get(path.name) == note and inside.is_folder(case.path / CAPTURES / path.name, case.path):
        return said
    if started.signer not in enrolled:
        worker = PublicKey.parse(started.signer).fingerprint()
        hint = f"if that is a worker of yours: goldenhour fleet enrol {as_typed(case.path)} KEY.pem"
        return replace(said, outcome=REFUSED, reason=f"its key is not enrolled in this case: {worker}", hint=hint)
    # 3. A reference is given once: whoever takes another worker's would keep that one's captures out of the case. So
    # one that ends as those of workers do must end in the letters of its own key, whether the other is enrolled by now
    # or not; and no two keys are enrolled that have the same.
    ending = _OF_A_KEY.fullmatch(started.exhibit.partition("/")[0])
    if ending and ending[1] != letters_of(PublicKey.parse(started.signer)):
        reason = f"{said.exhibit}: the reference bears the letters of another worker's key"
        return replace(said, outcome=REFUSED, reason=reason, hint="--initials of a worker are five letters at the most")
    return None


def _unfinished(case: Case, path: Path, said: MergeOutcome) -> MergeOutcome:
    """Copy what is not sealed to the folder beside the case; links are left out, and nothing of it is signed."""
    folder = aside_folder(case)
    with reading(folder):
        if not folder.exists():
            make_folder(folder)
    with open_tree(path) as tree:
        sizes = {name: tree.size(name) for name, kind in tree.kinds().items() if kind == FILE}
        final, brought = _place_for(sizes, folder / path.name)
        before = replace(said, outcome=UNFINISHED, reason=f"not sealed; it was brought to {final} before")
        if brought:
            return before
        clear_leftovers(final)
        # What a folder says that it holds fills no disk: the captures of all others are still to come.
        if (whole := sum(sizes.values())) > (room := shutil.disk_usage(folder).free):
            raise NotCheckable(f"{path}: not copied: {whole:,} bytes, and the disk has room for {room:,}")
        draft = FolderDraft(draft_path(final))
        try:
            with held(draft.path):
                for name, size in sizes.items():
                    draft.add(name, _pieces(tree, name, size))
                draft.finish()
                draft.place(final)
        except WouldOverwrite:
            return before
        finally:
            draft.discard()
    return replace(
        said, outcome=UNFINISHED, reason=f"not sealed, and signed by nobody: it is in {final}, beside the case"
    )


def _place_for(sizes: dict[str, int], first: Path) -> tuple[Path, bool]:
    """Return where a capture is copied to, and whether it stands there as it is now: it may have grown meanwhile."""
    place, numbers = first, count(2)
    while os.path.lexists(place):
        with open_tree(place) as there:
            if sizes == {name: there.size(name) for name, kind in there.kinds().items() if kind == FILE}:
                return place, True
        place = first.with_name(f"{first.name}-{next(numbers)}")
    return place, False


def _pieces(tree: EvidenceTree, name: str, size: int) -> Iterator[bytes]:
    """Yield a file as long as it was when it was looked at: a worker that lives may be writing to it."""
    with tree.open(name) as file:
        while piece := file.read(min(_PIECE, size)):
            size -= len(piece)
            yield piece


def _started(path: Path) -> CaptureStarted:
    first = next(islice(capture_events(path), 1), None)
    if not isinstance(first, CaptureStarted):
        raise NotCheckable(f"{path}: its ledger does not begin a capture")
    return first
