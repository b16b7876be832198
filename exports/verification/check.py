"""One verification under way: what is expected to be there, and what was found to be wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import msgspec

from exports.errors import NotCheckable
from exports.format.lookup import Lookup
from exports.format.result import Added, Altered, Findings, Missing, Problem, SealFound, Signer, Unchecked
from exports.format.tree import FILE, EvidenceTree, FileReading, demand_inside
from exports.verification.history import SealHistory
from exports.verification.same_names import name_faults
from hashing.errors import BadFormat, BadKey, BadSignature
from hashing.files.read import HOLLOW, FileUnreadable, digest_file
from hashing.ledger.checkpoint import Checkpoint, parse_checkpoint
from hashing.ledger.keys import PublicKey

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from exports.disclosure.openings import Openings

SMALL = 16 << 20
MOST = 10_000  # Faults of one kind that are told one by one: a stranger's ledger could have one in each of its lines.
MOST_FILES = 100_000  # Files that are told one by one as altered, missing or added, of each kind.
_OF_SYSTEMS = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)", re.DOTALL)
_BY_THEMSELVES = "macOS and Windows add files such as .DS_Store, ._NAME and Thumbs.db to a folder by themselves"
T = TypeVar("T")


class RecordsRead(msgspec.Struct, frozen=True):
    """What is wrong in exchange files, and why some could not be read; by file."""

    faults: dict[str, list[str]]
    unread: dict[str, str]


@dataclass(slots=True)
class Check:
    """What every part of a verification works with."""

    tree: EvidenceTree
    demanded: Sequence[PublicKey]
    roots: Sequence[Certificate] = ()
    openings: Openings | None = None
    report: bool = False  # Whether a bundle's report is made once more and compared.
    accept_bag: bool = False  # Whether an intact bag of others will do.
    hashing: bool = True  # Whether the files are going to be compared at all, and not only the records.
    # How the files are compared, where it is not with SHA-256 alone.
    comparing: Callable[[Callable[[int], None]], None] | None = None
    kinds: Lookup[str, str] = field(init=False)
    findings: Findings = field(default_factory=Findings)
    # Path and SHA-256 of every file that something vouches for.
    expected: Lookup[str, str] = field(default_factory=lambda: Lookup(str))
    large: Lookup[str, int] = field(default_factory=lambda: Lookup(str))  # Path and size of those of HOLLOW or more.
    history: SealHistory = field(default_factory=SealHistory)
    # What is wrong inside of a file, to be told where its bytes are those that were sealed: else they say it all.
    doubts: dict[str, list[str]] = field(default_factory=dict)
    # Exchange files that are being read beside all else: of one capture at a time, which bounds the memory.
    _reading: Callable[[], RecordsRead] | None = None
    # Folders that may be empty; the values say nothing.
    folders: Lookup[str, str] = field(default_factory=lambda: Lookup(str))
    _more: bool = False  # Whether it is said that not all files that are altered, missing or added are told.
    # Prefixes of captures that are not sealed: a process may be writing there at this moment.
    under_way: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.kinds = self.tree.kinds()

    def problem(self, path: str, reason: str) -> None:
        """Note a fault that shows that something is not as it was sealed."""
        if len(self.findings.problems) < MOST:
            self.findings.problems.append(Problem(path, reason))
        elif len(self.findings.problems) == MOST:
            self.findings.problems.append(Problem(".", f"more than {MOST:,} faults: the others are not told"))

    def unchecked(self, path: str, reason: str) -> None:
        """Note something that could not be checked."""
        if len(self.findings.unchecked) <= MOST:
            self.findings.unchecked.append(Unchecked(path, reason))

    def is_file(self, name: str) -> bool:
        """Say whether there is a regular file of this name."""
        return self.kinds.get(name) == FILE

    def small(self, name: str, most: int = SMALL) -> bytes:
        """Read a small file whole. Raises NotCheckable, also for one of more than `most` bytes."""
        with self.tree.open(name) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise NotCheckable(f"{name}: larger than any file of its kind")
        return data

    def expect(self, name: str, sha256: str, size: int = 0) -> None:
        """Expect a file with this digest, and its size if recorded; two that vouch for other bytes are a problem."""
        if size >= HOLLOW:
            self.large[name] = size
        before = self.expected.get(name, "")
        if before and before != sha256:
            self.problem(name, "two records vouch for different bytes")
        self.expected[name] = sha256

    def open_checkpoint(self, name: str, keys: Iterable[str]) -> Checkpoint | None:
        """Read a checkpoint that one of these keys (hexadecimal) must have signed; note what is wrong with it."""
        if not self.is_file(name):
            self.findings.missing.append(Missing(name, "a checkpoint"))
            return None
        try:
            checkpoint, note = parse_checkpoint(self.small(name))
        except (BadFormat, NotCheckable) as error:
            self.problem(name, str(error))
            return None
        for text in keys:
            try:
                key = PublicKey.parse(text)
                note.verify(checkpoint.origin, key)
            except (BadSignature, BadKey):
                continue
            self._signed(name, key)
            return checkpoint
        self.problem(name, "not signed by a key that its own ledger names")
        return None

    def may_be_empty(self, *folders: str) -> None:
        """Let these folders be empty."""
        self.folders.update(dict.fromkeys(folders, ""))

    def _signed(self, name: str, key: PublicKey) -> None:
        confirmed = any(key.raw == demanded.raw for demanded in self.demanded)
        self.findings.signers.append(Signer(key.fingerprint(), confirmed, name))
        if self.demanded and not confirmed:
            self.unchecked(name, f"signed by {key.fingerprint()}, which is not the key demanded")

    def judge_demands(self) -> None:
        """Note what was demanded and met nothing: that is not the same as met."""
        findings = self.findings
        if self.report and not findings.report:
            reason = "holds no report of goldenhour's that could be made once more"
            self.unchecked("report", f"{reason}: leave out --report, or verify a bundle (goldenhour export)")
        if self.demanded and not findings.signers:
            self.unchecked(".", "the key demanded signed nothing here, nor did any other")
        if self.roots and not findings.timestamps:
            self.unchecked(".", "holds no trusted time that leads to a root given")
        if self.openings is not None and not findings.opened:
            self.unchecked("openings", "they open nothing here")

    def sealed(self, checkpoint: Checkpoint, exhibit: str) -> SealFound:
        """Note a seal that holds, and return it."""
        seal = SealFound(checkpoint.origin, exhibit, checkpoint.size, checkpoint.root.hex(), checkpoint.fingerprint())
        self.findings.seals.append(seal)
        return seal

    def note(self, said: str) -> None:
        """Add a sentence to what is said of the whole, where there are no more already than can be read."""
        if len(self.findings.notes) < MOST:
            self.findings.notes.append(said)

    def begin(self, wanted: Callable[[str], bool] = lambda _name: True) -> None:
        """Begin to hash the files of these names, which nobody is writing to, while other things are checked."""
        if self.hashing:
            self.tree.begin(wanted)

    def read_beside(self, reading: Callable[[], RecordsRead] | None) -> None:
        """Take note of exchange files that are being read, and of what was found in those before them."""
        if self._reading is not None:
            read = self._reading()
            self.doubts |= read.faults
            for name, reason in read.unread.items():
                self.unchecked(name, reason)
        self._reading = reading

    def compare(self, progress: Callable[[int], None]) -> None:
        """Hash everything, and compare it with what is expected."""
        if self.comparing is None:
            self._compare(progress)
        else:
            self.comparing(progress)

    def _compare(self, progress: Callable[[int], None]) -> None:
        findings = self.findings
        for name, reason in name_faults(self.kinds):
            self.problem(name, reason)
        hashed = self.tree.hash(progress)
        self.read_beside(None)
        # What is there and what is expected, each in the order of the names: one pass over both.
        expected = _InOrder(self.expected.pairs())
        for read in hashed:
            wanted = expected.get(read.name)
            whole = self._whole(read, progress) if read.hollow and wanted else read
            findings.files += 1
            findings.bytes += whole.size
            self._judge(whole, wanted)
        for name, kind in self.kinds.pairs():
            if kind != FILE and name in self.expected:
                self._tell(findings.altered, Altered(name, _digest(self.expected[name]) or FILE, kind))
            elif kind != FILE:
                self._tell(findings.added, Added(name, kind))
        for folder in self.tree.empty_folders():
            if folder not in self.folders and not self._under_way(f"{folder}/"):
                self._tell(findings.added, Added(f"{folder}/", "an empty folder"))
        named, there = {missing.path for missing in findings.missing}, _InOrder(self.kinds.pairs())
        for name, sha256 in self.expected.pairs():
            if there.get(name) is None and name not in named and not (self._under_way(name) and self.has_come(name)):
                self._tell(findings.missing, Missing(name, _digest(sha256)))

    def _tell(self, told: list[T], fault: T) -> None:
        """Note a file that is altered, missing or added, where there are no more already than are told one by one."""
        if len(told) < MOST_FILES:
            told.append(fault)
        elif not self._more:
            self._more = True
            self.problem(".", f"more than {MOST_FILES:,} files are altered, missing or added: the others are not told")

    def _judge(self, read: FileReading, expected: str | None) -> None:
        found = read.reason if read.hollow else f"sha256:{read.sha256}"
        if read.reason and not read.hollow:
            self.unchecked(read.name, read.reason)
        elif expected is None and not self._under_way(read.name):  # there, the next ledger line may speak of it
            self._tell(self.findings.added, Added(read.name, found))
            explain_added(self.findings, read.name)
        elif expected and expected != read.sha256:
            self._tell(self.findings.altered, Altered(read.name, f"sha256:{expected}", found))
        else:
            for reason in (*self.doubts.get(read.name, ()), *([read.fault] if read.fault else ())):
                self.problem(read.name, reason)

    def _whole(self, read: FileReading, progress: Callable[[int], None]) -> FileReading:
        """Read a hollow file where it has the recorded size: terabytes of nothing are not hashed to be told apart.

        What goldenhour writes without recording a size (lists) never has such holes.
        """
        if self.large.get(read.name) != read.hollow:
            return read
        try:
            found = digest_file(self.tree.path / read.name, root=self.tree.path, progress=progress)
        except FileUnreadable as error:
            return FileReading(read.name, reason=error.unread.reason)
        return FileReading(read.name, found.digests[0].hex, found.size)

    def _under_way(self, name: str) -> bool:
        return any(name.startswith(prefix) for prefix in self.under_way)

    def has_come(self, name: str) -> bool:
        """Say whether a file that was not there when the names were listed is there now, and not through a link."""
        parts = name.split("/")
        if any("/".join(parts[:count]) in self.kinds for count in range(1, len(parts))):
            return False  # what is listed under a folder's name is a link, or a file
        try:
            demand_inside(name)
            self.tree.open(name).close()
        except NotCheckable:
            return False
        return True


def explain_added(findings: Findings, name: str) -> None:
    """Note once where added files may come from, if this is one that operating systems make."""
    if _OF_SYSTEMS.fullmatch(name) and _BY_THEMSELVES not in findings.notes:
        findings.notes.append(_BY_THEMSELVES)


class _InOrder:
    """Pairs in the order of their keys, asked for in that order."""

    def __init__(self, pairs: Iterator[tuple[str, str]]) -> None:
        self._pairs = pairs
        self._at = next(pairs, None)

    def get(self, key: str) -> str | None:
        """Return the value of a key, which stands behind those asked for before; None where it is none."""
        while self._at is not None and self._at[0] < key:
            self._at = next(self._pairs, None)
        return self._at[1] if self._at is not None and self._at[0] == key else None


def _digest(sha256: str) -> str:
    return f"sha256:{sha256}" if sha256 else ""
