"""What a verification found: every fault as a value, and one verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OK, MISMATCH, UNCHECKED = "ok", "mismatch", "unchecked"


@dataclass(frozen=True, slots=True)
class Altered:
    """A file whose bytes are not those that were sealed."""

    path: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A file that was sealed and is gone."""

    path: str
    expected: str


@dataclass(frozen=True, slots=True)
class Added:
    """A file that nobody sealed."""

    path: str
    found: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault of a ledger, a seal, a manifest or a WARC that is not simply a file's digest."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Something that could not be checked, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed a seal; `confirmed` where the user demanded this very key."""

    fingerprint: str
    confirmed: bool
    covers: str


@dataclass(frozen=True, slots=True)
class SealFound:
    """A seal that was checked."""

    origin: str
    exhibit: str
    size: int
    root: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A token of a trusted time that holds; `confirmed` where it leads to a root that the user gave."""

    path: str
    time: str
    authority: str
    confirmed: bool
    covers: str
    """A capture's exhibit reference, or the path of a checkpoint of the case."""


@dataclass(frozen=True, slots=True)
class Since:
    """What the checked one was compared with: an earlier state of the same case, and what came of it.

    `verdict` is that of the earlier one by itself; `origin`, `size`, `root` and `fingerprint` are of its seal, "" and 0
    where none holds. `holds` says whether the ledger begins with the earlier one; None where that is not known.
    `captures` and `items` count what is the same; `absent` are exhibits that are not in the later bundle.
    """

    path: str
    what: str
    verdict: str
    origin: str
    size: int
    root: str
    fingerprint: str
    holds: bool | None
    captures: int
    items: int
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disclosed:
    """How much of a capture a disclosure holds: items that are here, and items that are proven to be withheld."""

    exhibit: str
    items: int
    withheld: int
    redacted: tuple[str, ...] = ()
    """What of the items that are here is withheld, by the bundle's seal."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What was withheld and is opened, proven to be what was sealed: the word, and the ledger's fields with values."""

    of: str
    """The item, or `the capture`."""
    word: str
    values: dict[str, str]


@dataclass(slots=True)
class Findings:
    """Everything found so far; becomes a Verification when the checking is over."""

    altered: list[Altered] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    added: list[Added] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)
    signers: list[Signer] = field(default_factory=list)
    seals: list[SealFound] = field(default_factory=list)
    timestamps: list[Timestamp] = field(default_factory=list)
    disclosed: list[Disclosed] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    report: str = ""
    files: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of verifying one path."""

    path: Path
    what: str
    altered: tuple[Altered, ...]
    missing: tuple[Missing, ...]
    added: tuple[Added, ...]
    problems: tuple[Problem, ...]
    unchecked: tuple[Unchecked, ...]
    signers: tuple[Signer, ...]
    seals: tuple[SealFound, ...]
    timestamps: tuple[Timestamp, ...]
    disclosed: tuple[Disclosed, ...]
    opened: tuple[Opened, ...]
    notes: tuple[str, ...]
    files: int
    bytes: int
    since: Since | None = None
    report: str = ""
    """Of a bundle: whether its report was `remade` and compared, or `not remade`."""

    @classmethod
    def of(cls, path: Path, what: str, findings: Findings, since: Since | None = None) -> Verification:
        """Return the result of a checking that is over."""
        return cls(
            path=path,
            what=what,
            altered=tuple(findings.altered),
            missing=tuple(findings.missing),
            added=tuple(findings.added),
            problems=tuple(findings.problems),
            unchecked=tuple(findings.unchecked),
            signers=tuple(findings.signers),
            seals=tuple(findings.seals),
            timestamps=tuple(findings.timestamps),
            disclosed=tuple(findings.disclosed),
            opened=tuple(findings.opened),
            notes=tuple(findings.notes),
            files=findings.files,
            bytes=findings.bytes,
            since=since,
            report=findings.report,
        )

    @property
    def verdict(self) -> str:
        """ok, mismatch, or unchecked; what does not match outweighs what could not be checked."""
        if self.altered or self.missing or self.added or self.problems:
            return MISMATCH
        return UNCHECKED if self.unchecked else OK

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain values, as docs/json.md describes them."""
        from dataclasses import asdict

        signers = [{"fingerprint": s.fingerprint, "confirmed": s.confirmed, "covers": s.covers} for s in self.signers]
        return {
            "path": str(self.path),
            "what": self.what,
            "verdict": self.verdict,
            "altered": [asdict(fault) for fault in self.altered],
            "missing": [asdict(fault) for fault in self.missing],
            "added": [asdict(fault) for fault in self.added],
            "problems": [asdict(fault) for fault in self.problems],
            "unchecked": [asdict(fault) for fault in self.unchecked],
            "signer": signers[0] if signers else None,
            "signers": signers,
            "seals": [asdict(seal) for seal in self.seals],
            "timestamps": [asdict(each) for each in self.timestamps],
            "disclosed": [asdict(each) for each in self.disclosed],
            "opened": [asdict(each) for each in self.opened],
            "notes": list(self.notes),
            "since": self.since and asdict(self.since),
            "report": self.report,
            "files": self.files,
            "bytes": self.bytes,
        }
