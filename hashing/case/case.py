"""The case folder: all captures of one operation, and the case's own ledger.

    case.json        id, title, reference, officer, created, format version
    ledger.jsonl     captures registered and sealed, bundles exported, custody events, descriptions
    checkpoints/     a signed checkpoint after every change, named for the ledger's length; some with a token beside it
    captures/        a folder each

Every change is made under the lock of the ledger, in this order, so that nothing is signed but what is just written:

 1. the checkpoint over the ledger with the new lines is signed, under a temporary name
 2. the lines are written
 3. the checkpoint gets its name

Whoever finds lines behind the newest checkpoint finds the signature of whoever wrote them beside it, or somebody else
wrote them: these are told and never signed. Each line bears the key of the checkpoint that covers it first.
"""

from __future__ import annotations

import os
import re
import stat
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Self, TypeVar

import msgspec

from hashing.case.alike import as_read
from hashing.case.capture_folder import CHECKPOINT, INCOMING, RESERVE, CaptureFolder, Seal, capture_origin, is_sealed
from hashing.case.case_memory import CaseMemory
from hashing.case.events import (
    CASE_FORMAT,
    CaptureRegistered,
    CaptureSealed,
    CaptureStarted,
    CaseCreated,
    CaseEvent,
    Timestamped,
    decode_case_event,
    encode,
)
from hashing.case.own_runs import begun_here as noted_as_begun
from hashing.case.own_runs import forget_begun, forget_token, note_begun, note_signed, note_token, signed_here
from hashing.errors import (
    BadFormat,
    BadKey,
    BadSignature,
    InUse,
    NewerFormat,
    NotAsSigned,
    NotRecordable,
    Unauthenticated,
    Unreadable,
    Unwritable,
    WouldOverwrite,
)
from hashing.files import inside
from hashing.files.as_typed import as_typed
from hashing.files.digest import Digest
from hashing.files.lock import try_lock
from hashing.files.real_path import real_path
from hashing.files.storage import (
    PART,
    make_folder,
    read_small,
    reading,
    settle,
    storing,
    sync_file,
    sync_folder,
    write_new,
    write_part,
)
from hashing.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from hashing.ledger.keys import PublicKey, SigningKey
from hashing.ledger.ledger import LEDGER, LONGEST_LINE, Ledger, ledger_lines
from hashing.ledger.mac import Mac
from hashing.ledger.marks import MARKS
from hashing.ledger.merkle import MerkleTree
from hashing.times import Clock, compact, system_clock, time_text
from hashing.tool import tool

_Next = TypeVar("_Next", bound=CaseEvent)

CASE_FILE = "case.json"
CAPTURES = "captures"
BATCHES = "batches"
CHECKPOINTS = "checkpoints"
# What the names of drafts begin with, behind a full stop: a capture that is being merged is copied there first.
MERGE = "merge"
# The file in a draft that names the capture which was moved from there to its place and is not on record yet.
PLACED = "placed"

IN_A_FOLDER = 10_000  # Lengths of the ledger whose checkpoints stand in one folder.
_FOLDER = re.compile("[0-9]{4}", re.ASCII)
_ENDING = ".tsr"  # Of a token, behind the name of its checkpoint.
# A change holds the lock for some milliseconds; taking up what died may hold it for seconds.
_LOCK_SECONDS = 30.0
_STRANGER = "find out who put it there; `goldenhour verify` names it"
_ELSEWHERE = "capture into another case; `goldenhour verify` on this one names what is wrong with it"


class CaseInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The content of case.json."""

    format: str
    id: str
    title: str
    officer: str
    created: str
    tool: str
    reference: str = ""


def is_case(path: Path) -> bool:
    """Say whether a folder has what makes it a case: its file and its ledger, whatever they hold. Raises OSError."""
    return (path / CASE_FILE).is_file() and (path / LEDGER).is_file()


def checkpoint_name(size: int) -> str:
    """Return the name of the case's checkpoint at this length of its ledger, in the order of these lengths.

    From 10,000 lines on they stand in a folder for each ten thousand, so that none holds very many.
    """
    name = f"{size:08d}.{CHECKPOINT}"
    return name if size < IN_A_FOLDER else f"{size // IN_A_FOLDER:04d}/{name}"


def checkpoint_folders(case: Path, since: int = 0) -> list[Path]:
    """Return the folders that hold the checkpoints of a case, in the order of these, from that of a length on.

    Raises OSError.
    """
    folder, first, deeper = case / CHECKPOINTS, since // IN_A_FOLDER, list[str]()
    with suppress(FileNotFoundError):
        kinds = inside.scan(folder, case)
        deeper = sorted(name for name, kind in kinds if kind == stat.S_IFDIR and _FOLDER.fullmatch(name))
    return [*([folder] if not first else []), *(folder / name for name in deeper if int(name) >= first)]


def token_path(checkpoint: str) -> str:
    """Return where the token of a trusted time stands, for a checkpoint's path."""
    return f"{checkpoint}{_ENDING}"


