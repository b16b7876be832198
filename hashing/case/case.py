"""The case folder: all captures of one operation, and the case's own ledger.

    case.json        id, title, officer, created, format version
    ledger.jsonl     captures registered and sealed, bundles exported, custody events, descriptions
    checkpoints/     a signed checkpoint after every change, named for the ledger's length; some with a token beside it
    captures/        a folder each

Every change is made under the lock of the ledger and is signed at once, so the newest checkpoint always covers all.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hashing.case.capture_folder import CHECKPOINT, INCOMING, RESERVE, CaptureFolder, Seal, is_sealed
from hashing.case.case_memory import CaseMemory
from hashing.case.events import (
    CASE_FORMAT,
    CaptureRegistered,
    CaptureSealed,
    CaseCreated,
    Event,
    Stamped,
    decode_case_event,
    encode,
)
from hashing.errors import BadFormat, BadKey, BadSignature, InUse, NewerFormat, NotAsSigned, WouldOverwrite
from hashing.files.digest import Digest
from hashing.files.storage import PART, make_folder, read_small, storing, sync_folder, write_new
from hashing.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from hashing.ledger.keys import PublicKey
from hashing.ledger.ledger import LEDGER, Ledger, ledger_lines
from hashing.ledger.merkle import MerkleTree
from hashing.times import Clock, compact, system_clock, timestamp
from hashing.tool import tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Self

    from hashing.case.events import CaptureStarted, CaseEvent
    from hashing.ledger.keys import SigningKey

CASE_FILE = "case.json"
CAPTURES = "captures"
CHECKPOINTS = "checkpoints"
MERGE = "merge"
"""What the names of drafts begin with, behind a full stop: a capture that is being merged is copied there first."""
PLACED = "placed"
"""The file in a draft that names the capture which was moved from there to its place and is not on record yet."""

_ENDING = ".tsr"
"""Of a token, behind the name of its checkpoint."""
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


def checkpoint_name(size: int) -> str:
    """Return the name of the case's checkpoint at this length of its ledger."""
    return f"{size:08d}.{CHECKPOINT}"


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
        if not file.is_file():
            raise BadFormat(f"{path}: not a case folder (it has no {CASE_FILE})", hint="name the folder of a case")
        return cls(path, read_case_info(read_small(file), file))

    @classmethod
    def open_or_create(
        cls, path: Path, *, key: SigningKey, officer: str, title: str = "", clock: Clock = system_clock
    ) -> Self:
        """Open the case at `path`, or make it where there is none yet. Safe when two do it at once.

        Raises BadFormat where a folder with other things in it stands there, and for a title or an officer that cannot
        be written in UTF-8; Unwritable.
        """
        if path.is_dir() and any(path.iterdir()):
            return cls.open(path)
        with storing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        # Built under another name and renamed when whole: nobody ever sees half a case.
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            _build(draft, key=key, officer=officer, title=title or _readable(path.name), clock=clock)
            with storing(path):
                draft.rename(path)
        except Exception:
            shutil.rmtree(draft, ignore_errors=True)
            if (path / CASE_FILE).is_file():  # another process made it meanwhile
                return cls.open(path)
            raise
        sync_folder(path.parent)
        return cls.open(path)

    def captures(self) -> list[Path]:
        """Return the capture folders, oldest first."""
        folder = self.path / CAPTURES
        return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []

    def unsealed(self) -> list[Path]:
        """Return the capture folders without a seal: still running, or left by a process that died."""
        return [path for path in self.captures() if not is_sealed(path)]

    def events(self) -> Iterator[CaseEvent]:
        """Yield the events of the case's ledger. Raises Unreadable, BadFormat."""
        return map(decode_case_event, ledger_lines(self.path / LEDGER))

    def begin_capture(
        self,
        initials: str,
        start: Callable[[str, str], CaptureStarted],
        *,
        key: SigningKey,
        clock: Clock = system_clock,
    ) -> tuple[CaptureFolder, CaptureStarted]:
        """Make a capture's folder, give it the next exhibit reference of this officer, and register it.

        `start` makes the capture's first event from its id and its reference (such as `MP/1`). Nothing is fetched
        before this returns, so a folder that was made but not registered holds nothing.
        """
        capture = f"{compact(clock())}-{secrets.token_hex(4)}"
        with self._changing(key) as ledger:
            event = start(capture, self._memory.next_exhibit(initials))
            folder = CaptureFolder.create(self.path / CAPTURES / capture)
            try:
                folder.append([event])
                ledger.append([encode(_registration(event))])
            except BaseException:
                folder.close()
                raise
        return folder, event

    def take_abandoned(self, key: SigningKey) -> list[CaptureFolder]:
        """Take over every unsealed capture whose process has died; the caller finishes each off and seals it.

        A folder that no line registers is none of ours, or what a ledger has lost: it is left as it is. Also signs
        what such a process had added to the case's ledger and not signed.
        """
        with self._changing(key):
            registered = self._registered()
            taken = []
            for path in self.unsealed():
                if path.name not in registered:
                    if _holds_nothing(path):
                        shutil.rmtree(path)  # whoever made it died before registering it: we hold the lock it held
                    continue
                with suppress(InUse):
                    taken.append(CaptureFolder.reopen(path))
        return taken

    def record_seal(
        self, capture: str, exhibit: str, status: str, seal: Seal, *, key: SigningKey, clock: Clock = system_clock
    ) -> None:
        """Record that a capture is sealed; once, though the process that sealed it and another may both try."""
        event = CaptureSealed(
            time=timestamp(clock()),
            capture=capture,
            exhibit=exhibit,
            status=status,
            size=seal.size,
            root=seal.root,
            fingerprint=seal.fingerprint,
            checkpoint_sha256=seal.checkpoint_sha256,
            signer=key.public.raw.hex(),
        )
        with self._changing(key) as ledger:
            if capture not in self._memory.sealed:
                ledger.append([encode(event)])

    def unrecorded(self) -> list[Path]:
        """Return the captures that are sealed and whose seal the case does not record: a process died in between.

        A folder that the case's ledger does not know is none of its captures, whatever is in it.
        """
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

    def stamped(self) -> dict[str, Stamped]:
        """Return what the ledger says of trusted times, by the path of the checkpoint."""
        return {event.checkpoint: event for event in self.events() if isinstance(event, Stamped)}

    def left_tokens(self) -> set[str]:
        """Return the checkpoints with a token beside them that is not on record, or not whole: a process died there."""
        own, token = (self.path / CHECKPOINTS).glob(f"*{_ENDING}*"), token_path(CHECKPOINT)
        tokens = [path / name for path in self.captures() for name in (token, token + PART) if (path / name).exists()]
        names = (path.relative_to(self.path).as_posix() for path in (*tokens, *own))
        found = {name.removesuffix(PART).removesuffix(_ENDING) for name in names}
        return found - self.stamped().keys() if found else found

    def record_token(self, stamped: Stamped, token: bytes, *, key: SigningKey) -> bool:
        """Store a token beside its checkpoint and record it; once, though two processes may try. Say if it was now.

        A token that stands there already, because its process died before it could record it, is recorded.
        Raises WouldOverwrite where something else has its name, Unwritable, StorageFull.
        """
        with self._changing(key) as ledger:
            if stamped.checkpoint in self.stamped():
                return False
            path = self.path / token_path(stamped.checkpoint)
            if path.is_symlink() or (path.exists() and read_small(path) != token):
                raise WouldOverwrite(f"{path}: exists already, and is not on record", hint=_STRANGER)
            if not path.exists():
                write_new(path, token)
            ledger.append([encode(stamped)])
        return True

    def drop_token_part(self, checkpoint: str, *, key: SigningKey) -> None:
        """Remove what a process that died while storing a token has left: its name was never announced."""
        path = self.path / token_path(checkpoint)
        with self._changing(key), storing(path):
            path.with_name(path.name + PART).unlink(missing_ok=True)

    def take_in(self, draft: Path, registered: CaptureRegistered, *events: Event, key: SigningKey) -> None:
        """Move a capture that was made elsewhere from a draft to its place, and record it with these events.

        Raises WouldOverwrite where its folder, its id or its exhibit reference is there; Unwritable, StorageFull.
        """
        capture = registered.capture
        final, mark = self.path / CAPTURES / capture, draft / PLACED
        with self._changing(key) as ledger:
            known = [event for event in self.events() if isinstance(event, CaptureRegistered)]
            if final.exists() or any(capture == each.capture or registered.exhibit == each.exhibit for each in known):
                raise WouldOverwrite(f"{final}: its name or its exhibit reference is taken", hint=_STRANGER)
            write_new(mark, capture.encode())
            try:
                with storing(final):
                    (draft / capture).rename(final)
                sync_folder(final.parent)
                ledger.append([encode(event) for event in (registered, *events)])
            finally:
                # By what is on disk: an interruption may have come right behind the writing.
                if final.exists() and capture not in self._registered():
                    final.rename(draft / capture)
                mark.unlink()

    def take_back(self, *, key: SigningKey) -> None:
        """Move back to its draft what a process that died had put in its place and not recorded."""
        pattern = f".{MERGE}.*{PART}/{PLACED}"
        if not any(self.path.glob(pattern)):
            return
        with self._changing(key):  # whoever else is between the two steps holds this lock
            registered = self._registered()
            strangers = {path.name: path for path in self.captures() if path.name not in registered}
            for mark in self.path.glob(pattern):
                if mark.is_symlink() or not mark.is_file():
                    continue  # none of ours, and opening a pipe would wait for ever
                name = read_small(mark).decode("utf-8", "replace")
                with storing(mark):
                    if name in strangers and not mark.parent.is_symlink():
                        strangers.pop(name).rename(mark.with_name(name))
                    mark.unlink()

    @contextmanager
    def held(self, key: SigningKey) -> Iterator[None]:
        """Keep every other command, and every other thread, from changing the case meanwhile."""
        with self._changing(key):
            yield

    def has_seal_of(self, capture: str) -> bool:
        """Say whether the case's signed ledger recorded a capture's seal, when this object changed or held it last."""
        return capture in self._memory.sealed

    def sign(self, key: SigningKey) -> None:
        """Sign what a process that died had added to the ledger and not signed."""
        with self._changing(key):
            pass

    def _registered(self) -> set[str]:
        return {event.capture for event in self.events() if isinstance(event, CaptureRegistered)}

    def record(self, *events: Event, key: SigningKey) -> tuple[int, bytes]:
        """Add events to the case's ledger, all or none; return the last line's index and the checkpoint over it."""
        with self._changing(key) as ledger:
            ledger.append([encode(event) for event in events])
            index = ledger.size - 1
        return index, read_small(self.path / CHECKPOINTS / checkpoint_name(index + 1))

    @contextmanager
    def _changing(self, key: SigningKey) -> Iterator[Ledger]:
        with self._one_at_a_time:
            try:
                ledger = Ledger.open(self.path / LEDGER, wait=_LOCK_SECONDS, remembered=self._memory.read)
            except InUse as error:
                raise InUse(f"{self.path}: another command has held the case for {_LOCK_SECONDS:.0f} s") from error
            with ledger:
                memory = self._caught_up(ledger)
                yield ledger
                _sign(self.path, self.info.id, ledger, key)
                self._remember(memory, ledger)

    def _caught_up(self, ledger: Ledger) -> CaseMemory:
        """Return what the ledger says, all of it as it was signed; no line is read that was read before.

        Raises NotAsSigned, Unreadable, BadFormat.
        """
        memory, self._memory = self._memory, CaseMemory()  # unless all goes well, all is read anew the next time
        if ledger.resumed and memory.read is not None:
            roots = {tree.size: tree.root() for tree in memory.take(ledger_lines(ledger.path, memory.read.length))}
            self._demand_signed_since(memory, roots)
        else:
            memory = CaseMemory(signed=self.demand_as_signed())
            for _ in memory.take(ledger_lines(ledger.path)):
                pass
        memory.read = ledger.remember()
        self._memory = memory
        return memory

    def _remember(self, memory: CaseMemory, ledger: Ledger) -> None:
        """Take in what was just added and signed."""
        self._memory = CaseMemory()
        if memory.read is not None:
            for _ in memory.take(ledger_lines(ledger.path, memory.read.length)):
                pass
        memory.read, memory.signed = ledger.remember(), ledger.size
        memory.checkpoints_changed = self._checkpoints_changed()
        self._memory = memory

    def _demand_signed_since(self, memory: CaseMemory, roots: Mapping[int, bytes]) -> None:
        """Demand that the newest checkpoint holds; `roots` are those at the length of each line that is new to us."""
        changed = self._checkpoints_changed()
        if changed == memory.checkpoints_changed:
            return
        path = self._newest_checkpoint()
        if path.name != checkpoint_name(memory.signed):
            checkpoint = self._opened(path, memory.signers)
            self._demand_same(path, checkpoint, checkpoint.size, roots.get(checkpoint.size, b""))
            memory.signed = checkpoint.size
        memory.checkpoints_changed = changed

    def _checkpoints_changed(self) -> int:
        """Return when a checkpoint was added or removed last, in nanoseconds since 1970; -1 where there are none."""
        try:
            return (self.path / CHECKPOINTS).stat().st_mtime_ns
        except OSError:
            return -1

    def _newest_checkpoint(self) -> Path:
        folder = self.path / CHECKPOINTS
        path = max(folder.glob(f"*.{CHECKPOINT}"), default=None)
        if path is None:
            raise NotAsSigned(f"{folder}: holds no checkpoint of the case's ledger", hint=_ELSEWHERE)
        return path

    def demand_as_signed(self) -> int:
        """Raise NotAsSigned unless the ledger begins with the lines that its newest checkpoint was signed over.

        Return how many lines these are.

        Lines behind them are no fault: a process may have died between adding and signing them. An older state of the
        whole case passes, as does one that is signed by a stranger whom its ledger names: only what is written down
        elsewhere, fingerprint and key, tells. Raises Unreadable, BadFormat.
        """
        path = self._newest_checkpoint()
        checkpoint = self._opened(path, dict.fromkeys(event.signer for event in self.events()))
        tree = MerkleTree()
        for line in islice(ledger_lines(self.path / LEDGER), checkpoint.size):
            tree.append(line)
        self._demand_same(path, checkpoint, tree.size, tree.root())
        return checkpoint.size

    def _demand_same(self, path: Path, checkpoint: Checkpoint, size: int, root: bytes) -> None:
        if (size, root) != (checkpoint.size, checkpoint.root):
            ledger = self.path / LEDGER
            raise NotAsSigned(f"{ledger}: altered: not the ledger that {path.name} was signed over", hint=_ELSEWHERE)

    def _opened(self, path: Path, signers: Iterable[str]) -> Checkpoint:
        """Read a checkpoint that one of these keys must have signed for this case. Raises NotAsSigned, Unreadable."""
        note = read_small(path)
        for signer in signers:
            with suppress(BadSignature, BadKey, BadFormat):
                checkpoint = open_checkpoint(note, PublicKey.parse(signer))
                if checkpoint.origin == case_origin(self.info.id):
                    return checkpoint
        raise NotAsSigned(f"{path}: not signed for this case by a key that the case's ledger names", hint=_ELSEWHERE)


