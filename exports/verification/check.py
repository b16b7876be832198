"""One verification under way: what is expected to be there, and what was found to be wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from exports.errors import NotCheckable
from exports.format.result import Added, Altered, Findings, Missing, Problem, SealFound, Signer, Unchecked
from exports.format.tree import FILE, EvidenceTree, FileReading
from exports.verification.history import SealHistory
from exports.verification.same_names import name_faults
from hashing.errors import BadFormat, BadKey, BadSignature
from hashing.ledger.checkpoint import Checkpoint, parse_checkpoint
from hashing.ledger.keys import PublicKey

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from exports.disclosure.openings import Openings

SMALL = 16 << 20
MOST = 10_000
"""Faults of one kind that are told one by one: a stranger's ledger could have one in each of its lines."""


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
    report: bool = False
    """Whether a bundle's report is made once more and compared."""
    accept_bag: bool = False
    """Whether an intact bag of others will do."""
    hashing: bool = True
    """Whether the files are going to be compared at all, and not only the records."""
    comparing: Callable[[Callable[[int], None]], None] | None = None
    """How the files are compared, where it is not with SHA-256 alone."""
    kinds: dict[str, str] = field(init=False)
    findings: Findings = field(default_factory=Findings)
    expected: dict[str, str] = field(default_factory=dict)
    """Path and SHA-256 of every file that something vouches for."""
    history: SealHistory = field(default_factory=SealHistory)
    doubts: dict[str, list[str]] = field(default_factory=dict)
    """What is wrong inside of a file, to be told where its bytes are those that were sealed: else they say it all."""
    _reading: Callable[[], RecordsRead] | None = None
    """Exchange files that are being read beside all else: of one capture at a time, which bounds the memory."""
    folders: set[str] = field(default_factory=set)
    """Folders that may be empty."""
    under_way: set[str] = field(default_factory=set)
    """Prefixes of captures that are not sealed: a process may be writing there at this moment."""

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

    def expect(self, name: str, sha256: str) -> None:
        """Expect a file with this digest; two that vouch for different bytes are a problem."""
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

    def begin(self, names: Iterable[str]) -> None:
        """Begin to hash the files among these, which nobody is writing to, while other things are checked."""
        if self.hashing:
            self.tree.begin([name for name in sorted(names) if self.is_file(name)])

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
        hashed = self.tree.hash([name for name in sorted(self.kinds) if self.is_file(name)], progress)
        self.read_beside(None)
        for read in hashed:
            findings.files += 1
            findings.bytes += read.size
            self._judge(read)
        for name, kind in sorted(self.kinds.items()):
            if kind != FILE and name in self.expected:
                findings.altered.append(Altered(name, _digest(self.expected[name]) or FILE, kind))
            elif kind != FILE:
                findings.added.append(Added(name, kind))
        for folder in self.tree.empty_folders():
            if folder not in self.folders and not self._under_way(f"{folder}/"):
                findings.added.append(Added(f"{folder}/", "an empty folder"))
        named = {missing.path for missing in findings.missing}
        for name, sha256 in sorted(self.expected.items()):
            if name not in self.kinds and name not in named and not self._has_come(name):
                findings.missing.append(Missing(name, _digest(sha256)))

    def _judge(self, read: FileReading) -> None:
        expected = self.expected.get(read.name)
        if read.reason:
            self.unchecked(read.name, read.reason)
        elif expected is None and not self._under_way(read.name):  # there, the next ledger line may speak of it
            self.findings.added.append(Added(read.name, f"sha256:{read.sha256}"))
        elif expected and expected != read.sha256:
            self.findings.altered.append(Altered(read.name, f"sha256:{expected}", f"sha256:{read.sha256}"))
        else:
            for reason in (*self.doubts.get(read.name, ()), *([read.fault] if read.fault else ())):
                self.problem(read.name, reason)

    def _under_way(self, name: str) -> bool:
        return any(name.startswith(prefix) for prefix in self.under_way)

    def _has_come(self, name: str) -> bool:
        """Say whether a file that was not there when the names were listed is there now, in a running capture."""
        if not self._under_way(name):
            return False
        try:
            self.tree.open(name).close()
        except NotCheckable:
            return False
        return True


def _digest(sha256: str) -> str:
    return f"sha256:{sha256}" if sha256 else ""