def case_origin(case_id: str) -> str:
    """Return the name of a case's ledger in its checkpoints."""
    return f"goldenhour/{case_id}"


def read_case_info(data: bytes, path: Path | str) -> CaseInfo:
    """Read case.json. Raises NewerFormat, BadFormat."""
    try:
        info = msgspec.json.decode(data, type=CaseInfo)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadFormat(f"{path}: not a case file: {error}") from error
    known, _, version = CASE_FORMAT.rpartition("/")
    name, _, found = info.format.rpartition("/")
    if name != known:
        raise BadFormat(f"{path}: not a case file of goldenhour")
    # Compared as text of at most the same length, not as a number: a stranger's may have a million digits.
    if found.isascii() and found.isdigit() and len(found) < len(version) + 1 and found < version:
        raise BadFormat(
            f"{path}: case format {found}, of a goldenhour before its first release", hint="capture into a new case"
        )
    if found != version:
        raise NewerFormat(
            f"{path}: case format {found[:20]}, this goldenhour knows format {version}",
            hint="update goldenhour to the version that made the case, or later",
        )
    return info


class Case:
    """A case folder on disk."""

    def __init__(self, path: Path, info: CaseInfo) -> None:
        self.path = path
        self.info = info
        self._memory = CaseMemory()
        self._one_at_a_time = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open an existing case. Raises BadFormat where `path` is none, NewerFormat, Unreadable."""
        file = path / CASE_FILE
        with reading(file):
            there = inside.kind(file) != 0
            exists = there or inside.kind(path) != 0
        if not exists:
            raise BadFormat(f"{path}: no such case folder", hint="name the folder of a case, as `ls` shows it")
        if not there:
            raise BadFormat(
                f"{path}: not a case folder (it has no {CASE_FILE})",
                hint=f"name the folder of a case; if it is a bundle, look at it with: goldenhour view {as_typed(path)}",
            )
        return cls(path, read_case_info(read_small(file), file))

    @classmethod
    def open_or_create(
        cls,
        path: Path,
        *,
        key: SigningKey,
        officer: str,
        title: str = "",
        reference: str = "",
        clock: Clock = system_clock,
    ) -> Self:
        """Open the case at `path`, or make it where there is none yet. Safe when two do it at once.

        Raises BadFormat where a folder with other things in it stands there, and for a title, reference or officer that
        cannot be written in UTF-8; WouldOverwrite inside of another case; Unwritable.
        """
        # 1. What is there already is opened, if it is a case.
        with reading(path):
            holds_something = any(path.iterdir()) if path.is_dir() else False
        if holds_something:
            return cls.open(path)
        _demand_outside_of_cases(path)
        with storing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        # 2. Else it is built under another name and renamed when whole: nobody ever sees half a case.
        draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
        try:
            _build(
                draft, key=key, officer=officer, title=title or _readable(path.name), reference=reference, clock=clock
            )
            with storing(path):
                draft.rename(path)
        except Exception:
            import shutil

            shutil.rmtree(draft, ignore_errors=True)
            if (path / CASE_FILE).is_file():  # another process made it meanwhile
                return cls.open(path)
            raise
        sync_folder(path.parent)
        return cls.open(path)

    def captures(self) -> list[Path]:
        """Return the capture folders, oldest first; links are none. Raises Unreadable."""
        folder, names = self.path / CAPTURES, list[str]()
        with reading(folder), suppress(FileNotFoundError):
            names = [name for name, kind in inside.scan(folder, self.path) if kind == stat.S_IFDIR]
        return [folder / name for name in sorted(names, key=os.fsencode)]

    def has_batches(self) -> bool:
        """Say whether a batch was ever begun here. Raises Unreadable."""
        with reading(self.path / BATCHES):
            return inside.is_folder(self.path / BATCHES, self.path)

    def unsealed(self) -> list[Path]:
        """Return the capture folders without a seal: still running, or left by a process that died."""
        return [path for path in self.captures() if not is_sealed(path)]

    def unsigned(self) -> int:
        """Return how many lines stand behind the newest checkpoint, by its name. Raises Unreadable, BadFormat."""
        newest = max(self._checkpoint_sizes(), default=0)
        return max(sum(1 for _ in ledger_lines(self.path / LEDGER, root=self.path)) - newest, 0)

    def events(self) -> Iterator[CaseEvent]:
        """Yield the events of the case's ledger. Raises Unreadable, BadFormat."""
        return map(decode_case_event, ledger_lines(self.path / LEDGER, root=self.path))

    def signed_by_others(self, own: Collection[str]) -> dict[str, int]:
        """Return how many lines of the ledger name each key (hexadecimal) but these. Raises Unreadable, BadFormat."""
        return dict(Counter(event.signer for event in self.events() if event.signer not in own))

    def begin_capture(
        self,
        initials: str,
        start: Callable[[str, str], CaptureStarted],
        *,
        key: SigningKey,
        clock: Clock = system_clock,
    ) -> tuple[CaptureFolder, CaptureStarted]:
        """Make a capture's folder, give it the next exhibit reference of this officer, and register it.

        `start` makes the capture's first event from its id and its reference (such as `MP/1`). Fetching
        begins after this returns, so a folder that was made but not registered is empty.
        """
        capture = f"{compact(clock())}-{os.urandom(4).hex()}"
        with self._changing(key) as change:
            # 1. While the case is locked, the next reference is this capture's and no other's.
            event = start(capture, self._memory.next_exhibit(initials))
            # 2. Folder first, then the user's own note of it, then the line that registers it: a crash in between
            # leaves a folder that holds nothing, which the next command clears away.
            folder = CaptureFolder.create(self.path / CAPTURES / capture, self._mac(capture, key))
            note_begun(self.info.id, capture, self.path, key.public)
            try:
                folder.append([event])
                change.append([_registration(event)])
            except BaseException:
                folder.close()
                raise
        return folder, event

    def lock_abandoned(self, key: SigningKey, *, begun_here: bool = False) -> tuple[list[CaptureFolder], list[Left]]:
        """Take over the unsealed captures whose process has died; the caller finishes each off and seals it.

        Taken is only what whoever has this key wrote; with `begun_here`, only what the user's own notes say was begun
        on this computer. All others are left as they are, each with the reason. A folder that no line registers is none
        of ours, or what a ledger has lost: it is left too, unless it holds nothing.
        """
        import shutil

        taken, left = list[CaptureFolder](), list[Left]()
        with self._changing(key):
            registered = self._registered()
            for path in self.unsealed():
                event = registered.get(path.name)
                if event is None:
                    if _holds_nothing(path, self.path):
                        # Whoever made it died before registering it: we hold the lock it held.
                        with storing(path), inside.reach(path, self.path) as (name, folder):
                            shutil.rmtree(name, dir_fd=folder)
                    continue
                try:
                    if begun_here and not noted_as_begun(self.info.id, path.name, self.path, key.public):
                        _demand_dead(path, self.path)
                        left.append(Left(path, event.exhibit, "not begun by you on this computer"))
                    else:
                        taken.append(CaptureFolder.reopen(path, self._mac(path.name, key)))
                except InUse:
                    continue
                except (Unauthenticated, NotAsSigned, BadFormat, Unreadable, Unwritable) as error:
                    left.append(Left(path, event.exhibit, str(error).removeprefix(f"{path}: ")))
        return taken, left

    def demand_ours(self, key: SigningKey) -> list[Left]:
        """Demand that what is not sealed in the case was written with this key, before anything is added to it.

        Returns the captures of others that are not sealed. Raises NotAsSigned for lines that nobody signed, and for a
        capture that was registered with this key and that somebody else has written to since.
        """
        with self._changing(key):
            registered = self._registered()
            left = []
            for path in self.unsealed():
                event = registered.get(path.name)
                # Not registered: `lock_abandoned` clears it away or leaves it.
                if event is None:
                    continue
                try:
                    _demand_dead(path, self.path)
                    if event.signer != key.public.raw.hex():
                        left.append(Left(path, event.exhibit, "begun with another key"))
                        continue
                    # By what the marks beside its ledger say, since anyone could have written lines in our key's name.
                    ours = CaptureFolder.authenticated(path, self._mac(path.name, key))
                except InUse:
                    continue
                if not ours:
                    hint = f"look at it; `goldenhour recover {as_typed(self.path)}` seals what of it is yours alone"
                    raise NotAsSigned(f"{path}: not sealed, and somebody else has written to it", hint=hint)
        return left

    def _mac(self, capture: str, key: SigningKey) -> Mac:
        return key.mac(capture_origin(self.info.id, capture))

    def record_seal(
        self, capture: str, exhibit: str, status: str, seal: Seal, *, key: SigningKey, clock: Clock = system_clock
    ) -> None:
        """Record that a capture is sealed; once, though the process that sealed it and another may both try."""
        event = CaptureSealed(
            time=time_text(clock()),
            capture=capture,
            exhibit=exhibit,
            status=status,
            size=seal.size,
            root=seal.root,
            fingerprint=seal.fingerprint,
            checkpoint_sha256=seal.checkpoint_sha256,
            signer=key.public.raw.hex(),
        )
        with self._changing(key) as change:
            # Asked under the lock: between a look without it and the line, the other process may have recorded it.
            if capture not in self._memory.sealed:
                change.append([event])
        forget_begun(self.info.id, capture)

    def unrecorded(self) -> list[Path]:
        """Return the captures that are sealed and whose seal the case does not record: a process died in between.

        A folder that the case's ledger does not know is none of its captures, whatever is in it.
        """
        # By the case's own lines: a checkpoint in a folder that no line registers seals nothing of this case.
        open_ones, sealed = set[str](), set[str]()
        for event in self.events():
            match event:
                case CaptureRegistered(capture=capture):
                    open_ones.add(capture)
                case CaptureSealed(capture=capture):
                    sealed.add(capture)
                case _:
                    pass
        open_ones -= sealed
        return [path for path in self.captures() if path.name in open_ones and is_sealed(path)]

    def timestamped(self) -> dict[str, Timestamped]:
        """Return what the ledger says of trusted times, by the path of the checkpoint."""
        return {event.checkpoint: event for event in self.events() if isinstance(event, Timestamped)}

    def left_tokens(self) -> set[str]:
        """Return the checkpoints with a token beside them that is not on record, or not whole: a process died there."""
        token = token_path(CHECKPOINT)
        with reading(self.path):
            own = ((folder, inside.names(folder, self.path)) for folder in checkpoint_folders(self.path))
            found = {
                (folder / name).relative_to(self.path).as_posix()
                for folder, names in own
                for name in names
                if _ENDING in name
            }
            for path in self.captures():
                for name in (token, token + PART):
                    if inside.kind(path / name, self.path):
                        found.add(f"{CAPTURES}/{path.name}/{name}")
        found = {name.removesuffix(PART).removesuffix(_ENDING) for name in found}
        return found - self.timestamped().keys() if found else found

    def record_token(self, timestamped: Timestamped, token: bytes, *, key: SigningKey) -> bool:
        """Store a token beside its checkpoint and record it; once, though two processes may try. Say if it was now.

        A token that stands there already, because its process died before it could record it, is recorded.
        Raises WouldOverwrite where something else has its name, Unwritable, StorageFull.
        """
        with self._changing(key) as change:
            if timestamped.checkpoint in self.timestamped():
                return False
            path = self.path / token_path(timestamped.checkpoint)
            with reading(path):
                # Token first, line second: the line names the token's SHA-256, and must never name bytes that are not
                # on disk.
                there = inside.kind(path, self.path)
            if there and (there != stat.S_IFREG or read_small(path, root=self.path) != token):
                raise WouldOverwrite(f"{path}: exists already, and is not on record", hint=_STRANGER)
            if not there:
                note_token(self.info.id, timestamped.checkpoint, timestamped.token_sha256)
                write_new(path, token, root=self.path)
            change.append([timestamped])
        forget_token(self.info.id, timestamped.checkpoint)
        return True

    def drop_token_part(self, checkpoint: str, *, key: SigningKey) -> None:
        """Remove what a process that died while storing a token has left: its name was never announced."""
        path = self.path / token_path(checkpoint)
        with self._changing(key), storing(path):
            inside.unlink(path.with_name(path.name + PART), self.path, missing_ok=True)

    def add_capture(self, draft: Path, registered: CaptureRegistered, *events: CaseEvent, key: SigningKey) -> None:
        """Move a capture that was made elsewhere from a draft to its place, and record it with these events.

        Raises WouldOverwrite where its folder, its id or its exhibit reference is there; Unwritable, StorageFull.
        """
        capture = registered.capture
        final, mark = self.path / CAPTURES / capture, draft / PLACED
        with self._changing(key) as change:
            # 1. Nothing has its id, its reference or its place.
            known = self._registered()
            with storing(final):
                taken = inside.kind(final, self.path) != 0
            if taken or capture in known or as_read(registered.exhibit) in self._memory.references:
                raise WouldOverwrite(f"{final}: its name or its exhibit reference is taken", hint=_STRANGER)
            # 2. A mark in the draft says that it is on its way: with it the next command can move it back.
            write_new(mark, capture.encode(), root=self.path)
            sync_folder(draft.parent, root=self.path)  # the draft's own name lasts, and with it the mark
            try:
                with storing(final):
                    inside.rename(draft / capture, final, self.path)
                sync_folder(final.parent, root=self.path)
                change.append([registered, *events])
            finally:
                # By what is on disk: an interruption may have come right behind the writing.
                with storing(final):
                    if inside.kind(final, self.path) and capture not in self._registered():
                        inside.rename(final, draft / capture, self.path)
                    inside.unlink(mark, self.path)

    def undo_unrecorded_moves(self, *, key: SigningKey) -> None:
        """Move back to its draft what a process that died had put in its place and not recorded."""
        with reading(self.path):
            drafts = [self.path / name for name in inside.names(self.path, self.path) if _is_draft(name)]
            marks = [draft / PLACED for draft in drafts if inside.is_file(draft / PLACED, self.path)]
        if not marks:
            return
        with self._changing(key):  # whoever else is between the two steps holds this lock
            # Only what no line registers is moved: a capture that is on record stays, whatever mark lies in a draft.
            registered = self._registered()
            strangers = {path.name: path for path in self.captures() if path.name not in registered}
            for mark in marks:
                name = read_small(mark, root=self.path).decode("utf-8", "replace")
                with storing(mark):
                    if name in strangers:
                        inside.rename(strangers.pop(name), mark.with_name(name), self.path)
                    inside.unlink(mark, self.path)

    @contextmanager
    def held(self, key: SigningKey) -> Iterator[None]:
        """Keep every other command, and every other thread, from changing the case meanwhile."""
        with self._changing(key):
            yield

    def has_seal_of(self, capture: str) -> bool:
        """Say whether the case's signed ledger recorded a capture's seal, when this object changed or held it last."""
        return capture in self._memory.sealed

    def set_aside(self) -> bytes:
        """Cut off what stands behind the newest checkpoint and that nobody signed; return it. It is not ours.

        Raises NotAsSigned for whatever else is wrong with the ledger.
        """
        with self._one_at_a_time, self._opened_ledger() as ledger:
            self._memory = CaseMemory()
            try:
                self._caught_up(ledger)
            except (_Unsigned, BadFormat):
                memory, newest = CaseMemory(), max(self._checkpoint_sizes(), default=0)
                self._read_further(memory, islice(ledger_lines(ledger.path, root=self.path), newest))
                return ledger.cut(memory.signed)
        return b""

    def _registered(self) -> dict[str, CaptureRegistered]:
        """Return the captures that began, by their id. For who holds the lock: the memory is of this ledger then."""
        start = self._memory.registered_to
        return self._memory.read_registered(ledger_lines(self.path / LEDGER, start, root=self.path))

    def record(self, *events: CaseEvent, key: SigningKey) -> tuple[int, bytes]:
        """Add events to the case's ledger, all or none; return the last line's index and the checkpoint over it."""
        with self._changing(key) as change:
            change.append(events)
            size = change.size
        return size - 1, read_small(self._checkpoint(size), root=self.path)

    def record_next(self, make: Callable[[Iterator[CaseEvent]], _Next], *, key: SigningKey) -> _Next:
        """Add the event that `make` makes of those that are there, such as the next number: none comes in between."""
        with self._changing(key) as change:
            event = make(self.events())
            change.append([event])
        return event

    @contextmanager
    def _changing(self, key: SigningKey) -> Iterator[_Change]:
        with self._one_at_a_time, self._opened_ledger() as ledger:
            memory = self._caught_up(ledger)
            yield _Change(self.path, self.info.id, ledger, key)
            self._remember(memory, ledger)

    def _opened_ledger(self) -> Ledger:
        try:
            return Ledger.open(self.path / LEDGER, wait=_LOCK_SECONDS, remembered=self._memory.read, root=self.path)
        except InUse as error:
            raise InUse(f"{self.path}: another command has held the case for {_LOCK_SECONDS:.0f} s") from error

    def _caught_up(self, ledger: Ledger) -> CaseMemory:
        """Return what the ledger says, all of it as it was signed; no line is read that was read before.

        Raises NotAsSigned, Unreadable, BadFormat.
        """
        # 1. Go on from where this object read last, if the ledger is the same and no shorter.
        memory, self._memory = self._memory, CaseMemory()  # unless all goes well, all is read anew the next time
        if not (ledger.resumed and memory.read is not None):
            memory = CaseMemory()
        # 2. Read what came since, and hold each checkpoint over it against it.
        changed = self._checkpoints_changed(ledger.size)
        start = memory.read.length if memory.read is not None else 0
        if memory.read is None or changed != memory.checkpoints_changed or ledger.size != memory.tree.size:
            self._read_further(memory, ledger_lines(ledger.path, start, root=self.path))
        # 3. Remember how far it is known to be signed. A case has two checkpoints a capture: their names are not read
        # again for each change of a run's own.
        if changed != memory.checkpoints_changed:
            self._clear_proposed(ledger.size)
        memory.checkpoints_changed = self._checkpoints_changed(ledger.size)
        memory.read = ledger.remember()
        self._memory = memory
        return memory

    def _clear_proposed(self, size: int) -> None:
        """Remove checkpoints of changes whose process died before it made them: the open ledger is their lock.

        Each is of a ledger that would be longer than these `size` lines.
        """
        with storing(self.path / CHECKPOINTS):
            for folder in checkpoint_folders(self.path, size):
                for name in inside.names(folder, self.path):
                    if name.endswith(f".{CHECKPOINT}{PART}"):
                        inside.unlink(folder / name, self.path)

    def _read_further(self, memory: CaseMemory, lines: Iterable[bytes]) -> None:
        """Read further lines and hold every checkpoint over them against them. Raises NotAsSigned, Unreadable."""
        # 1. Every line up to the newest checkpoint; what this user signed here last is known without it.
        sizes = set(self._checkpoint_sizes())
        known, note = signed_here(self.info.id, self.path)
        ours = known.size if known is not None else 0
        for tree in memory.read_lines(lines):
            if known is not None and tree.size == ours and tree.root().hex() != known.root:
                raise NotAsSigned(f"{self.path / LEDGER}: altered: not what you signed here last", hint=_replaced(note))
            if tree.size in sizes and tree.size >= ours:
                self._hold(memory, tree)
            elif tree.size in sizes or tree.size == ours:
                memory.hold()  # by the root that this user signed here, which it leads to
        if memory.tree.size < ours:
            now = f"it has {memory.tree.size} lines, and had {ours} when you signed it here last"
            raise NotAsSigned(f"{self.path / LEDGER}: set back: {now}", hint=_replaced(note))
        # 2. The newest checkpoint must be there, and be over lines that are.
        newest = self._checkpoint(max(sizes, default=0))
        if memory.signed not in sizes:
            raise NotAsSigned(
                f"{newest.parent}: the newest checkpoint of the case's ledger is missing", hint=_ELSEWHERE
            )
        if max(sizes) > memory.tree.size:
            ledger = self.path / LEDGER
            raise NotAsSigned(f"{ledger}: altered: not the ledger that {newest.name} was signed over", hint=_ELSEWHERE)
        if memory.signed < memory.tree.size:
            self._announce_proposed(memory)

    def _hold(self, memory: CaseMemory, tree: MerkleTree) -> None:
        """Hold the checkpoint at this length against the ledger. Raises NotAsSigned, Unreadable."""
        path = self._checkpoint(tree.size)
        checkpoint = self._opened(path, memory.since)
        self._demand_same(path, checkpoint, tree.size, tree.root())
        memory.hold()

    def _announce_proposed(self, memory: CaseMemory) -> None:
        """Give its name to a checkpoint whose process died when it had written these lines. Raises NotAsSigned."""
        path = self._checkpoint(memory.tree.size)
        part = path.with_name(path.name + PART)
        with suppress(NotAsSigned, Unreadable):
            checkpoint = self._opened(part, memory.since)
            self._demand_same(part, checkpoint, memory.tree.size, memory.tree.root())
            sync_file(self.path / LEDGER, root=self.path)
            settle(part, path, root=self.path)
            sync_folder(path.parent, root=self.path)
            memory.hold()
            return
        raise _Unsigned(
            f"{self.path / LEDGER}: its last {memory.tree.size - memory.signed} lines are not signed: "
            "who wrote them cannot be told",
            hint=f"look at them; `goldenhour recover {as_typed(self.path)}` sets them aside",
        )

    def _remember(self, memory: CaseMemory, ledger: Ledger) -> None:
        """Take in what was just added and signed, and note how far the ledger is ours."""
        self._memory = CaseMemory()
        if memory.read is not None:
            for _ in memory.read_lines(ledger_lines(ledger.path, memory.read.length, root=self.path)):
                pass
        memory.hold()
        memory.read = ledger.remember()
        memory.checkpoints_changed = self._checkpoints_changed(ledger.size)
        self._memory = memory
        note_signed(self.info.id, self.path, ledger.size, ledger.root())

    def _checkpoint(self, size: int) -> Path:
        return self.path / CHECKPOINTS / checkpoint_name(size)

    def _checkpoint_sizes(self) -> list[int]:
        """Return the lengths at which there is a checkpoint, by the names of these. Raises Unreadable."""
        with reading(self.path / CHECKPOINTS):
            folders = checkpoint_folders(self.path)
            stems = [name.partition(".") for folder in folders for name in inside.names(folder, self.path)]
        return [int(stem) for stem, _, ending in stems if ending == CHECKPOINT and stem.isascii() and stem.isdigit()]

    def _checkpoints_changed(self, size: int) -> int:
        """Return when a checkpoint was added or removed last, in nanoseconds since 1970; -1 where there are none.

        The folders are those of a ledger of this length, and the next one: their names are not read for it.
        """
        folder, changed = self.path / CHECKPOINTS, [-1]
        deeper = (folder / f"{number:04d}" for number in range(1, size // IN_A_FOLDER + 2))
        for each in (folder, *deeper):
            with suppress(OSError):
                changed.append(each.stat(follow_symlinks=False).st_mtime_ns)
        return max(changed)

    def demand_as_signed(self) -> int:
        """Raise NotAsSigned unless each line of the ledger is under a checkpoint of the key that it names.

        Return how many lines these are.

        An older state of the whole case passes where this user did not sign a newer one here, as does one that a
        stranger made and signed: only what is written down elsewhere, fingerprint and key, tells. Raises Unreadable,
        BadFormat.
        """
        memory = CaseMemory()
        sizes = set(self._checkpoint_sizes())
        for tree in memory.read_lines(ledger_lines(self.path / LEDGER, root=self.path)):
            if tree.size in sizes:
                self._hold(memory, tree)
        if not memory.signed or max(sizes) > memory.tree.size:
            raise NotAsSigned(f"{self.path / LEDGER}: altered: not as its checkpoints were signed", hint=_ELSEWHERE)
        return memory.signed

    def _demand_same(self, path: Path, checkpoint: Checkpoint, size: int, root: bytes) -> None:
        if (size, root) != (checkpoint.size, checkpoint.root):
            ledger = self.path / LEDGER
            raise NotAsSigned(f"{ledger}: altered: not the ledger that {path.name} was signed over", hint=_ELSEWHERE)

    def _opened(self, path: Path, signers: Collection[str]) -> Checkpoint:
        """Read a checkpoint that the one key which the lines under it name must have signed for this case.

        Raises NotAsSigned, Unreadable.
        """
        note = read_small(path, root=self.path)
        if len(signers) == 1:
            with suppress(BadSignature, BadKey, BadFormat):
                checkpoint = open_checkpoint(note, PublicKey.parse(next(iter(signers))))
                if checkpoint.origin == case_origin(self.info.id):
                    return checkpoint
        raise NotAsSigned(f"{path}: not signed for this case by the key that the case's ledger names", hint=_ELSEWHERE)


class Left(msgspec.Struct, frozen=True):
    """A capture that is not sealed and is left as it is, with the reason."""

    path: Path
    exhibit: str
    reason: str


class _Unsigned(NotAsSigned):
    """Lines stand behind the newest checkpoint that nobody signed."""


class _Change:
    """A change of a case under way: what is added is signed before it is written."""

    def __init__(self, path: Path, case_id: str, ledger: Ledger, key: SigningKey) -> None:
        self._path = path
        self._origin = case_origin(case_id)
        self._ledger = ledger
        self._key = key

    @property
    def size(self) -> int:
        """Number of lines of the ledger."""
        return self._ledger.size

    def append(self, events: Sequence[CaseEvent]) -> None:
        """Add events, all or none; the checkpoint over them has its name on return.

        Raises NotRecordable for a line of LONGEST_LINE, Unwritable, StorageFull, Unreadable.
        """
        if self.size:
            before = read_small(self._checkpoint(self.size), root=self._path)
            first = msgspec.structs.replace(events[0], after=Digest.of_bytes(before).hex)
            events = [first, *events[1:]]
        lines = [encode(event) for event in events]
        if any(len(line) >= LONGEST_LINE - 1 for line in lines):  # no reader of ours would take it
            raise NotRecordable(f"{self._ledger.path}: a line would be longer than any may be: nothing was recorded")
        self._ledger.append(lines, self._propose)
        final = self._checkpoint(self.size)
        settle(final.with_name(final.name + PART), final, root=self._path)
        sync_folder(final.parent, root=self._path)

    def _propose(self, size: int, root: bytes) -> None:
        note = sign_checkpoint(Checkpoint(self._origin, size, root), self._key)
        folder = self._checkpoint(size).parent
        if size >= IN_A_FOLDER and not inside.is_folder(folder, self._path):
            make_folder(folder, root=self._path)
            sync_folder(folder.parent, root=self._path)
        part = write_part(self._checkpoint(size), note.encode(), root=self._path)
        sync_folder(part.parent, root=self._path)  # without it, lines that the disk has would be nobody's

    def _checkpoint(self, size: int) -> Path:
        return self._path / CHECKPOINTS / checkpoint_name(size)


def _is_draft(name: str) -> bool:
    return name.startswith(f".{MERGE}.") and name.endswith(PART)


def _replaced(note: Path) -> str:
    return (
        "find out who replaced it, and capture into another case; where this state is right, such as one restored from "
        f"a copy, remove {note}"
    )


def _demand_dead(capture: Path, root: Path) -> None:
    """Demand that no process holds a capture. Raises InUse, Unreadable."""
    path = capture / LEDGER
    with reading(path):
        # A lock that can be had tells that its process has died: the system lets go of it for a dead process, however
        # it died.
        descriptor = inside.open_file(path, root=root)
        try:
            if not try_lock(descriptor):
                raise InUse(f"{capture}: in use by another process")
        finally:
            os.close(descriptor)


def _holds_nothing(capture: Path, root: Path) -> bool:
    """Say whether a capture's folder is as it was made, before its first line was written."""
    # By the names of files, not by their number: anything that `create` does not make is somebody's, and is not
    # deleted.
    waiting, files = [""], set[str]()
    while waiting:
        prefix = waiting.pop()
        for name in inside.names(capture / prefix, root):
            if inside.is_folder(capture / prefix / name, root):
                waiting.append(f"{prefix}{name}/")
            else:
                files.add(f"{prefix}{name}")
    if not files <= {LEDGER, MARKS, f"{INCOMING}/{RESERVE}"}:
        return False
    with suppress(BadFormat):
        return LEDGER not in files or len(list(islice(ledger_lines(capture / LEDGER, root=root), 2))) <= 1
    return False


def _registration(start: CaptureStarted) -> CaptureRegistered:
    return CaptureRegistered(
        time=start.time,
        capture=start.capture,
        exhibit=start.exhibit,
        scene=start.scene,
        officer=start.officer,
        initials=start.initials,
        signer=start.signer,
    )


def _readable(name: str) -> str:
    """Return a folder's name with the bytes that are no text written out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _demand_outside_of_cases(path: Path) -> None:
    """Refuse to make a case inside of another, where it would be found as added. Raises WouldOverwrite, Unreadable."""
    folder = real_path(path.parent)
    for each in (folder, *folder.parents):
        with reading(each):
            inside_one = is_case(each)
        if inside_one:
            raise WouldOverwrite(f"{path}: is inside of the case {each}", hint="make the case beside it")


def _build(draft: Path, *, key: SigningKey, officer: str, title: str, reference: str, clock: Clock) -> None:
    moment = time_text(clock())
    make_folder(draft)
    make_folder(draft / CAPTURES)
    make_folder(draft / CHECKPOINTS)
    info = CaseInfo(
        format=CASE_FORMAT,
        id=os.urandom(8).hex(),
        title=title,
        officer=officer,
        created=moment,
        tool=tool(),
        reference=reference,
    )
    try:
        # case.json stands outside the ledger, so the ledger's first line holds its SHA-256: title and officer cannot be
        # changed without it being noticed.
        data = msgspec.json.format(msgspec.json.encode(info), indent=2) + b"\n"
    except UnicodeEncodeError as error:
        raise BadFormat(f"{title!r}, {reference!r}, {officer!r}: a title or a name that is not valid UTF-8") from error
    write_new(draft / CASE_FILE, data)
    event = CaseCreated(
        time=moment,
        format=CASE_FORMAT,
        case=info.id,
        title=info.title,
        officer=officer,
        signer=key.public.raw.hex(),
        tool=tool(),
        reference=reference,
        case_sha256=Digest.of_bytes(data).hex,
    )
    with Ledger.create(draft / LEDGER) as ledger:
        _Change(draft, info.id, ledger, key).append([event])