def _holds_nothing(capture: Path) -> bool:
    """Say whether a capture's folder is as it was made, before anything was fetched."""
    files = {path.relative_to(capture) for path in capture.rglob("*") if path.is_symlink() or not path.is_dir()}
    if not files <= {Path(LEDGER), Path(INCOMING, RESERVE)}:
        return False
    with suppress(BadFormat):
        return Path(LEDGER) not in files or len(list(islice(ledger_lines(capture / LEDGER), 2))) <= 1
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


def _build(draft: Path, *, key: SigningKey, officer: str, title: str, clock: Clock) -> None:
    moment = timestamp(clock())
    make_folder(draft)
    make_folder(draft / CAPTURES)
    make_folder(draft / CHECKPOINTS)
    info = CaseInfo(
        format=CASE_FORMAT,
        id=secrets.token_hex(8),
        title=title,
        officer=officer,
        created=moment,
        tool=tool(),
    )
    try:
        data = msgspec.json.format(msgspec.json.encode(info), indent=2) + b"\n"
    except UnicodeEncodeError as error:
        raise BadFormat(f"{title!r}, {officer!r}: a title or a name that is not valid UTF-8") from error
    write_new(draft / CASE_FILE, data)
    event = CaseCreated(
        time=moment,
        format=CASE_FORMAT,
        case=info.id,
        title=info.title,
        officer=officer,
        signer=key.public.raw.hex(),
        tool=tool(),
        case_sha256=Digest.of_bytes(data).hex,
    )
    with Ledger.create(draft / LEDGER) as ledger:
        ledger.append([encode(event)])
        _sign(draft, info.id, ledger, key)


def _sign(path: Path, case_id: str, ledger: Ledger, key: SigningKey) -> None:
    file = path / CHECKPOINTS / checkpoint_name(ledger.size)
    if not file.exists():
        checkpoint = Checkpoint(case_origin(case_id), ledger.size, ledger.root())
        write_new(file, sign_checkpoint(checkpoint, key).encode())
    for left in file.parent.glob(f"*.{CHECKPOINT}{PART}"):
        with storing(left):
            left.unlink()  # a process died here: the open ledger is its lock, and the name was never announced
